"""What a restore refuses, each for its reason, and changes nothing; on a real repository, through the command."""

import fcntl
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from one_machine import Machine, served, set_policy
from whole_sets import PARTS, SET, stored

from ops.core.errors import SeawallError
from ops.core.names import Digest, TreePath
from ops.interfaces.manifest import Manifest
from ops.jobs.backup import job as backup
from ops.jobs.restore.each import each
from ops.restic.sets import ASSET, PART
from ops.sources._shared.file_sample import Sampled

MINUTE = 60.0
Refused = Callable[..., str]
IN_PLACE = ("--in-place", "--confirm")


@pytest.fixture(scope="module")
def laboratory(backed_up: Path) -> Machine:
    """Put the laboratory's set into the repository that all others are made of."""
    machine = Machine(backed_up / "root", backed_up / "stored", backed_up / "files")
    with served(machine):
        stored(machine, "lis", PARTS)
    return machine


@pytest.fixture
def lis(laboratory: Machine, machine: Machine) -> Machine:
    """A machine whose policy knows the laboratory, but for one part of its set."""
    sources = {
        "database": ("postgresql", {"all": True}),
        "reports": ("files", {"paths": ["/srv/lis/reports"]}),
        "export": ("command", {"argv": ["/usr/bin/true"]}),
    }
    set_policy(machine, {"lis": sources})
    return machine


@pytest.fixture
def refused(machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """A function that restores, demands that it is refused, and returns what was said."""

    def attempt(*words: str | Path, code: int = 2) -> str:
        assert machine.seawall("restore", *words) == code
        assert not (tmp_path / "back").exists()
        said = capsys.readouterr()
        return said.out + said.err

    return attempt


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["documents"], "missing restore target"),
        (["documents", "--to", "/srv/x", "--in-place"], "missing restore target"),
        (["documents", "--in-place", "--only", "/srv/x"], "--only and --in-place can't be combined"),
        (["documents", "--to", "/srv/x", "--part", "al"], "the set has no part 'al'"),
        (["documents", "--to", "al=/srv/x"], "the set has no part 'al'"),
        (["documents", "--to", "restored"], "all (files) can be restored only into a folder, not into a database"),
        (["document", "--to", "/srv/x"], "his1 has no asset 'document'"),
        (["documents", "--to", "/srv/x", "--at", "yesterday"], "--at yesterday: neither a time nor a set"),
        (["documents", "--to", "/srv/x", "--at", "abc"], "--at abc: neither a time nor a set"),
        (["documents", "--in-place"], "there is no terminal"),
        (["documents", "--in-place", "--confirm", "document"], "not confirmed; nothing was changed"),
    ],
)
def test_what_was_asked_cannot_be(refused: Refused, words: list[str], reason: str) -> None:
    assert reason in refused(*words)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--to", "database=one", "--part", "database"], "several databases can't have the same name"),
        (["--to", "database=lis_restored"], "missing restore target for reports"),
        (["--to", "{}", "--part", "database"], "lis is the live database; nothing is restored over it"),
        (["--to", "/srv/x", "--part", "tree.log"], "tree.log belongs to another part and is restored with it"),
        (
            ["--to", "/srv/x", "--to", "reports=restored"],
            "reports (files) can be restored only into a folder, not into a database",
        ),
        (["--in-place", "--part", "retired"], "retired is no longer in the policy"),
        (["--in-place", "--part", "export"], "export (command) can't be restored in place by this command"),
    ],
)
def test_a_part_cannot_go_there(lis: Machine, refused: Refused, words: list[str], reason: str) -> None:
    assert reason in refused("lis", *words)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--at", "2001-01-01"], "primary has no such set of documents"),
        (["--at", "0000ffff"], "primary has no such set of documents"),
        (["--from", "offsite"], "offsite has no complete set of documents"),
        (["--from", "tape"], "there is no repository 'tape'"),
    ],
)
def test_there_is_no_such_set(refused: Refused, tmp_path: Path, words: list[str], reason: str) -> None:
    assert reason in refused("documents", "--to", tmp_path / "back", *words, code=1)


