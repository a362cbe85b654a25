"""Mounts that refuse everybody, or never answer, made by the real kernel: a FUSE whose program says nothing."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_DETACH = 2  # MNT_DETACH
_SAFE = 2 | 4  # MS_NOSUID | MS_NODEV
_SOMEBODY = 12_345


def _demand_fuse() -> None:
    if os.geteuid() or not Path("/dev/fuse").exists():
        pytest.skip("needs root and /dev/fuse")


@contextmanager
def fuse(place: Path, account: int = _SOMEBODY, kind: str = "fuse.sshfs") -> Iterator[Callable[[], None]]:
    """Mount what an account's program shows; that of root never answers, and any other one refuses everybody else.

    Yield what ends that program.
    """
    _demand_fuse()
    kernel = ctypes.CDLL(None, use_errno=True)
    place.mkdir(parents=True, exist_ok=True)
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    handles = [device]
    words = f"fd={device},rootmode=40000,user_id={account},group_id={account}"
    try:
        if kernel.mount(b"localhost:", os.fsencode(place), kind.encode(), _SAFE, words.encode()):
            pytest.skip(f"FUSE can't be mounted here: {os.strerror(ctypes.get_errno())}")
        try:
            yield lambda: os.close(handles.pop())
        finally:
            kernel.umount2(os.fsencode(place), _DETACH)
    finally:
        for handle in handles:
            os.close(handle)  # which ends whoever still waits for an answer
