"""Files that may be deleted: byte for byte in verified copies, on the real restic; every other file stays."""

import json
import os
import re
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from one_machine import Machine, copied, damage, served, set_policy

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.names import Digest
from ops.interfaces.unread import Unread
from ops.jobs.copy import unread
from ops.jobs.deletable import unlinking
from ops.jobs.deletable.job import carry_out
from ops.jobs.deletable.judging import judge
from ops.jobs.deletable.looking import TICK
from ops.restic.sets import ASSET, PART


@dataclass(frozen=True)
class Exams:
    """A machine with an asset of a test's own. folder: its files. say: runs the command, returns its code and JSON."""

    machine: Machine
    folder: Path
    say: Callable[..., tuple[int, dict[str, Any]]]

    def file(self, name: str, content: bytes = b"") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content or os.urandom(3000))
        return path

    def kept(self) -> None:
        """Back it up and copy it."""
        assert self.machine.seawall("backup", "exams") == 0
        assert self.machine.seawall("copy", "exams") == 0

    def missing(self, *paths: Path, more: tuple[str, ...] = ()) -> dict[str, str]:
        """Return what is missing for each file, by its name below the folder."""
        code, told = self.say(*(paths or [self.folder]), *more)
        found = {str(Path(one["path"]).relative_to(self.folder)): one["missing"] for one in told["files"]}
        assert code == (1 if any(found.values()) else 0)
        return found

    def state(self, act: str, **facts: object) -> None:
        """Change what an act remembers of its last good run."""
        path = self.machine.root / f"var/lib/seawall/state/{act}.json"
        state = json.loads(path.read_text())
        state["last_good"].update(facts)
        path.write_text(json.dumps(state))

    def records(self) -> list[dict[str, Any]]:
        lines = (self.machine.root / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()
        return [one for one in map(json.loads, lines) if one["act"].startswith("deletion")]


def furnished(machine: Machine, folder: Path) -> Exams:
    def say(*words: str | Path) -> tuple[int, dict[str, Any]]:
        with redirect_stdout(StringIO()) as out:
            code = machine.seawall("deletable", *words, "--json")
        return code, json.loads(out.getvalue() or "{}")

    set_policy(machine, {"exams": {"all": ("files", {"paths": [str(folder)], "exclude": ["*.tmp"]})}})
    one = Exams(machine, folder, say)
    one.file("a.dcm")
    one.file("2019/b.dcm")
    return one


@pytest.fixture
def exams(machine: Machine, tmp_path: Path) -> Exams:
    """An asset of one test's own, which isn't backed up yet."""
    return furnished(machine, tmp_path / "exams")


@pytest.fixture(scope="module")
def kept(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exams]:
    """One that was backed up and copied, for tests that delete nothing and leave all as it was."""
    folder = tmp_path_factory.mktemp("kept")
    machine = copied(backed_up, folder)
    with served(machine):
        one = furnished(machine, folder / "exams")
        one.kept()
        yield one
        assert one.missing() == {"a.dcm": "", "2019/b.dcm": ""}


def wanted(machine: Machine, **demand: object) -> None:
    """Change what the policy demands of the asset."""
    path = machine.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    policy["assets"]["exams"]["deletable"] = demand
    path.write_text(json.dumps(policy))


def test_files_in_two_verified_copies_may_be_deleted_and_nothing_else_is(exams: Exams) -> None:
    (exams.folder / "empty").touch()
    exams.file("zeroes", bytes(70_000))
    with exams.file("sparse").open("r+b") as file:
        file.truncate(5_000_000)
    exams.kept()
    before = {path: path.stat() for path in exams.folder.rglob("*")}
    assert set(exams.missing().values()) == {""}
    assert {path: path.stat().st_ctime_ns for path in exams.folder.rglob("*")} == {
        path: seen.st_ctime_ns for path, seen in before.items()
    }
    new = exams.file("new.dcm")
    assert exams.missing()["new.dcm"] == "not in its newest verified set (primary, offsite)"
    code, told = exams.say(exams.folder, "--delete", "--confirm", "exams")
    assert (code, told["files"], told["left"]) == (1, 5, 0)
    assert [path for path in exams.folder.rglob("*") if path.is_file()] == [new]
    begun, ended = exams.records()
    assert (begun["act"], ended["act"]) == ("deletion-begun", "deletion")
    assert begun["facts"]["files"] == ended["facts"]["files"] == 5
    size = sum(seen.st_size for seen in before.values() if not stat.S_ISDIR(seen.st_mode))
    assert begun["facts"]["bytes"] == ended["facts"]["bytes"] == size
    assert begun["actor"].startswith("person:")
    assert set(ended["facts"]["set"]) == {"primary", "offsite"}
    (names,) = (exams.machine.root / "var/lib/seawall/deletions/exams").glob("*.names")
    assert names.stat().st_mode & 0o777 == 0o600
    assert str(exams.folder / "a.dcm") in names.read_text()


def test_a_changed_file_stays_though_its_size_and_times_are_as_before(exams: Exams) -> None:
    exams.file("touched")
    exams.file("cut")
    exams.kept()
    path = exams.folder / "a.dcm"
    seen = path.stat()
    damage(path)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (seen.st_size, seen.st_mtime_ns)
    with (exams.folder / "2019/b.dcm").open("ab") as file:
        file.write(b"!")
    os.truncate(exams.folder / "cut", 2999)
    os.utime(exams.folder / "touched")
    settle(exams.folder / "touched")
    changed = "changed after its backup (primary, offsite)"
    assert exams.missing() == {"a.dcm": changed, "2019/b.dcm": changed, "cut": changed, "touched": ""}
    assert exams.missing(more=("--read",)) == {"a.dcm": changed, "2019/b.dcm": changed, "cut": changed, "touched": ""}


def test_odd_names_links_and_whatever_is_no_file(exams: Exams) -> None:
    for name in ("a\nb", "[a]*?", "!x", "\\", "caf\udce9", "z\udcfe", "z\udcff", "left.tmp", "was", "$HOME"):
        exams.file(name)
    os.link(exams.folder / "a.dcm", exams.folder / "2019/second")
    exams.kept()
    (exams.folder / "link").symlink_to("a.dcm")
    (exams.folder / "was").unlink()
    os.mkfifo(exams.folder / "was")  # restic would wait for ever for somebody to write
    os.link(exams.folder / "[a]*?", exams.folder / "third")
    missing = exams.missing()
    alike = "its name can't be told from that of another file (primary, offsite)"
    assert missing.pop("left.tmp") == "left out by a pattern of exams (primary, offsite)"
    assert missing.pop("z\udcfe") == missing.pop("z\udcff") == alike
    assert missing.pop("third") == "not in its newest verified set (primary, offsite)"
    settle(exams.folder / "third")
    assert {name for name, why in exams.missing().items() if not why} == {
        *("a.dcm", "2019/b.dcm", "2019/second", "a\nb", "[a]*?", "!x", "\\", "caf\udce9", "$HOME")
    }
    _, told = exams.say(exams.folder)
    assert {Path(path).name: why for path, why in told["passed"].items()} == {
        "link": "a link, and only plain files are deleted",
        "was": "a pipe, and only plain files are deleted",
    }
    code, told = exams.say(exams.folder, "--delete", "--confirm", "exams")
    assert (code, told["files"], told["left"]) == (1, 9, 0)
    left = ["2019", "left.tmp", "link", "third", "was", "z\udcfe", "z\udcff"]
    assert sorted(path.name for path in exams.folder.rglob("*")) == left
    assert exams.say(exams.folder / "link")[0] == 2


def settle(path: Path) -> None:
    """Wait until a change of a file can be told from the next one."""
    deadline = time.monotonic() + 60
    while time.time() - path.stat().st_ctime <= 2 * TICK:
        assert time.monotonic() < deadline


def test_what_is_missing_in_a_repository_is_said_of_each_file(kept: Exams) -> None:
    """Each is put right again, and the files may be deleted before and after."""
    states = kept.machine.root / "var/lib/seawall/state"
    shutil.copytree(states, kept.machine.root / "kept")
    machine, place = kept.machine, kept.machine.root / "etc/seawall/credentials/offsite.url"

    def whole() -> None:
        shutil.copytree(kept.machine.root / "kept", states, dirs_exist_ok=True)
        assert kept.missing() == {"a.dcm": "", "2019/b.dcm": ""}

    def only(why: str) -> None:
        assert set(kept.missing().values()) == {f"{why} (offsite)"}, kept.missing()

    whole()
    kept.state("copy-exams-offsite", copied=clock.iso(clock.now() + timedelta(days=1)))
    only("its last good run is dated in the future: a clock was wrong")
    whole()
    kept.state("copy-exams-offsite", repository="elsewhere")
    only("no good set is known there")
    whole()
    kept.state("copy-exams-offsite", copied=clock.iso(clock.now() - timedelta(days=31)))
    only("read back 31d ago, which is too long; --read reads these files there now")
    assert set(kept.missing(more=("--read",)).values()) == {""}
    whole()
    kept.state("backup-exams", time=clock.iso(clock.now() - timedelta(days=31)))
    assert set(kept.missing().values()) == {
        "read back 31d ago, which is too long; --read reads these files there now (primary)"
    }
    whole()
    unread.keep("copy-exams-offsite", Unread("offsite", names=frozenset({Digest.parse("0" * 64)})))
    only("the copy is not read back yet")
    unread.keep("copy-exams-offsite", Unread("offsite"))
    whole()
    path = states / "copy-exams-offsite.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "damaged": True}))
    only("data there were found damaged since the last good set")
    whole()
    there = place.read_text()
    place.write_text(re.sub(r":\d+/", ":1/", there))
    assert "offsite" in kept.missing()["a.dcm"]
    place.write_text(there)
    whole()
    shutil.copytree(machine.stored, machine.root / "stored")
    known = machine.place("offsite").repository.snapshots([f"{ASSET}=exams"])
    first = next(one for one in known if one.tag(PART) == "all")
    machine.place("offsite").repository.backup_paths([str(kept.folder)], (), first.tags, "his1", timeout=60)
    assert "comes twice" in kept.missing()["a.dcm"]
    machine.restic("offsite", "forget", *(one.id for one in known))
    assert "offsite" in kept.missing()["a.dcm"]
    shutil.rmtree(machine.stored)
    shutil.copytree(machine.root / "stored", machine.stored)


def test_the_policy_says_how_many_copies_and_where(kept: Exams) -> None:
    for demand, good in (({"copies": 1, "elsewhere": 0}, True), ({"copies": 3}, False), ({"elsewhere": 2}, False)):
        wanted(kept.machine, **demand)
        assert {not why for why in kept.missing().values()} == {good}, demand
    assert "the policy demands 2, 2 of them elsewhere" in kept.missing()["a.dcm"]
    wanted(kept.machine, elsewhere=0)
    (kept.machine.stored / "his1/offsite").rename(kept.machine.root / "away")
    assert "offsite" in kept.missing()["a.dcm"]
    wanted(kept.machine, copies=1, elsewhere=1)
    assert "offsite" in kept.missing()["a.dcm"]
    wanted(kept.machine, copies=1, elsewhere=0)
    assert kept.missing()["a.dcm"] == ""
    (kept.machine.root / "away").rename(kept.machine.stored / "his1/offsite")
    wanted(kept.machine)


def test_bytes_that_a_disk_changed_are_found_by_reading_them(exams: Exams) -> None:
    before = exams.machine.packs("offsite")
    exams.kept()
    assert exams.missing(more=("--read",)) == {"a.dcm": "", "2019/b.dcm": ""}
    assert exams.missing(exams.folder / "a.dcm", more=("--read",)) == {"a.dcm": ""}
    for name, path in exams.machine.packs("offsite").items():
        if name not in before:
            damage(path)
    shutil.rmtree(exams.machine.root / "var/cache/seawall", ignore_errors=True)
    assert "" not in exams.missing(more=("--read",)).values()


def test_files_that_no_set_holds_as_they_lie(kept: Exams, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("of nobody")
    code, told = kept.say(outside)
    assert code == 1
    assert told["files"][0]["missing"].startswith("below no path of an asset's source of the kind files")
    (tmp_path / "way").symlink_to(kept.folder)
    assert kept.say(tmp_path / "way/a.dcm")[0] == 0  # of a path only the last name may not be a link
    assert kept.say(tmp_path / "way")[0] == kept.say(tmp_path / "nothing")[0] == 2
    assert kept.say(kept.folder / "2019/..")[1]["summary"]["deletable"] == 2


def test_a_deletion_is_confirmed(kept: Exams) -> None:
    everything = sorted(kept.folder.rglob("*"))
    assert kept.say(kept.folder, "--delete")[0] == 2  # there is no terminal
    assert kept.say(kept.folder, "--delete", "--confirm", "documents")[0] == 2
    assert kept.say(kept.folder, "--confirm", "exams")[0] == 2
    assert kept.say(kept.folder, "--delete", "--confirm", "exams", "--dry-run")[0] == 0
    assert sorted(kept.folder.rglob("*")) == everything
    assert kept.records() == []


def test_what_changes_after_the_comparison_stays(exams: Exams) -> None:
    names = ("written", "replaced", "open", "gone", "linked", "moved/inner", "same")
    for name in names:
        exams.file(name)
    exams.kept()
    verdicts = judge([str(exams.folder)], read=False)
    assert len(verdicts.deletable) == len(names) + 2
    damage(exams.folder / "written")
    os.utime(exams.folder / "written", ns=(0, 0))
    shutil.copy2(exams.folder / "replaced", exams.folder / "new")
    (exams.folder / "new").rename(exams.folder / "replaced")
    (exams.folder / "gone").unlink()
    (exams.folder / "linked").rename(exams.folder / "other")
    (exams.folder / "linked").symlink_to("other")
    (exams.folder / "moved").rename(exams.folder / "away")
    (exams.folder / "moved").symlink_to("away")
    with (exams.folder / "open").open("r+b"):
        ended = carry_out(verdicts)
    assert (ended.code, ended.plain["files"], ended.plain["left"]) == (1, 3, 6)
    left = {"written", "replaced", "open", "linked", "other", "moved", "away", "2019", "inner"}
    assert {path.name for path in exams.folder.rglob("*")} == left


def test_an_old_comparison_deletes_nothing(kept: Exams) -> None:
    verdicts = judge([str(kept.folder)], read=False)
    with pytest.raises(UsageError):
        carry_out(replace(verdicts, time=verdicts.time - timedelta(hours=2)))
    assert len([*kept.folder.rglob("*.dcm")]) == 2


def test_without_a_record_nothing_is_deleted(kept: Exams) -> None:
    key = kept.machine.root / "etc/seawall/credentials/ledger.key"
    key.rename(f"{key}.away")
    assert kept.say(kept.folder, "--delete", "--confirm", "exams")[0] == 1
    Path(f"{key}.away").rename(key)
    assert len([*kept.folder.rglob("*.dcm")]) == 2


def test_a_deletion_that_is_killed_is_told_by_the_next_one(exams: Exams) -> None:
    for number in range(5):
        exams.file(f"many/{number}")
    exams.kept()
    child = os.fork()
    if child == 0:
        real, count = os.unlink, iter(range(3))

        def killing(path: Any, *, dir_fd: int | None = None) -> None:
            if dir_fd is not None and next(count, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            real(path, dir_fd=dir_fd)

        unlinking.os.unlink = killing  # type: ignore[assignment]
        exams.machine.seawall("deletable", exams.folder, "--delete", "--confirm", "exams")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert len([path for path in exams.folder.rglob("*") if path.is_file()]) == 4
    assert [one["act"] for one in exams.records()] == ["deletion-begun"]
    assert exams.say(exams.folder, "--delete", "--confirm", "exams")[0] == 0
    killed, told, begun, ended = exams.records()[1:]
    assert (killed["result"], told["result"], told["facts"]["files"]) == ("unknown", "unknown", 3)
    assert (begun["facts"]["files"], ended["facts"]["files"]) == (4, 4)
    assert [*(exams.machine.root / "var/lib/seawall/deletions/exams").glob("*.open")] == []
    assert exams.say(exams.folder, "--delete", "--confirm", "exams")[0] == 0
