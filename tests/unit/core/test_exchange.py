"""Two names change places: in one step, or not at all."""

import threading
from pathlib import Path

import pytest

from ops.core.exchange import exchange


def test_a_folder_and_another_change_places(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    exchange(tmp_path / "old", tmp_path / "new")
    assert (tmp_path / "old/new").exists()
    assert (tmp_path / "new/old").exists()


def test_what_is_not_there_is_an_error_with_its_name_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("kept")
    for pair in ((tmp_path / "there", tmp_path / "gone"), (tmp_path / "gone", tmp_path / "there")):
        with pytest.raises(FileNotFoundError) as failure:
            exchange(*pair)
        assert failure.value.filename == str(pair[0])
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_neither_name_is_missing_at_any_moment(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    missing = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            missing.extend(path for path in (one, other) if not path.exists())

    looker = threading.Thread(target=look)
    looker.start()
    for _ in range(2000):
        exchange(one, other)
    over.set()
    looker.join()
    assert missing == []
