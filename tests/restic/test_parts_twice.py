"""A part that somebody added to a set once more: the set is in doubt and named, and nothing else is hindered."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kept import kept
from one_machine import Machine

from ops.core import clock
from ops.core.errors import Damaged
from ops.jobs.restore import material
from ops.jobs.restore.job import found
from ops.jobs.restore.plan import Wanted
from ops.restic.messages import Snapshot
from ops.restic.sets import MANIFEST, SET, complete, sets, tags

EVIL = "ransom.txt"


def last_good(machine: Machine) -> str:
    return str(machine.state("backup-documents")["last_good"]["set"])


def forged(machine: Machine, identity: str, *, place: str = "primary", days: float = 0.0) -> None:
    """Add a whole set under the identity of one that is there, dated some days ago."""
    repository = machine.place(place).repository
    manifest = next(one for one in repository.snapshots([f"{SET}={identity}"]) if one.tag("seawall-part") == MANIFEST)
    told = json.loads(repository.read(manifest.id, f"{manifest.paths[0]}/manifest.json"))
    told["parts"]["all"] |= {"sample": {}, "files": 1, "bytes": 14}
    folder = machine.root / "forged"
    (folder / "manifest").mkdir(parents=True)
    (folder / "all").mkdir()
    (folder / "manifest/manifest.json").write_text(json.dumps(told))
    (folder / "all" / EVIL).write_text("all your files")
    for part in ("all", MANIFEST):
        added(machine, identity, part, folder / part, days, place)
    shutil.rmtree(folder)


def added(machine: Machine, identity: str, part: str, folder: Path, days: float, place: str = "primary") -> None:
    when = f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d %H:%M:%S}"
    marks = [word for tag in tags("documents", identity, part, ["all"]) for word in ("--tag", tag)]
    machine.restic(place, "backup", folder, "--time", when, "--host", "his1", *marks)


def snapshots(machine: Machine, place: str = "primary") -> list[Snapshot]:
    return machine.place(place).repository.snapshots()


@pytest.fixture
def two(machine: Machine) -> tuple[str, str]:
    """The set that is there, and a newer one."""
    old = last_good(machine)
    assert machine.seawall("backup", "documents") == 0
    return old, last_good(machine)


@pytest.mark.parametrize("days", [0.0, 9000.0])
def test_an_older_set_is_in_doubt_and_everything_else_goes_on(machine, two, tmp_path, capsys, days):
    old, newest = two
    forged(machine, old, days=days)
    capsys.readouterr()
    assert machine.seawall("snapshots", "documents", "--json") == 0
    rows = {row["set"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows[old]["verdict"], rows[newest]["verdict"]) == ("fail", "pass")
    assert "in doubt: all, manifest come twice" in rows[old]["message"]
    assert machine.seawall("restore", "documents", "--at", old[:8], "--to", tmp_path / "old") != 0
    assert "is in doubt: all, manifest come twice" in capsys.readouterr().err
    assert not list(tmp_path.rglob(EVIL))
    assert machine.seawall("restore", "documents", "--to", tmp_path / "newest") == 0
    assert f"never taken: set {old[:8]} of " in capsys.readouterr().out
    for words, state in (
        (["copy", "documents"], "copy-documents-offsite"),
        (["backup", "documents"], "backup-documents"),
    ):
        assert machine.seawall(*words) == 0
        assert machine.state(state)["verdict"] == "warn"
        assert f"never taken: set {old[:8]} of " in machine.state(state)["message"]


def test_the_newest_set_in_doubt_is_not_taken_but_the_one_before_it(machine, two):
    old, newest = two
    forged(machine, newest)
    choice = material.chosen(machine.place("primary"), "documents")
    assert choice.which.id == old
    assert f"set {newest[:8]} of" in choice.remark
    assert machine.seawall("copy", "documents") == 0
    assert machine.state("copy-documents-offsite")["last_good"]["set"] == old


def test_a_stray_part_of_any_date_neither_moves_nor_hides_a_set(machine, two, tmp_path):
    old, newest = two
    before = {one.id: one.time for one in sets(snapshots(machine))}
    for number, days in enumerate((9000.0, 0.0)):
        added(machine, newest, f"other{number}", machine.files / "pictures", days)
    listed = complete(snapshots(machine), "documents", clock.now())
    assert [one.id for one in listed.counting] == [old, newest]
    assert listed.remark == ""
    assert {one.id: one.time for one in sets(snapshots(machine))} == before
    assert machine.seawall("copy", "documents") == 0
    assert machine.state("copy-documents-offsite")["last_good"]["set"] == newest
    assert {one.tag("seawall-part") for one in snapshots(machine, "offsite")} == {"all", MANIFEST}


def test_a_copy_in_doubt_is_none(machine, two):
    assert machine.seawall("copy", "documents") == 0
    forged(machine, two[1], place="offsite")
    assert machine.seawall("copy", "documents") == 1
    assert "is in doubt: all, manifest come twice" in machine.state("copy-documents-offsite")["message"]
    assert machine.seawall("backup", "documents") == 0
    assert machine.seawall("copy", "documents") == 0


def test_what_stands_twice_is_named_and_set_aside_and_the_set_counts_again(machine, two, tmp_path, capfd):
    old, _ = two
    with kept(machine, tmp_path) as keeper:
        wrong = forged_through(machine, keeper.repository, lambda: forged(machine, old))
        capfd.readouterr()
        assert machine.seawall("repository", "foreign", "primary") == 1
        said = capfd.readouterr().out
        assert {line.split()[0] for line in said.splitlines()} == wrong
        assert f"of set {old} of documents again, beside snapshots/" in said
        names = tmp_path / "names"
        names.write_text(said)
        words = ["seawall", "snapshots", "documents", "--json"]
        assert machine.seawall("repository", "view", "primary", "--leave-out", names, "--", "restic", "snapshots") == 0
        assert keeper.seawall("repository", "set-aside", "his1", "--files", str(names), "--reason", "twice") == 0
        assert machine.seawall(*words[1:]) == 0
        assert material.chosen(machine.place("primary"), "documents", identity=old[:8]).which.id == old
        assert machine.seawall("repository", "foreign", "primary") == 0


def forged_through(machine: Machine, repository: Path, act: Callable[[], object]) -> set[str]:
    """Return the paths of the snapshots that an act added."""
    before = set((repository / "snapshots").iterdir())
    act()
    return {f"snapshots/{path.name}" for path in set((repository / "snapshots").iterdir()) - before}


def test_a_view_decides_nothing_by_itself(machine, two, tmp_path):
    """Whoever made a snapshot chose its date: left out by it, the real one would go and the other be taken."""
    old, _ = two
    wrong = forged_through(machine, machine.stored / "his1/primary", lambda: forged(machine, old, days=9000.0))
    names = tmp_path / "names"
    names.write_text("\n".join(wrong))
    target = tmp_path / "back"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(__file__).parents[2] / '.venv/bin'}:{os.environ['PATH']}")
        words = ["seawall", "restore", "documents", "--at", old[:8], "--to", target]
        assert machine.seawall("repository", "view", "primary", "--", *words) != 0
        assert not target.exists()
        assert machine.seawall("repository", "view", "primary", "--leave-out", names, "--", *words) == 0
    assert list(target.rglob("0.txt"))
    assert not list(target.rglob(EVIL))


def test_copies_and_backups_that_are_repeated_make_nothing_twice(machine, two):
    for _ in range(2):
        assert machine.seawall("copy", "documents") == 0
    # One snapshot of the copy is lost, as if it had been killed between the two.
    lost = snapshots(machine, "offsite")[-1]
    machine.restic("offsite", "forget", lost.id)
    assert machine.seawall("copy", "documents") == 0
    for place in ("primary", "offsite"):
        assert not [one for one in sets(snapshots(machine, place)) if one.twice]
        assert machine.seawall("repository", "foreign", place) == 0


def test_what_is_of_another_asset_is_of_no_set_of_this_one(machine, two):
    _, newest = two
    folder = machine.files / "pictures"
    marks = [word for tag in tags("pictures", newest, "all") for word in ("--tag", tag)]
    machine.restic("primary", "backup", folder, "--time", "1999-01-01 00:00:00", "--host", "his1", *marks)
    whole = {(one.asset, one.id) for one in sets(snapshots(machine)) if one.complete}
    assert ("documents", newest) in whole


def test_a_manifest_alone_twice_is_enough(machine, two, tmp_path):
    _, newest = two
    added(machine, newest, MANIFEST, tmp_path, 1.0)
    with pytest.raises(Damaged, match="is in doubt: manifest comes twice"):
        material.chosen(machine.place("primary"), "documents", identity=newest[:8])


def lost(machine: Machine, identity: str) -> None:
    """Remove the right snapshots of a set past the server, as somebody may who takes them for the wrong ones."""
    right = [one.id for one in snapshots(machine) if one.tag(SET) == identity]
    forged(machine, identity)
    machine.restic("primary", "forget", *right)


def test_a_manifest_that_the_ledger_does_not_know_is_not_restored(machine, two, tmp_path, capsys):
    old, _ = two
    assert machine.seawall("restore", "documents", "--at", old[:8], "--to", tmp_path / "right") == 0
    lost(machine, old)
    capsys.readouterr()
    assert machine.seawall("restore", "documents", "--at", old[:8], "--to", tmp_path / "back") != 0
    assert f"the manifest of set {old} of documents is not the one that this machine's" in capsys.readouterr().err
    assert not list(tmp_path.rglob(EVIL))


@pytest.mark.parametrize("left", [b"", b"\xff{\n", None])
def test_without_its_ledger_a_machine_still_restores(machine, two, tmp_path, left):
    ledger = machine.root / "var/lib/seawall/ledger/ledger.jsonl"
    ledger.unlink()
    if left is None:
        os.mkfifo(ledger)
    else:
        ledger.write_bytes(left)
    with found("documents", Wanted(to=[str(tmp_path / "back")]), two[0][:8], None) as ready:
        assert ready.source.which.id == two[0]
