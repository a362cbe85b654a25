"""Data as a machine may store them that somebody broke into: what a drill and a restore do with them."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hostile_trees import NEEDS_ROOT, NOT_STORED, REFUSED, Make, closed, looks
from one_machine import Machine, set_policy
from whole_sets import MINUTE, PARTS, SET

from ops.core.errors import Damaged, UsageError
from ops.core.own_folder import demand_same, held
from ops.drills import database
from ops.interfaces.manifest import read_part
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import DrillStage
from ops.jobs.host.repositories import OpenRepository
from ops.jobs.restore import folder as folder_of_restore
from ops.jobs.restore import material
from ops.restic.repository import Repository
from ops.restic.sets import MANIFEST, Set, sets, tags

pytestmark = pytest.mark.usefixtures("deadline")
STORED = [make for make in REFUSED if make not in NOT_STORED and (os.geteuid() == 0 or make not in NEEDS_ROOT)]
TEXT = "reports-globals.sql"  # kept beside the manifest for the part `reports`, which gets it as globals.sql


@pytest.fixture(scope="module")
def hoard(tmp_path_factory: pytest.TempPathFactory, empty_repository: Path) -> tuple[Repository, Set, Path]:
    """A repository whose one snapshot holds a tree of each hostile shape."""
    place = tmp_path_factory.mktemp("hoard")
    outside = closed(place / "outside")
    for make in STORED:
        tree = place / "trees" / make.__name__
        tree.mkdir(parents=True)
        (tree / "database.dump").write_text("dump")
        make(tree, outside)
    shutil.copytree(empty_repository, place / "repository")
    (place / "url").write_text(str(place / "repository"))
    (place / "password").write_text("password of primary\n")
    authority = Path("/etc/ssl/certs/ca-certificates.crt")
    repository = Repository("primary", place / "url", place / "password", authority, place / "cache")
    repository.backup_paths([str(place / "trees")], (), tags("lis", SET, "database.lis"), "his1", timeout=MINUTE)
    (found,) = sets(repository.snapshots())
    return repository, found, place


@pytest.mark.parametrize("make", STORED, ids=lambda make: make.__name__)
def test_the_material_of_a_database_is_plain_or_it_is_refused(
    hoard: tuple[Repository, Set, Path], tmp_path: Path, make: Make
) -> None:
    repository, which, place = hoard
    before = looks(place / "outside")
    told = {**PARTS["database.lis"], "material": {"root": str(place / "trees" / make.__name__)}}
    part = read_part(told, "database.lis", "manifest.json")
    with pytest.raises(Damaged) as caught:
        material.bring(OpenRepository(repository, None), which, "database.lis", part, tmp_path / "there")  # type: ignore[arg-type]
    assert REFUSED[make] in str(caught.value)
    assert looks(place / "outside") == before


def sent(machine: Machine, folder: Path, told: dict[str, Any], texts: dict[str, str]) -> None:
    """Store a folder as the one part of a set, under that part of a manifest, with texts beside it."""
    repository = machine.place("primary").repository
    beside = machine.root / "run/seawall/sent"
    beside.mkdir()
    part = {**told, "material": {"root": str(folder)}}
    head = {"version": 1, "set": SET, "asset": "lis", "host": "his1", "taken": "2026-11-22T01:00:00Z"}
    manifest = {**head, "seawall": "0.1.0", "restic": "0.18.0", "parts": {"reports": part}}
    for name, text in {"manifest.json": json.dumps(manifest), **texts}.items():
        (beside / name).write_text(text)
    for label, path in (("reports", folder), (MANIFEST, beside)):
        repository.backup_paths([str(path)], (), tags("lis", SET, label, ["reports"]), "his1", timeout=MINUTE)
    shutil.rmtree(beside)


@pytest.fixture
def trapped(machine: Machine, tmp_path: Path) -> Iterator[Path]:
    """Files with traps among them, stored as a set of files; yield a folder outside, which nothing may change."""
    outside, folder = closed(tmp_path / "outside"), tmp_path / "sent"
    folder.mkdir()
    (folder / "globals.sql").symlink_to(outside / "secret")
    (folder / "users.sql").symlink_to(outside)
    (folder / folder_of_restore.MARK).symlink_to(outside / "mark")
    os.mkfifo(folder / "manifest.json")
    os.mkfifo(folder / "pipe")
    (folder / "endless").symlink_to("/dev/zero")
    (folder / "there").symlink_to(outside)
    (folder / "letter").write_text("letter")
    known = {"bytes": 0, "mtime_ns": 0, "sha256": "0" * 64}
    sample = dict.fromkeys(("/pipe", "/endless", "/there/secret", "/letter"), known)
    sent(machine, folder, {**PARTS["reports"], "sample": sample}, {TEXT: "roles", "reports-users.sql": "users"})
    set_policy(machine, {"lis": {"reports": ("files", {"paths": [str(folder)]})}})
    before = looks(outside)
    yield outside
    assert looks(outside) == before


def test_a_restore_writes_and_reads_through_nothing_that_it_brought(
    machine: Machine, trapped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine.seawall("restore", "lis", "--to", tmp_path / "back") == 1
    assert "4 of 4 sampled files differ" in capsys.readouterr().out
    folder = tmp_path / "back/reports"
    assert {path.name: path.is_symlink() for path in folder.glob("*.sql")} == {"globals.sql": False, "users.sql": False}
    assert (folder / "globals.sql").read_text() == "roles"
    assert (folder / "there").is_symlink()


def test_a_restore_that_was_broken_off_is_not_held_up_by_what_it_brought(
    machine: Machine, trapped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "back/reports"
    folder.mkdir(parents=True)
    os.mkfifo(folder / folder_of_restore.MARK)
    assert machine.seawall("restore", "lis", "--to", tmp_path / "back") == 1
    assert "reports is not empty" in capsys.readouterr().out
    (tmp_path / "link").mkdir()
    (tmp_path / "link/reports").symlink_to(trapped)
    assert machine.seawall("restore", "lis", "--to", tmp_path / "link") == 1
    assert "reports is a link" in capsys.readouterr().out


def test_a_drill_writes_no_text_through_what_it_brought(machine: Machine, trapped: Path) -> None:
    scratch = machine.root / "run/seawall/stage"
    scratch.mkdir()
    drill = SimpleNamespace(expectations={}, references={}, release="bookworm")
    stage = DrillStage("lis", drill, machine.place("primary"), DrillOptions(), scratch, Random(1), None)  # type: ignore[arg-type]
    stage.find()
    (part,) = stage.parts.values()
    folder = database._material(stage, part, scratch)
    assert (folder / "globals.sql").read_text() == "roles"
    assert not (folder / "users.sql").is_symlink()
    assert {finding.verdict.value for _, finding in part.check(folder)} == {"fail"}


def test_a_home_behind_a_link_that_was_restored_is_not_put_in_place(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside, home = closed(tmp_path / "outside"), tmp_path / "srv/letters"
    home.mkdir(parents=True)
    (home / "letter").write_text("live")
    (tmp_path / "sent").mkdir()
    first, _, rest = str(home).lstrip("/").partition("/")
    (tmp_path / "sent" / first).symlink_to(outside)
    sent(machine, tmp_path / "sent", {**PARTS["reports"], "sample": {}}, {})
    set_policy(machine, {"lis": {"reports": ("files", {"paths": [str(home)]})}})
    # As a restore left it that was broken off, after it had brought the link.
    staging = home.parent / f".seawall-restore-{SET[:8]}-{home.name}"
    staging.mkdir()
    (staging / folder_of_restore.MARK).write_text(json.dumps({"set": SET}))
    (staging / first).symlink_to(outside)
    (outside / rest).mkdir(parents=True)
    before = looks(outside)
    assert machine.seawall("restore", "lis", "--in-place", "--confirm", "lis") == 1
    assert "the set has nothing at" in capsys.readouterr().out
    assert looks(outside) == before
    assert (home / "letter").read_text() == "live"


def test_a_stream_that_came_as_a_link_gives_its_owner_to_nobody(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In place it would get owner and mode of the file that it replaces."""
    outside, live = closed(tmp_path / "outside"), tmp_path / "live.sqlite"
    live.write_text("live")
    live.chmod(0o666)
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent/database.sqlite").symlink_to(outside / "secret")
    kept = json.loads((Path(__file__).parents[1] / "unit/interfaces/manifests/pharmacy.json").read_text())
    told = next(part for part in kept["parts"].values() if part["kind"] == "sqlite")
    sent(machine, tmp_path / "sent", told, {})
    set_policy(machine, {"lis": {"reports": ("sqlite", {"path": str(live)})}})
    before = looks(outside)
    assert machine.seawall("restore", "lis", "--in-place", "--confirm", "lis") == 1
    assert "'database.sqlite' is a link" in capsys.readouterr().out
    assert looks(outside) == before
    assert live.read_text() == "live"


