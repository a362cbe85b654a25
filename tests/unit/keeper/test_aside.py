"""Files are moved out of a repository and back, all or none of each, and never through a link."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.core.errors import Unavailable, UsageError
from ops.keeper import aside

WHEN = "20261126T180000Z"
PACK = f"data/ab/{'ab' * 32}"
INDEX = f"index/{'cd' * 32}"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    repository = tmp_path / "repositories/his1"
    for path in (PACK, INDEX, "evil/index/x", f"snapshots/{'0' * 64}"):
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(path)
    return tmp_path / "repositories"


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def moved(base: Path, *paths: str) -> aside.Moved:
    return aside.away(base, "his1", aside.begin(base, "his1", WHEN), paths)


def test_what_is_moved_lies_under_the_same_paths_and_comes_back_to_them(base: Path):
    before = tree(base / "his1")
    told = moved(base, PACK, INDEX, "evil")
    assert (told.files, told.missing) == (3, ())
    assert tree(base / "his1") == {f"snapshots/{'0' * 64}"}
    assert tree(base / ".aside/his1" / WHEN) == {PACK, INDEX, "evil/index/x"}
    aside.back(base, "his1", WHEN)
    assert tree(base / "his1") == before
    assert aside.moves(base, "his1") == []


@pytest.mark.parametrize("place", [".aside", ".aside/his1"])
def test_no_folder_is_made_behind_a_link(base: Path, tmp_path: Path, place: str):
    """The folder of the repositories belongs to the account of their server, who may put one there."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (base / place).parent.mkdir(exist_ok=True)
    (base / place).symlink_to(elsewhere)
    with pytest.raises(Unavailable, match="can't be opened"):
        aside.begin(base, "his1", WHEN)
    assert not any(elsewhere.iterdir())


def test_what_is_not_there_is_counted_and_hinders_nothing(base: Path):
    told = moved(base, f"index/{'9' * 64}", INDEX, "keys/none")
    assert (told.files, told.missing) == (1, (f"index/{'9' * 64}", "keys/none"))


def test_a_second_move_in_the_same_second_is_one_of_its_own(base: Path):
    moved(base, PACK)
    moved(base, INDEX)
    assert aside.moves(base, "his1") == [WHEN, f"{WHEN}-2"]


def test_what_came_meanwhile_under_the_same_name_is_not_overwritten(base: Path):
    moved(base, INDEX)
    (base / "his1" / INDEX).write_text("newer")
    told = aside.back(base, "his1", WHEN)
    assert told.missing == (INDEX,)
    assert (base / "his1" / INDEX).read_text() == "newer"
    assert (base / ".aside/his1" / WHEN / INDEX).read_text() == INDEX


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../lis1/config", "index/../../lis1/config", "", "a/b/c/d", ".", "a//b"]
)
def test_only_paths_below_the_repository_are_moved(base: Path, path: str):
    with pytest.raises(UsageError, match="no path of a file"):
        moved(base, path)


def test_a_link_is_moved_as_such_and_a_folder_behind_one_is_not_entered(base: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_text("of somebody else")
    (base / "his1/index/link").symlink_to(other / "file")
    (base / "his1/locks").symlink_to(other)
    told = moved(base, "index/link", "locks/file")
    assert (told.files, told.missing) == (1, ("locks/file",))
    assert (other / "file").read_text() == "of somebody else"
    assert (base / ".aside/his1" / WHEN / "index/link").is_symlink()


@pytest.mark.parametrize("move", ["nothing", "..", "", f"../his1/{WHEN}"])
def test_a_move_that_was_never_made_is_not_moved_back(base: Path, move: str):
    moved(base, INDEX)
    with pytest.raises(UsageError, match="set aside"):
        aside.back(base, "his1", move)
