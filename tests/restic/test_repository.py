"""What restic really does, as ops.restic tells it."""

import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.core import clock
from ops.core.errors import CommandError, Locked, SeawallError, Unavailable
from ops.core.run import run
from ops.restic import versions
from ops.restic.failures import Incomplete, NoRepository, WrongPassword
from ops.restic.repository import READER, Repository
from ops.restic.sets import MANIFEST, complete, sets, tags

Make = Callable[[str], Repository]
MINUTE = 60.0


def folder(path: Path, files: int = 3) -> Path:
    path.mkdir()
    for number in range(files):
        (path / f"file {number}").write_text(f"content {number}")
    return path


def test_version_is_new_enough_and_told() -> None:
    said = subprocess.run(["restic", "version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"restic {versions.demand()} ")


def test_an_old_restic_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "restic"
    old.write_text("#!/bin/sh\necho 'restic 0.14.0 compiled with go1.19.8 on linux/amd64'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Unavailable, match=r"0\.14\.0 is too old: 0\.18\.0 or newer"):
        versions.demand()


def test_files_are_stored_listed_and_restored(repository: Repository, tmp_path: Path) -> None:
    source = folder(tmp_path / "source")
    summary = repository.backup_paths([str(source)], (), tags("a", "s1", "files"), "host", timeout=MINUTE)
    assert summary.files == 3
    (snapshot,) = repository.snapshots(["seawall-set=s1"])
    assert (snapshot.id, snapshot.files, snapshot.host) == (summary.snapshot, 3, "host")
    assert repository.read(snapshot.id, f"{source}/file 1") == b"content 1"
    listed = {entry.path for entry in repository.listing(snapshot.id, [str(source)], timeout=MINUTE)}
    assert f"{source}/file 2" in listed
    repository.restore(snapshot.id, tmp_path / "target", timeout=MINUTE)
    assert (tmp_path / "target" / str(source).lstrip("/") / "file 0").read_text() == "content 0"


def test_a_stream_is_stored_whole(repository: Repository) -> None:
    summary = repository.backup_stream(["sh", "-c", "printf abc"], "dump", tags("a", "s1", "d"), "host", timeout=MINUTE)
    assert repository.read(summary.snapshot, "/dump") == b"abc"


def test_a_stream_that_fails_leaves_no_snapshot(repository: Repository) -> None:
    with pytest.raises(SeawallError):
        repository.backup_stream(["sh", "-c", "echo half; exit 5"], "dump", ["t=1"], "host", timeout=MINUTE)
    assert repository.snapshots() == []


def test_a_stream_that_is_killed_leaves_no_snapshot(repository: Repository) -> None:
    with pytest.raises(SeawallError):
        repository.backup_stream(["sh", "-c", "echo half; kill -9 $$"], "dump", ["t=1"], "host", timeout=MINUTE)
    assert repository.snapshots() == []


def test_a_file_that_cannot_be_read_makes_the_set_incomplete(repository: Repository, tmp_path: Path) -> None:
    source = folder(tmp_path / "source")
    (source / "gone").symlink_to(tmp_path / "nowhere")
    repository.backup_paths([str(source)], (), ["t=1"], "host", timeout=MINUTE)  # a dangling link is no error
    loop = source / "loop"
    loop.mkdir()
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "proc", "proc", loop], check=True)
        try:
            with pytest.raises(Incomplete):
                repository.backup_paths([str(loop / "1" / "mem")], (), ["t=2"], "host", timeout=MINUTE)
        finally:
            subprocess.run(["umount", loop], check=True)


def test_no_repository_and_wrong_password_are_told_apart(make: Make) -> None:
    with pytest.raises(NoRepository):
        make("nowhere").snapshots()
    there = make("there")
    there.init()
    there.password.write_text("another one\n")
    with pytest.raises(WrongPassword, match="wrong password"):
        there.snapshots()


def test_a_reader_has_a_key_of_its_own_and_writes_no_lock(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "reader.password").write_text("a reader's\n")
    repository.add_key(tmp_path / "reader.password", "drill1")
    assert [key.host for key in repository.keys() if key.user == READER]  # noqa: SIM118 -- no mapping == ["drill1"]
    reader = dataclasses.replace(repository, password=tmp_path / "reader.password", locks=False)
    before = sorted(path.name for path in (tmp_path / "primary" / "locks").iterdir())
    assert reader.snapshots() == []
    assert sorted(path.name for path in (tmp_path / "primary" / "locks").iterdir()) == before


def test_a_copy_shares_blobs_and_keeps_tags(make: Make, repository: Repository, tmp_path: Path) -> None:
    source = folder(tmp_path / "source")
    repository.backup_paths([str(source)], (), tags("a", "s1", "files"), "host", timeout=MINUTE)
    repository.backup_paths([str(source)], (), tags("a", "s1", MANIFEST, ["files"]), "host", timeout=MINUTE)
    offsite = make("offsite")
    offsite.init(repository)
    chunkers = [
        subprocess.run(
            ["restic", "-r", tmp_path / name, "--password-file", tmp_path / f"{name}.password", "cat", "config"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in ("primary", "offsite")
    ]
    assert len({json.loads(text)["chunker_polynomial"] for text in chunkers}) == 1
    ids = [snapshot.id for snapshot in repository.snapshots()]
    offsite.copy_from(repository, ids, timeout=MINUTE)
    offsite.copy_from(repository, ids, timeout=MINUTE)
    listed = offsite.snapshots()
    assert [one.id for one in complete(listed, "a", clock.now()).counting] == ["s1"] and len(listed) == 2


def test_a_set_without_its_manifest_does_not_count(repository: Repository, tmp_path: Path) -> None:
    source = folder(tmp_path / "source")
    repository.backup_paths([str(source)], (), tags("a", "s1", "files"), "host", timeout=MINUTE)
    listed = repository.snapshots()
    assert len(sets(listed)) == 1
    assert complete(listed, "a", clock.now()).counting == []


def test_a_set_that_lacks_a_part_does_not_count(repository: Repository, tmp_path: Path) -> None:
    source = folder(tmp_path / "source")
    repository.backup_paths([str(source)], (), tags("a", "s1", MANIFEST, ["files", "db"]), "host", timeout=MINUTE)
    repository.backup_paths([str(source)], (), tags("a", "s1", "files"), "host", timeout=MINUTE)
    assert complete(repository.snapshots(), "a", clock.now()).counting == []


def test_after_a_killed_backup_the_next_one_is_clean(repository: Repository, tmp_path: Path) -> None:
    argv = ["restic", "-r", tmp_path / "primary", "--password-file", repository.password, "backup"]
    argv += ["--stdin-from-command", "--", "sh", "-c", "echo started; exec sleep 600"]
    hanging = subprocess.Popen(argv, stdout=subprocess.DEVNULL, start_new_session=True)
    locks = tmp_path / "primary" / "locks"
    deadline = time.monotonic() + MINUTE
    while not any(locks.iterdir()) and time.monotonic() < deadline:
        os.sched_yield()
    os.killpg(hanging.pid, signal.SIGKILL)
    hanging.wait()
    assert any(locks.iterdir())
    source = folder(tmp_path / "source")
    summary = repository.backup_paths([str(source)], (), ["t=1"], "host", timeout=MINUTE)
    assert [snapshot.id for snapshot in repository.snapshots()] == [summary.snapshot]


def test_a_call_that_takes_too_long_is_ended_with_all_it_started(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="did not finish within 2 s"):
        repository.backup_stream(
            ["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 600"], "dump", ["t=1"], "host", timeout=2.0
        )
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text()


def test_an_exclusive_lock_is_told_as_locked(repository: Repository, tmp_path: Path) -> None:
    argv = ["restic", "-r", tmp_path / "primary", "--password-file", repository.password, "backup"]
    argv += ["--stdin-from-command", "--", "sh", "-c", "echo started; exec sleep 600"]
    holder = subprocess.Popen(argv, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        locks = tmp_path / "primary" / "locks"
        deadline = time.monotonic() + MINUTE
        while not any(locks.iterdir()) and time.monotonic() < deadline:
            os.sched_yield()
        with pytest.raises(Locked):
            repository._run(["check"], timeout=MINUTE)
    finally:
        os.killpg(holder.pid, signal.SIGKILL)
        holder.wait()


def test_no_secret_is_in_the_arguments_of_a_running_restic(repository: Repository, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f"tr '\\0' ' ' < /proc/$PPID/cmdline > {seen}; tr '\\0' ' ' < /proc/$PPID/environ >> {seen}; echo x"
    repository.backup_stream(["sh", "-c", script], "dump", ["t=1"], "host", timeout=MINUTE)
    assert "--password-file" in seen.read_text()
    assert repository.password.read_text().strip() not in seen.read_text()


def test_what_another_program_says_within_a_block_is_not_restics(repository: Repository) -> None:
    with pytest.raises(CommandError) as told, repository.explained():
        run(["umount", "/nowhere/at all"], timeout=MINUTE)
    assert str(told.value).startswith("umount failed with code "), "nobody looks for it in the repository"
    with pytest.raises(SeawallError, match=r"^repository "), repository.explained():
        raise CommandError(["restic", "ls"], 1, "Fatal: unable to open config file")