def in_place(machine: Machine, home: Path) -> Path:
    """Set a policy with files that lie at a home; return the folder in which a restore prepares them."""
    home.mkdir(parents=True)
    set_policy(machine, {"lis": {"reports": ("files", {"paths": [str(home)]})}})
    return home.parent / f".seawall-restore-{SET[:8]}-{home.name}"


def test_a_prepared_folder_of_another_account_is_not_continued(
    machine: Machine, trapped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    staging = in_place(machine, tmp_path / "srv/letters")
    staging.mkdir(mode=0o755)
    (staging / folder_of_restore.MARK).write_text(json.dumps({"set": SET}))
    os.chown(staging, 65534, 65534)
    assert machine.seawall("restore", "lis", "--in-place", "--confirm", "lis") != 0
    said = capsys.readouterr()
    assert "belongs to another account" in said.out + said.err
    assert staging.stat().st_mode & 0o777 == 0o755
    assert list(staging.iterdir()) == [staging / folder_of_restore.MARK]


def test_a_prepared_folder_that_was_replaced_is_put_nowhere(tmp_path: Path) -> None:
    folder, outside = tmp_path / "staging", tmp_path / "outside"
    folder.mkdir()
    with held(folder) as handle:
        begun = os.fstat(handle)
    demand_same(folder, begun)
    folder.rename(tmp_path / "moved")
    folder.mkdir()
    with pytest.raises(UsageError, match="was replaced while it was restored into"):
        demand_same(folder, begun)
    folder.rmdir()
    outside.mkdir()
    folder.symlink_to(outside)
    with pytest.raises(UsageError, match="can't be opened as a folder"):
        demand_same(folder, begun)
