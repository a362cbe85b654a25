"""The spool: what is in it is whole, nothing in it is overwritten, and a full one leaves the log to its server."""

import os
from pathlib import Path

import pytest

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.jobs.log import spool as spools

NAME = "00000001000000000000000A"
SIZE = 1 << 20
LIMIT = 4 * SIZE


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


def segment(folder: Path, content: bytes = b"a", name: str = NAME) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content * SIZE)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_a_file_arrives_whole_with_its_time_and_only_once(spool: Path, tmp_path: Path) -> None:
    path = segment(tmp_path / "server")
    assert spools.archive(path, spool, LIMIT)
    there = spool / NAME
    assert there.read_bytes() == path.read_bytes()
    assert there.stat().st_mtime == path.stat().st_mtime
    assert there.stat().st_mode & 0o777 == 0o640
    assert not spools.archive(path, spool, LIMIT)
    assert [file.name for file in spool.iterdir()] == [NAME]


def test_another_file_of_the_name_is_never_overwritten(spool: Path, tmp_path: Path) -> None:
    spools.archive(segment(tmp_path / "server"), spool, LIMIT)
    with pytest.raises(Damaged, match="is another file"):
        spools.archive(segment(tmp_path / "other", b"b"), spool, LIMIT)
    assert (spool / NAME).read_bytes() == b"a" * SIZE


def test_a_link_in_its_place_is_not_followed(spool: Path, tmp_path: Path) -> None:
    path = segment(tmp_path / "server")
    (spool / NAME).symlink_to(path)
    with pytest.raises(Damaged):
        spools.archive(path, spool, LIMIT)
    (spool / NAME).unlink()
    victim = tmp_path / "victim"
    victim.write_text("whole")
    (spool / f".{NAME}.unfinished").symlink_to(victim)
    with pytest.raises(OSError):
        spools.archive(path, spool, LIMIT)
    assert victim.read_text() == "whole"


def test_a_full_spool_takes_nothing(spool: Path, tmp_path: Path) -> None:
    for number in range(4):
        assert spools.archive(segment(tmp_path / "server", name=f"{NAME[:-1]}{number}"), spool, LIMIT)
    with pytest.raises(Unavailable, match="is full"):
        spools.archive(segment(tmp_path / "server", name=f"{NAME[:-1]}4"), spool, LIMIT)
    assert len([*spool.iterdir()]) == 4


def test_what_was_left_half_written_takes_no_room_of_the_spool(spool: Path, tmp_path: Path) -> None:
    for number in range(3):
        spools.archive(segment(tmp_path / "server", name=f"{NAME[:-1]}{number}"), spool, LIMIT)
    (spool / f".{NAME}.unfinished").write_bytes(b"h" * SIZE)
    assert spools.held(spool) == 3 * SIZE
    assert spools.archive(segment(tmp_path / "server"), spool, LIMIT)
    (spool / "strange").write_bytes(b"s")  # which is on the disk, and nobody brings it away
    assert spools.held(spool) == 4 * SIZE + 1


def test_what_was_left_half_written_is_written_anew(spool: Path, tmp_path: Path) -> None:
    (spool / f".{NAME}.unfinished").write_bytes(b"half")
    assert spools.waiting(spool) == ([], [])
    assert spools.archive(segment(tmp_path / "server"), spool, LIMIT)
    assert (spool / NAME).stat().st_size == SIZE


@pytest.mark.parametrize("name", ["../x", "passwd", f"{NAME}\n", NAME.lower(), f"-{NAME[1:]}", "postgresql.conf"])
def test_other_names_are_refused(name: str, spool: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        spools.archive(tmp_path / name, spool, LIMIT)
    assert not [*spool.iterdir()]


def test_a_spool_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="not there"):
        spools.archive(segment(tmp_path / "server"), tmp_path / "nowhere", LIMIT)


def test_only_what_was_stored_is_removed(spool: Path, tmp_path: Path) -> None:
    spools.archive(segment(tmp_path / "server"), spool, LIMIT)
    files, _ = spools.waiting(spool)
    (spool / NAME).unlink()
    spools.archive(segment(tmp_path / "other", b"b"), spool, LIMIT)
    assert spools.remove(spool, files) == 0
    assert spools.remove(spool, spools.waiting(spool)[0]) == 1
    assert not [*spool.iterdir()]


def test_what_waits_already_is_on_the_disk_before_the_server_may_drop_it(
    spool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever put it there may have been killed before its folder was written."""
    path = segment(tmp_path / "server")
    spools.archive(path, spool, LIMIT)
    synchronised: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synchronised.append(os.fstat(handle).st_ino))
    assert not spools.archive(path, spool, LIMIT)
    assert synchronised == [spool.stat().st_ino]


def test_what_somebody_else_removed_keeps_nothing_else_in_the_spool(spool: Path, tmp_path: Path) -> None:
    for number in range(2):
        spools.archive(segment(tmp_path / "server", name=f"{NAME[:-1]}{number}"), spool, LIMIT)
    files, _ = spools.waiting(spool)
    (spool / files[0].name).unlink()
    assert spools.remove(spool, files) == 1
    assert not [*spool.iterdir()]
