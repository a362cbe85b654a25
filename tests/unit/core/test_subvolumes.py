"""Subvolumes of a real btrfs, as the kernel tells of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mounted import btrfs, snapshot, subvolume

import ops
from ops.core.subvolumes import is_snapshot, is_subvolume, subvolumes


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Path]:
    with btrfs(tmp_path / "archive"):
        yield tmp_path / "archive"


def test_subvolumes_are_found_at_any_depth_and_by_any_name(archive: Path) -> None:
    assert subvolumes(archive) == []
    (archive / "a/b c").mkdir(parents=True)
    names = ["2025", "a/b c/säb", "2025/inner", "a/b c/line\nend"]
    made = [subvolume(archive / name) for name in names]
    (archive / "2025/deep").mkdir()
    made.append(subvolume(archive / "2025/deep/est"))
    (archive / "2025/folder").mkdir()
    assert subvolumes(archive) == sorted(made)
    assert subvolumes(archive / "a") == sorted(one for one in made if one.is_relative_to(archive / "a"))
    assert all(map(is_subvolume, made))
    assert not is_subvolume(archive / "2025/folder")


def test_a_snapshot_is_told_from_data(archive: Path) -> None:
    data = subvolume(archive / "2025")
    kept = snapshot(data, archive / "kept")
    assert subvolumes(archive) == [data, kept]
    assert [one for one in (data, kept) if is_snapshot(one)] == [kept]


def test_more_of_them_than_the_kernel_tells_at_once(archive: Path) -> None:
    made = [subvolume(archive / f"snapshot{number}") for number in range(300)]
    assert subvolumes(archive) == sorted(made)


def test_a_capability_to_read_everything_is_enough(archive: Path) -> None:
    (archive / "closed").mkdir(mode=0o700)
    made = subvolume(archive / "closed/2025")
    made.chmod(0o700)
    call = "import pathlib, sys; from ops.core.subvolumes import subvolumes as s; print(*s(pathlib.Path(sys.argv[1])))"
    account = ["--reuid=12345", "--regid=12345", "--clear-groups"]
    capability = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    words = ["setpriv", *account, *capability, sys.executable, "-c", call, archive]
    around = {"PYTHONPATH": str(Path(ops.__file__).parents[1])}
    said = subprocess.run(words, capture_output=True, text=True, check=True, env=around)
    assert said.stdout.split() == [str(made)]


def test_another_file_system_cannot_tell() -> None:
    with pytest.raises(OSError, match="Inappropriate ioctl"):
        subvolumes(Path("/proc"))
