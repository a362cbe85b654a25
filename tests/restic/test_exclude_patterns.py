"""restic judges patterns: it takes each that the policy takes, and leaves out what is thought to be left out."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from ops.core.errors import UsageError
from ops.restic.repository import Repository
from ops.sources._shared.exclude import left_out

NAMES = ["a", "b", "ab", "a]", "[a", "a-b", "^", "\\", "a*", "b\n", "-", "]"]
LETTERS = ["a", "b", "ab", "[", "]", "[a", "a]", "[^", "^", "-", "\\", "*", "?", "a-b", "b-a", "\n", "/"]
REFUSED = ["[", "[^]", "a\\", "[a-]", "a[", "[]", "[a", "[-a]", "[\\]", "[a/b]", "x[^"]


def taken(pattern: str) -> bool:
    try:
        left_out([pattern])
    except UsageError:
        return False
    return True


def patterns(count: int) -> list[str]:
    chance = Random(4711)
    made = ("".join(chance.choices(LETTERS, k=chance.randrange(1, 7))) for _ in range(count))
    return sorted({pattern for pattern in made if taken(pattern)})


@pytest.fixture
def listed(repository: Repository, tmp_path: Path) -> Callable[[list[str]], tuple[int, set[str]]]:
    """A function that has restic look at a folder with patterns; returned are its exit code and the names it takes."""
    folder = tmp_path / "files"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text("x")
    words = ["restic", "-r", repository.url.read_text(), "-p", str(repository.password)]

    def look(chosen: list[str]) -> tuple[int, set[str]]:
        excluded = [word for pattern in chosen for word in ("--exclude", pattern)]
        told = subprocess.run(
            [*words, "backup", "--dry-run", "-vv", "--no-scan", *excluded, "--", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        return told.returncode, {name for name in NAMES if f"new       {folder / name}, " in told.stdout}

    return look


def test_restic_takes_what_the_policy_takes(listed: Callable[[list[str]], tuple[int, set[str]]]) -> None:
    chosen = patterns(4_000)
    assert len(chosen) > 500
    assert listed(chosen)[0] == 0


def test_what_the_policy_refuses_restic_refuses_too(listed: Callable[[list[str]], tuple[int, set[str]]]) -> None:
    assert not [pattern for pattern in REFUSED if taken(pattern)]
    assert [listed([pattern])[0] for pattern in REFUSED[:4]] == [1] * 4


def test_what_is_left_out_is_what_restic_leaves_out(listed: Callable[[list[str]], tuple[int, set[str]]]) -> None:
    plain = {name for name in NAMES if name.isprintable()}
    for pattern in ("[z-a]", "[^a]", "[[]*", "a[\\]-b]", "\\\\", "?", "a\\*"):
        code, found = listed([pattern])
        out = left_out([pattern])
        assert (code, found & plain) == (0, {name for name in plain if not out(f"/files/{name}")}), pattern
