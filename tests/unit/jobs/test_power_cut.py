"""A power cut after a restore in place: what is on the disk by then is all that there will be."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops.jobs.restore import in_place

MIB = 1 << 20
OLD, NEW = b"old" * 1000, b"new" * 1000
STEP = SimpleNamespace(told=SimpleNamespace(material=SimpleNamespace(stream=None)))


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    place.mkdir(exist_ok=True)
    words = ["mount", "-t", "ext4", "-o", "loop,commit=600", str(image), str(place)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no ext4 can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of which nothing is written before somebody wants it, or ten minutes are over."""
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(32 * MIB)
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("no mkfs.ext4")
    subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0", image], check=True)
    with mounted(image, tmp_path / "disk") as place:
        yield place


@contextmanager
def after_a_power_cut(disk: Path) -> Iterator[Path]:
    """What is left of a disk: what the disk below it has, and nothing of what the computer has in its memory."""
    copy = disk.with_name("copy")
    shutil.copyfile(disk.with_name("image"), copy)
    with mounted(copy, disk.with_name("after")) as place:
        yield place


@pytest.mark.parametrize("journal", [False, True])
def test_what_was_put_in_place_is_whole_after_a_power_cut(disk: Path, journal: bool) -> None:
    home, staging = disk / "home", disk / "staging"
    home.write_bytes(OLD)
    if journal:
        (disk / "home-wal").write_bytes(OLD)
    subprocess.run(["sync", "-f", disk], check=True)
    staging.write_bytes(NEW)
    (kept,) = in_place.swap([(staging, home)], STEP)  # type: ignore[arg-type]
    with after_a_power_cut(disk) as there:
        assert (there / "home").read_bytes() == NEW
        assert [path.read_bytes() for path in there.glob(f"{kept.name}*")] == [OLD] * (1 + journal)
