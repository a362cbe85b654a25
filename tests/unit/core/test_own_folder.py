"""Folders of one process: gone with it, and what a killed one left goes before the next."""

import os
import subprocess
import sys
from pathlib import Path

import loop_disks

from ops.core.own_folder import fixed, held, own_folder

HOLD = """
import sys
from pathlib import Path
from ops.core.own_folder import own_folder
with own_folder(Path(sys.argv[1]), "restore-") as folder:
    (folder / "patients").touch()
    print("there", flush=True)
    sys.stdin.read()
"""
WAITS = "echo there; cat"


def holder(folder: Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout
    assert process.stdout.readline() == b"there\n"
    return process


def test_a_folder_is_gone_with_its_block(tmp_path: Path) -> None:
    with own_folder(tmp_path, "restore-") as folder:
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "inner").mkdir()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_before_the_next(tmp_path: Path) -> None:
    process = holder(tmp_path)
    process.kill()
    process.communicate()
    (tmp_path / "restored").mkdir()
    (tmp_path / "restore-file").touch()
    assert len([*tmp_path.iterdir()]) == 3
    with own_folder(tmp_path, "restore-") as folder:
        assert {path.name for path in tmp_path.iterdir()} == {folder.name, "restored", "restore-file"}


def test_what_somebody_still_holds_stays(tmp_path: Path) -> None:
    process = holder(tmp_path)
    with own_folder(tmp_path, "restore-"):
        assert len([*tmp_path.glob("restore-*/patients")]) == 1
    process.communicate(b"")
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_such_a_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere/inner").mkdir(parents=True)
    (tmp_path / "restore-link").symlink_to(tmp_path / "elsewhere")
    with own_folder(tmp_path, "restore-"):
        pass
    assert (tmp_path / "elsewhere/inner").is_dir()


@loop_disks.needs_root
def test_a_disk_that_leaves_is_not_held_by_a_restore_into_a_folder_of_somebody_elses(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 1234, 1234)
    (folder := theirs / "restored").mkdir()
    words = ["sh", "-c", WAITS]
    with loop_disks.mount_point() as path, held(folder) as handle, fixed(folder, handle, words) as words:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", path], check=True)
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as restore:
            assert restore.stdout
            assert restore.stdout.readline() == b"there\n"
            seen = Path(f"/proc/{restore.pid}/mountinfo")
            before = str(path) in seen.read_text()
            subprocess.run(["umount", path], check=True)
            assert (before, f"{path} " in seen.read_text()) == (True, False)
            restore.communicate()
