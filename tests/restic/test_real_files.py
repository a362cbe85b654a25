"""Files and programs as they really are, through the real restic and back: what the kinds of sources rely on."""

import os
import shutil
import struct
import threading
import time
from pathlib import Path

import pytest

from ops.core.errors import SeawallError
from ops.restic.messages import Summary
from ops.restic.repository import Repository
from ops.sources._shared.exclude import left_out
from ops.sources._shared.stream_guard import watched

MINUTE = 60.0
ANYBODY = 0xFFFFFFFF


def taken(repository: Repository, source: Path, exclude: tuple[str, ...] = ()) -> Summary:
    return repository.backup_paths([str(source)], exclude, ["t=1"], "host", timeout=MINUTE)


def restored(repository: Repository, summary: Summary, source: Path, target: Path) -> Path:
    repository.restore(summary.snapshot, target, timeout=MINUTE)
    return target / str(source).lstrip("/")


def access(*entries: tuple[int, int, int]) -> bytes:
    """An access control list as the kernel keeps it: tag, permissions, account."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def furnished(source: Path) -> None:
    source.mkdir()
    with (source / "sparse").open("wb") as file:
        file.truncate(64 << 20)
        file.seek(40 << 20)
        file.write(b"in the middle")
    (source / "one").write_text("linked")
    (source / "other").hardlink_to(source / "one")
    os.setxattr(source / "one", "user.note", b"value")
    (source / "shared").mkdir()
    entries = ((1, 7, ANYBODY), (2, 5, 1234), (4, 5, ANYBODY), (16, 5, ANYBODY), (32, 0, ANYBODY))
    os.setxattr(source / "shared", "system.posix_acl_access", access(*entries))
    os.setxattr(source / "shared", "system.posix_acl_default", access(*entries))
    strange = os.fsencode(source) + b"/caf\xe9"
    Path(os.fsdecode(strange)).mkdir()
    Path(os.fsdecode(strange + b"/\xff\xfe\n\"'")).write_text("strange")


def test_holes_links_lists_attributes_and_strange_names_come_back(repository: Repository, tmp_path: Path) -> None:
    source = tmp_path / "source"
    furnished(source)
    back = restored(repository, taken(repository, source), source, tmp_path / "back")
    assert (back / "sparse").stat().st_size == 64 << 20
    assert (back / "sparse").stat().st_blocks * 512 < 4 << 20
    assert (back / "sparse").read_bytes() == (source / "sparse").read_bytes()
    assert (back / "one").stat().st_ino == (back / "other").stat().st_ino
    assert os.getxattr(back / "one", "user.note") == b"value"
    for name in ("system.posix_acl_access", "system.posix_acl_default"):
        assert os.getxattr(back / "shared", name) == os.getxattr(source / "shared", name)
    strange = Path(os.fsdecode(os.fsencode(back) + b"/caf\xe9/\xff\xfe\n\"'"))
    assert strange.read_text() == "strange"


def test_a_file_that_grows_is_whole_as_far_as_it_was_read(repository: Repository, tmp_path: Path) -> None:
    """restic 0.18 looks at the size after it has read: what grew in between comes back as zeros at the end."""
    source = tmp_path / "source"
    source.mkdir()
    stop = threading.Event()

    def grow() -> None:
        with (source / "log").open("wb") as file:
            # Slower than restic reads: it reads on as long as there is more.
            while not stop.is_set():
                file.write(os.urandom(20_000))
                time.sleep(0.005)

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        time.sleep(0.1)
        summary = taken(repository, source)
    finally:
        stop.set()
        writer.join()
    back = restored(repository, summary, source, tmp_path / "back") / "log"
    assert len(read := back.read_bytes().rstrip(b"\0")) > 0
    assert (source / "log").read_bytes().startswith(read)


def test_what_vanishes_while_it_is_read_is_no_failure(repository: Repository, tmp_path: Path) -> None:
    """restic 0.18 passes over what is gone before it is opened, and ends with 3 for what goes while it is open."""
    source = tmp_path / "source"
    for folder in range(40):
        (source / f"{folder:02}").mkdir(parents=True)
        for number in range(100):
            (source / f"{folder:02}" / f"{number:02}").write_bytes(os.urandom(3_000))
    begun = threading.Event()

    def remove() -> None:
        begun.wait(MINUTE)
        for folder in sorted(source.iterdir(), reverse=True)[:25]:
            shutil.rmtree(folder)

    remover = threading.Thread(target=remove)
    remover.start()
    try:
        summary = repository.backup_paths(
            [str(source)], (), ["t=1"], "host", timeout=MINUTE, progress=lambda _done, _total: begun.set()
        )
        assert 1_500 <= summary.files <= 4_000
    finally:
        begun.set()
        remover.join()


def test_restic_reads_patterns_as_the_sample_does(repository: Repository, tmp_path: Path) -> None:
    source = tmp_path / "source"
    names = "a.tmp b.tmpx c/odd/1 c/keep/1 d/x/e/1 d/e/1 d/f/1 [g]/1 g/1 h1/1 h2/1 h3/1 i*/1 ij/1 .k/1 l/m/n/o p/.q/1"
    for name in names.split():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    patterns = (
        *("*.tmp", "odd", f"{source}/d/**/e", f"{source}/h[12]", f"{source}/h[^3]", f"{source}/i\\*", r"\[g\]"),
        *(f"{source}/.k/", "m/n", f"{source}/p/*", "/other/*"),
    )
    summary = taken(repository, source, patterns)
    listed = repository.listing(summary.snapshot, [], timeout=MINUTE)
    there = {entry.path for entry in listed if entry.kind == "file"}
    passed = left_out(patterns)
    files = {str(path) for path in source.rglob("*") if path.is_file()}
    assert there == {path for path in files if not passed(path)}
    assert 0 < len(there) < len(files)
    assert (source / "p").exists()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo data", "the output of /bin/sh is truncated: 'DONE' is not in its last line"),
        ("echo a name from the data >&2; exit 4", "/bin/sh exited with code 4"),
    ],
)
def test_why_a_program_was_not_believed_is_told_and_nothing_stored(
    repository: Repository, script: str, words: str
) -> None:
    argv = watched(["/bin/sh", "-c", script], end="DONE")
    with pytest.raises(SeawallError) as failure:
        repository.backup_stream(argv, "data", ["t=1"], "host", timeout=MINUTE)
    assert words in failure.value.message
    assert "a name from the data" not in failure.value.message
    assert repository.snapshots() == []
