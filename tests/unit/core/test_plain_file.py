"""What somebody put into a folder for root to stumble over is not opened, and nothing is waited for."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.core import plain_file
from ops.core.errors import Damaged, Locked
from ops.core.files import hold_for, lock

NOBODY = 65534
WRITE = os.O_RDWR | os.O_CREAT | os.O_APPEND
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def linked(path: Path) -> None:
    target = path.with_name("victim")
    target.write_text("precious")
    path.symlink_to(target)


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("new"))


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


TRAPS = [linked, dangling, bound, endless, os.mkfifo, os.mkdir]


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("flags", [os.O_RDONLY, WRITE])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path, trap: Callable[[Path], None], flags: int) -> None:
    path = tmp_path / "his.lock"
    trap(path)
    with pytest.raises(Damaged, match=r"his\.lock is not a plain file"):
        plain_file.opened(path, flags)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("trap", TRAPS)
def test_a_lock_never_writes_through_what_is_in_its_place(tmp_path: Path, trap: Callable[[Path], None]) -> None:
    path = tmp_path / "his.lock"
    trap(path)
    with pytest.raises(Damaged), lock(path, "backup-his"):
        pass
    assert [(path.name, path.read_text()) for path in tmp_path.glob("victim")] in ([], [("victim", "precious")])


def test_another_name_of_a_file_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "his.lock").hardlink_to(tmp_path / "victim")
    with pytest.raises(Damaged, match="is not a lock of this account"), lock(tmp_path / "his.lock", "backup-his"):
        pass
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_plain_file_is_read_and_made(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError, match="file"), plain_file.reading(path):
        pass
    for text in (b"one", b"two"):
        handle = plain_file.opened(path, WRITE)
        os.write(handle, text)
        os.close(handle)
    with plain_file.reading(path) as file:
        assert file.read() == b"onetwo"
    with pytest.raises(FileExistsError):
        plain_file.opened(path, WRITE | os.O_EXCL)


@needs_root
def test_in_an_accounts_folder_root_opens_only_what_is_the_accounts(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    strange, own, put = tmp_path / "strange", tmp_path / "own", tmp_path / "put"
    put.write_text("of root's, who put it there")
    os.close(plain_file.opened(put, os.O_RDONLY))
    strange.hardlink_to(put)
    with pytest.raises(Damaged, match="strange belongs to root, and its folder to nobody"):
        plain_file.opened(strange, os.O_RDONLY)
    os.close(plain_file.opened(own, WRITE))
    assert own.stat().st_uid == NOBODY
    os.close(plain_file.opened(own, WRITE))


@needs_root
def test_another_accounts_lock_is_held_and_nothing_written_into_it(tmp_path: Path) -> None:
    path = tmp_path / "backup-his.lock"
    path.write_text("\x1b[2J")
    for place in (tmp_path, path):
        os.chown(place, NOBODY, NOBODY)
    with (
        hold_for(path, "backup-his"),
        pytest.raises(Locked, match=r"\(process unknown\)"),
        hold_for(path, "backup-his"),
    ):
        pass
    assert path.read_text() == "\x1b[2J"
    with pytest.raises(Damaged, match="is not a lock of this account"), lock(path, "backup-his"):
        pass
