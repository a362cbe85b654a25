"""A folder that somebody replaces while files are brought into it: root writes into none but the one it began."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from one_machine import Machine, set_policy
from throwaway_postgresql import ONLY_ROOT

from ops.restic import repository

OTHER = 65_534
pytestmark = ONLY_ROOT


class Swapped:
    """Puts a link to a victim into a folder's place as soon as restic begins, as whoever owns the folder above may."""

    def __init__(self, folder: Path, victim: Path) -> None:
        self.folder, self.victim = folder, victim
        self.begin = repository.stream

    @contextmanager
    def __call__(self, words: Sequence[Any], **more: Any) -> Iterator[Any]:
        if "--target" in words and not self.folder.is_symlink():
            self.folder.rename(self.folder.with_name("away"))
            self.folder.symlink_to(self.victim)
        with self.begin(words, **more) as program:
            yield program


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


def test_a_new_folder(
    machine: Machine, place: Path, victim: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(repository, "stream", Swapped(place / "new/all", victim))
    assert machine.seawall("restore", "documents", "--to", place / "new") == 1
    said = capsys.readouterr()
    assert "can't be opened as a folder" in said.out + said.err
    assert list(victim.iterdir()) == []


def test_a_folder_beside_what_is_swapped(
    machine: Machine, place: Path, victim: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is restored in place comes into a folder beside it first, in an application's own, perhaps."""
    home = place / "data"
    home.mkdir()
    (home / "file").write_text("old")
    set_policy(machine, {"app": {"all": ("files", {"paths": [str(home)]})}})
    assert machine.seawall("backup", "app") == 0
    staging = place / f".seawall-restore-{machine.state('backup-app')['last_good']['set'][:8]}-data"
    monkeypatch.setattr(repository, "stream", Swapped(staging, victim))
    capsys.readouterr()
    assert machine.seawall("restore", "app", "--in-place", "--confirm", "app") == 1
    assert list(victim.iterdir()) == []
    assert (home / "file").read_text() == "old"


def test_an_empty_folder_of_another_account(machine: Machine, tmp_path: Path) -> None:
    """It could put links into it as long as it is its own."""
    folder = tmp_path / "theirs" / "all"
    folder.mkdir(parents=True)
    os.chown(folder, OTHER, OTHER)
    assert machine.seawall("restore", "documents", "--to", folder.parent) == 0
    assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (0, 0o700)
