"""A file of a repository is read from the disk, whatever the machine's memory still has of it."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from ops.core.plain_file import FOLDER
from ops.keeper.reading import Pace, fault


def test_what_lies_in_memory_is_let_go_before_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = sha256(b"stored").hexdigest()
    (tmp_path / name).write_bytes(b"stored")
    done: list[object] = []
    read, advise = os.read, os.posix_fadvise

    def noted_read(handle: int, count: int) -> bytes:
        done.append("read")
        return read(handle, count)

    def noted_advice(handle: int, begin: int, length: int, advice: int) -> None:
        done.append((begin, length, advice))
        advise(handle, begin, length, advice)

    monkeypatch.setattr(os, "read", noted_read)
    monkeypatch.setattr(os, "posix_fadvise", noted_advice)
    folder = os.open(tmp_path, FOLDER)
    try:
        assert not fault(folder, name, Pace(1 << 30))
    finally:
        os.close(folder)
    assert (0, 0, os.POSIX_FADV_DONTNEED) in done[: done.index("read")]
