"""A folder that somebody replaces while files are brought into it: root writes into none but the one it began."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from one_machine import Machine, set_policy
from throwaway_postgresql import ONLY_ROOT

from ops.restic import repository

OTHER = 65_534
pytestmark = ONLY_ROOT


class Swapped:
    """Puts a link to a victim into a folder's place once restic has made its folders, as who owns the one above may.

    inner: the folder in it into which files come; the victim has one of that name.
    """

    def __init__(self, folder: Path, victim: Path, inner: Path) -> None:
        self.folder, self.victim = folder, victim
        self.inner = str(inner).lstrip("/")
        self.begin = repository.stream
        (victim / self.inner).mkdir(parents=True)

    @contextmanager
    def __call__(self, words: Sequence[Any], **more: Any) -> Iterator[Any]:
        if "--target" not in words:
            with self.begin(words, **more) as program:
                yield program
            return
        swapper = Thread(target=self.swap)
        swapper.start()
        with self.begin(words, **more) as program:
            yield program
        swapper.join()

    def swap(self) -> None:
        deadline = time.monotonic() + 60
        while not (self.folder / self.inner).is_dir():
            assert time.monotonic() < deadline
        self.folder.rename(self.folder.with_name("away"))
        self.folder.symlink_to(self.victim)

    def files(self) -> list[Path]:
        return [path for path in self.victim.rglob("*") if not path.is_dir()]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of another account."""
    folder = tmp_path / "home"
    folder.mkdir()
    os.chown(folder, OTHER, OTHER)
    return folder


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    folder = tmp_path / "victim"
    folder.mkdir(mode=0o755)
    return folder


def test_a_new_folder(machine: Machine, place: Path, victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swapped = Swapped(place / "new/all", victim, machine.files / "documents")
    monkeypatch.setattr(repository, "stream", swapped)
    assert machine.seawall("restore", "documents", "--to", place / "new") == 1
    assert swapped.files() == []


def test_a_folder_beside_what_is_swapped(
    machine: Machine, place: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is restored in place comes into a folder beside it first, in an application's own, perhaps."""
    home = place / "data"
    home.mkdir()
    (home / "file").write_text("old")
    set_policy(machine, {"app": {"all": ("files", {"paths": [str(home)]})}})
    assert machine.seawall("backup", "app") == 0
    staging = place / f".seawall-restore-{machine.state('backup-app')['last_good']['set'][:8]}-data"
    swapped = Swapped(staging, victim, home)
    monkeypatch.setattr(repository, "stream", swapped)
    assert machine.seawall("restore", "app", "--in-place", "--confirm", "app") == 1
    assert swapped.files() == []
    assert (home / "file").read_text() == "old"


def test_an_empty_folder_of_another_account(machine: Machine, tmp_path: Path) -> None:
    """It could put links into it as long as it is its own."""
    folder = tmp_path / "theirs" / "all"
    folder.mkdir(parents=True)
    os.chown(folder, OTHER, OTHER)
    assert machine.seawall("restore", "documents", "--to", folder.parent) == 0
    assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (0, 0o700)
