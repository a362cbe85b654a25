"""Who may write the note of what a copy still has to read."""

from pathlib import Path

import pytest

from ops.interfaces.unread import Unread
from ops.jobs.copy import unread

FIRST, SECOND = "a" * 64, "b" * 64


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    folder = tmp_path / "var/lib/seawall/state/unread"
    folder.mkdir(parents=True)
    return folder


def test_the_turn_of_another_copy_does_not_write_the_note_of_one_that_reads_now(notes: Path) -> None:
    """It would bring back what that copy has read since."""
    unread.keep("copy-his-offsite", Unread("offsite", names=frozenset({FIRST})))
    unread.keep("copy-lis-offsite", Unread("offsite", before=frozenset({FIRST})))
    reading = notes / "copy-his-offsite.json"
    before = reading.stat().st_ino
    unread._settle("offsite", [FIRST, SECOND])
    assert reading.stat().st_ino == before
    assert unread.noted("copy-lis-offsite") == Unread("offsite", names=frozenset({SECOND}))


def test_a_note_that_goes_while_it_is_looked_at_is_none(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unread.keep("copy-his-offsite", Unread("offsite", names=frozenset({FIRST})))
    looked = unread.read_file

    def too_late(path: Path, most: int, file: str) -> bytes:
        path.unlink()
        return looked(path, most, file)

    monkeypatch.setattr(unread, "read_file", too_late)
    assert unread.noted("copy-his-offsite") is None