def test_a_set_that_is_not_whole_is_none(machine: Machine, refused: Refused, tmp_path: Path) -> None:
    found = machine.place("primary").repository.snapshots([f"{ASSET}=documents", f"{PART}=all"])
    machine.restic("primary", "forget", *(one.id for one in found))
    assert "primary has no complete set of documents" in refused("documents", "--to", tmp_path / "back", code=1)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"set": "another"}, "describes set another of reports; expected set"),
        ({"version": 2}, "version: expected 1, found 2"),
    ],
)
def test_a_manifest_of_another_set_or_version_is_refused(
    machine: Machine, refused: Refused, tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    set_policy(machine, {"reports": {"reports": ("files", {"paths": ["/srv/lis/reports"]})}})
    stored(machine, "reports", {"reports": PARTS["reports"]}, **changed)
    said = refused("reports", "--to", tmp_path / "back", code=1)
    assert f"manifest.json of set {SET} in primary" in said
    assert words in said


def test_only_root_may(machine: Machine, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEAWALL_ROOT")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "only root can restore the owners of files and databases" in refused("documents", "--to", "/srv/x")


def test_a_person_at_the_terminal_who_says_no(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True, readline=lambda: "no\n"))
    assert "not confirmed; nothing was changed" in refused("documents", "--in-place")


def test_a_folder_that_is_not_empty(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "there/all").mkdir(parents=True)
    (tmp_path / "there/all/file").write_text("somebody's")
    assert "is not empty" in refused("documents", "--to", tmp_path / "there", code=1)
    assert [path.name for path in (tmp_path / "there/all").iterdir()] == ["file"]


def test_a_folder_that_another_set_was_restored_to(machine: Machine, refused: Refused, tmp_path: Path) -> None:
    assert machine.seawall("restore", "documents", "--to", tmp_path / "there") == 0
    assert machine.seawall("backup", "documents") == 0
    assert "is not empty" in refused("documents", "--to", tmp_path / "there", code=1)


def test_a_restore_that_was_broken_off_is_gone_on_with(machine: Machine, tmp_path: Path) -> None:
    assert machine.seawall("restore", "documents", "--to", tmp_path / "there") == 0
    lost = next((tmp_path / "there/all").rglob("1.txt"))
    lost.unlink()
    assert machine.seawall("restore", "documents", "--to", tmp_path / "there") == 0
    assert lost.read_bytes() == (machine.files / "documents/1.txt").read_bytes()


def test_a_restore_that_was_killed_before_it_had_its_mark_is_begun_anew(
    machine: Machine, refused: Refused, tmp_path: Path
) -> None:
    """Also where only a part of the mark was written; one that somebody still writes is left alone."""
    there = tmp_path / "there/all"
    there.mkdir(parents=True)
    begun = there / "..seawall-restore.json.unfinished-a1b2c3d4"
    begun.write_text('{"set"')
    with begun.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "is not empty" in refused("documents", "--to", tmp_path / "there", code=1)
    assert machine.seawall("restore", "documents", "--to", tmp_path / "there") == 0
    assert not begun.exists()


def test_nothing_of_that_name_is_in_the_set(refused: Refused, tmp_path: Path) -> None:
    assert "the set has nothing at /srv/none" in refused(
        "documents", "--to", tmp_path / "there", "--only", "/srv/none", code=1
    )


def test_there_is_no_room(refused: Refused) -> None:
    said = refused("documents", "--to", "/proc/restored", code=1)  # a place with no byte free
    assert "restoring all needs 146.5 KiB in /proc, but only 0 B are free" in said


def test_files_that_are_not_as_the_manifest_says_fail(machine: Machine, tmp_path: Path) -> None:
    forge(machine, "wrong", tmp_path / "home")
    assert machine.seawall("restore", "wrong", "--to", tmp_path / "there") == 1
    assert machine.state("restore-wrong")["verdict"] == "fail"
    assert machine.state("restore-wrong")["last_good"] is None


def forge(machine: Machine, asset: str, home: Path) -> None:
    """Back up a folder under a manifest that tells other digests."""
    home.mkdir()
    (home / "file").write_text("new")
    set_policy(machine, {asset: {"all": ("files", {"paths": [str(home)]})}})
    with pytest.MonkeyPatch.context() as patch:
        real = backup._manifest

        def other(*words: Any) -> Manifest:
            told = real(*words)
            part = told.parts["all"]
            wrong = replace(part.facts, sample={TreePath(home / "file"): Sampled(3, 0, Digest("0" * 64))})
            return replace(told, parts={"all": replace(part, facts=wrong)})

        patch.setattr(backup, "_manifest", other)
        assert machine.seawall("backup", asset) == 0


def test_nothing_that_is_not_as_its_manifest_says_is_put_in_place(
    machine: Machine, refused: Refused, tmp_path: Path
) -> None:
    forge(machine, "wrong", tmp_path / "home")
    (tmp_path / "home/file").write_text("live")
    assert "all does not match its manifest; nothing was put in place" in refused("wrong", *IN_PLACE, "wrong", code=1)
    assert (tmp_path / "home/file").read_text() == "live"
    assert not list(tmp_path.glob("home.before-*"))


def test_a_mount_point_cannot_be_swapped(machine: Machine, refused: Refused) -> None:
    set_policy(machine, {"shared": {"all": ("files", {"paths": ["/dev/shm"]})}})
    stored(machine, "shared", {"all": PARTS["reports"]})
    assert "is a mount point and can't be swapped" in refused("shared", *IN_PLACE, "shared", code=1)


def test_what_cannot_be_renamed_is_left_as_it_was(machine: Machine, refused: Refused, tmp_path: Path) -> None:
    """The journal's new name is longer than a name may be; the home itself was moved by then."""
    home = tmp_path / ("h" * 229)
    home.mkdir()
    (home / "file").write_text("old")
    set_policy(machine, {"long": {"all": ("files", {"paths": [str(home)]})}})
    assert machine.seawall("backup", "long") == 0
    (home / "file").write_text("live")
    home.with_name(f"{home.name}-journal").write_text("a journal")
    assert "can't be renamed (File name too long); nothing was changed" in refused("long", *IN_PLACE, "long", code=1)
    assert (home / "file").read_text() == "live"
    assert not list(tmp_path.glob("*.before-*"))


def test_what_was_there_before_is_kept(machine: Machine, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "file").write_text("old")
    set_policy(machine, {"own": {"all": ("files", {"paths": [str(home)]})}})
    assert machine.seawall("backup", "own") == 0
    (home / "file").write_text("live")
    assert machine.seawall("restore", "own", "--in-place", "--confirm", "own") == 0
    assert (home / "file").read_text() == "old"
    (kept,) = tmp_path.glob("home.before-*")
    assert (kept / "file").read_text() == "live"


def test_what_has_no_digest_is_brought_and_not_called_compared(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    (home / "empty").mkdir(parents=True)
    (home / "file").write_text("old")
    set_policy(machine, {"own": {"all": ("files", {"paths": [str(home)]})}})
    assert machine.seawall("backup", "own") == 0
    capsys.readouterr()
    words = ["restore", "own", "--to", str(tmp_path / "there"), "--only", str(home / "empty")]
    assert machine.seawall(*words) == 0
    said = capsys.readouterr().out
    assert "all: pass    present: 1 path is there" in said
    assert "all: -       content: not configured: none of the sampled files is among what was restored" in said
    assert [path.is_dir() for path in (tmp_path / "there").rglob("empty")] == [True]


def test_a_restore_of_nothing_is_none() -> None:
    with pytest.raises(SeawallError, match="there was nothing to restore"):
        each(None, [])  # type: ignore[arg-type]
