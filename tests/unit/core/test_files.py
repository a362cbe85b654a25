import fcntl
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ops.core import files
from ops.core.errors import Damaged, Locked
from ops.core.files import digest, lock, read_json, write_atomically, write_json


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "one")
    write_atomically(path, "two", 0o640)
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_writes_the_same_file_takes_none_that_is_being_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    replace = Path.replace

    def after_another(self: Path, target: Path) -> Path:
        files.forget_unfinished(path)  # as the other writer does first
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", after_another)
    write_atomically(path, "one")
    assert path.read_text() == "one"


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "\udcff")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_json(path, {"a": "ž"})
    assert read_json(path) == {"a": "ž"}
    path.write_text('{"a": ')
    with pytest.raises(Damaged, match=r"state\.json is damaged"):
        read_json(path)


def test_digest(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert digest(tmp_path / "file") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_lock_is_held_once_and_ends_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "his.lock"
    with (
        lock(path, "backup-his"),
        pytest.raises(Locked, match="backup-his is already running"),
        lock(path, "backup-his"),
    ):
        pass
    holder = multiprocessing.get_context("fork").Process(target=_die_with_lock, args=[path])
    holder.start()
    holder.join()
    with lock(path, "backup-his"):
        pass


def test_a_lock_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, refused, taken = tmp_path / "his.lock", threading.Event(), files._taken

    def tried(handle: int) -> bool:
        if not (got := taken(handle)):
            refused.set()
        return got

    def second() -> bool:
        with lock(path, "second", wait=60.0):
            return True

    monkeypatch.setattr(files, "_taken", tried)
    with ThreadPoolExecutor(1) as pool:
        with lock(path, "first"):
            with pytest.raises(Locked, match="second is already running"), lock(path, "second", wait=0.01):
                pass
            refused.clear()
            waiting = pool.submit(second)
            assert refused.wait(60.0)
        assert waiting.result(60.0)


def _die_with_lock(path: Path) -> None:
    import os

    with lock(path, "other"):
        os._exit(9)


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    (tmp_path / ".state.json.unfinished-abcdefgh").write_text("half")
    others = {".other.json.unfinished-abcdefgh", ".state.json.20261126"}
    for name in others:
        (tmp_path / name).touch()
    write_atomically(path, "whole")
    assert {one.name for one in tmp_path.iterdir()} == {"state.json", *others}


def test_what_another_one_is_writing_stays(tmp_path: Path) -> None:
    left = tmp_path / ".state.json.unfinished-abcdefgh"
    with left.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_atomically(tmp_path / "state.json", "whole")
        assert left.exists()
    write_atomically(tmp_path / "state.json", "whole")
    assert not left.exists()
