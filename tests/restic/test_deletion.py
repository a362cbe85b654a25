"""Deleting files of which copies are kept: what was compared and is unchanged goes, and is recorded; all else stays."""

import mmap
import os
import shutil
import signal
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from exams import Exams, settle
from one_machine import damage

from ops.core.errors import UsageError
from ops.jobs.deletable import unlinking
from ops.jobs.deletable.job import carry_out
from ops.jobs.deletable.judging import judge


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


def test_a_deletion_is_confirmed(kept_exams: Exams) -> None:
    everything = sorted(kept_exams.folder.rglob("*"))
    assert kept_exams.say(kept_exams.folder, "--delete")[0] == 2  # there is no terminal
    assert kept_exams.say(kept_exams.folder, "--delete", "--confirm", "documents")[0] == 2
    assert kept_exams.say(kept_exams.folder, "--confirm", "exams")[0] == 2
    assert kept_exams.say(kept_exams.folder, "--delete", "--confirm", "exams", "--dry-run")[0] == 0
    assert sorted(kept_exams.folder.rglob("*")) == everything
    assert kept_exams.records() == []


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


def test_what_a_program_has_mapped_stays_for_it_may_write_without_a_trace(exams: Exams) -> None:
    exams.kept()
    path = exams.folder / "a.dcm"
    with path.open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 0)
    mapped[:1] = mapped[:1]
    settle(path)
    seen = path.stat()
    verdicts = judge([str(exams.folder)], read=False)
    mapped[1:9] = bytes(8)
    mapped.close()
    assert path.stat().st_ctime_ns == seen.st_ctime_ns, "which its times do not tell"
    assert {Path(one.file.path).name: one.missing for one in verdicts.files} == {
        "a.dcm": "somebody has it open to write",
        "b.dcm": "",
    }
    assert carry_out(verdicts).code == 0
    assert path.exists()
    assert not (exams.folder / "2019/b.dcm").exists()
    assert exams.missing() == {"a.dcm": "changed after its backup (primary, offsite)"}


def test_an_old_comparison_deletes_nothing(kept_exams: Exams) -> None:
    verdicts = judge([str(kept_exams.folder)], read=False)
    with pytest.raises(UsageError):
        carry_out(replace(verdicts, time=verdicts.time - timedelta(hours=2)))
    assert len([*kept_exams.folder.rglob("*.dcm")]) == 2


def test_without_a_record_nothing_is_deleted(kept_exams: Exams) -> None:
    key = kept_exams.machine.root / "etc/seawall/credentials/ledger.key"
    key.rename(f"{key}.away")
    assert kept_exams.say(kept_exams.folder, "--delete", "--confirm", "exams")[0] == 1
    Path(f"{key}.away").rename(key)
    assert len([*kept_exams.folder.rglob("*.dcm")]) == 2


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
