"""SQLite databases in every state that a backup may find them in; writers are processes of their own."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from databases import ADDING, READY, looks, made, program, taken, wrong

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.interfaces.source import CaptureContext, Stored
from ops.sources.sqlite import FILE, Options, capture


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "lies").mkdir()
    return tmp_path / "lies" / "a b?#%.db"


def test_a_quiet_database_is_taken_and_proven(place: Path, tmp_path: Path) -> None:
    made(place, "PRAGMA user_version = 7")
    before = looks(place.parent)
    facts, folder = taken(place, tmp_path)
    assert looks(place.parent) == before
    assert facts.rows == {"wards": 2, 'odd "na me': 64}
    assert {sort: one.count for sort, one in facts.structure.items()} == {
        "table": 2,
        "index": 1,
        "view": 1,
        "trigger": 1,
    }
    assert facts.sequences == {"wards": 2}
    assert (facts.user_version, facts.encoding, facts.journal_mode) == (7, "UTF-8", "rollback")
    assert facts.mode == f"{place.stat().st_mode & 0o777:04o}"
    assert facts.warnings == ()
    assert facts.dump_bytes == facts.bytes == place.stat().st_size
    assert wrong(folder, facts) == set()


def test_a_path_that_is_not_there_makes_no_empty_database(place: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="is not there\n"):
        taken(place, tmp_path)
    assert list(place.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"once upon a time " * 10, "is not a SQLite database, or it is encrypted\n"),
        (os.urandom(8192), "is not a SQLite database, or it is encrypted\n"),
        (b"SQLite format 3\0", "is not a SQLite database"),
    ],
)
def test_what_is_no_database_is_refused(place: Path, tmp_path: Path, content: bytes, words: str) -> None:
    place.write_bytes(content)
    with pytest.raises(Damaged, match=words):
        taken(place, tmp_path)
    assert place.read_bytes() == content


def test_a_folder_a_pipe_and_a_relative_path_are_refused(place: Path, tmp_path: Path) -> None:
    os.mkfifo(place)
    with pytest.raises(Damaged, match="is not a regular file"):
        taken(place, tmp_path)
    with (
        pytest.raises(Damaged, match="is not a regular file"),
        capture(Options(str(place.parent)), CaptureContext(tmp_path / "s")),
    ):
        pass
    with (
        pytest.raises(UsageError, match="not an absolute path"),
        capture(Options("a.db"), CaptureContext(tmp_path / "s")),
    ):
        pass


def test_what_a_link_points_to_is_taken_with_its_log(place: Path, tmp_path: Path) -> None:
    made(place, mode="wal")
    (tmp_path / "link.db").symlink_to(place)
    with program(place, ADDING + READY):
        facts, _ = taken(tmp_path / "link.db", tmp_path)
    assert facts.rows["wards"] == 3


def test_commits_in_the_log_of_an_open_database_are_taken(place: Path, tmp_path: Path) -> None:
    made(place, mode="wal")
    with program(place, ADDING + READY):
        before = looks(place.parent)
        facts, folder = taken(place, tmp_path)
        assert looks(place.parent) == before
    assert (facts.rows["wards"], facts.journal_mode) == (3, "wal")
    assert wrong(folder, facts) == set()


def test_commits_in_the_log_of_a_program_that_was_killed_are_taken(place: Path, tmp_path: Path) -> None:
    made(place, mode="wal")
    with program(place, ADDING + READY) as running:
        running.kill()
        running.wait()
    before = looks(place.parent)
    assert len(before) == 2
    facts, folder = taken(place, tmp_path)
    assert looks(place.parent) == before
    assert facts.rows["wards"] == 3
    assert wrong(folder, facts) == set()
    assert {path.name for path in folder.iterdir()} == {FILE}


def test_a_closed_database_with_a_log_gets_nothing_beside_it(place: Path, tmp_path: Path) -> None:
    made(place, mode="wal")
    facts, folder = taken(place, tmp_path)
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert facts.journal_mode == "wal"
    assert wrong(folder, facts) == set()


def test_a_change_that_a_crash_interrupted_is_not_taken(place: Path, tmp_path: Path) -> None:
    made(place)
    changing = "d.execute('PRAGMA cache_size = 1')\nd.execute('BEGIN')\nd.execute('DELETE FROM \"odd \"\"na me\"')\n"
    more = "d.executemany('INSERT INTO wards (name) VALUES (?)', [('x' * 900,)] * 900)\n"
    with program(place, changing + more + READY) as running:
        running.kill()
        running.wait()
    before = looks(place.parent)
    assert len(before) == 2
    facts, folder = taken(place, tmp_path)
    assert looks(place.parent) == before
    assert facts.rows == {"wards": 2, 'odd "na me': 64}
    assert wrong(folder, facts) == set()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_writer_that_never_rests_is_copied_between_two_commits(place: Path, tmp_path: Path, mode: str) -> None:
    more = 'INSERT INTO "odd ""na me" SELECT 1, hex(randomblob(4000)) FROM notes_wanted'
    made(
        place,
        "CREATE TABLE notes_wanted AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000)"
        " SELECT i FROM n",
        more,
        mode=mode,
    )
    busy = """
        print('ready', flush=True)
        while True:
            d.execute('BEGIN')
            d.execute("INSERT INTO wards (name) VALUES ('one')")
            d.execute("INSERT INTO wards (name) VALUES ('two')")
            d.execute('COMMIT')
    """
    with program(place, busy) as running:
        facts, folder = taken(place, tmp_path, busy=30)
        assert running.poll() is None
    assert facts.rows["wards"] % 2 == 0
    assert wrong(folder, facts) == set()


def test_a_database_that_a_program_keeps_for_itself_is_told_in_time(place: Path, tmp_path: Path) -> None:
    made(place)
    with program(place, "d.execute('BEGIN EXCLUSIVE')\n" + READY), pytest.raises(Unavailable, match="locked, for 1 s"):
        taken(place, tmp_path, busy=1)


def test_a_log_that_a_program_keeps_for_itself_is_told_in_time(place: Path, tmp_path: Path) -> None:
    made(place, mode="wal")
    alone = "d.execute('PRAGMA locking_mode = EXCLUSIVE')\n" + ADDING + READY
    with program(place, alone), pytest.raises(Unavailable, match="keeps the database locked exclusively, for 1 s"):
        taken(place, tmp_path, busy=1)


def test_a_broken_page_is_found_before_anything_counts(place: Path, tmp_path: Path) -> None:
    made(place)
    with place.open("r+b") as file:
        file.seek(place.stat().st_size - 4096)
        file.write(os.urandom(4096))
    with pytest.raises(Damaged, match="is damaged: "):
        taken(place, tmp_path)


def test_rows_that_point_to_none_are_a_warning(place: Path, tmp_path: Path) -> None:
    made(place, 'INSERT INTO "odd ""na me" VALUES (99, \'lost\')')
    facts, folder = taken(place, tmp_path)
    assert list(facts.warnings) == [f'{place}: 1 rows violate their foreign keys, in odd "na me']
    assert wrong(folder, facts) == set()


def test_what_only_its_own_program_can_read_is_a_warning(place: Path, tmp_path: Path) -> None:
    made(place)
    with closing(sqlite3.connect(place)) as database:
        database.create_collation("HOSPITAL", lambda a, b: (a > b) - (a < b))
        database.executescript("CREATE TABLE beds (name TEXT COLLATE HOSPITAL UNIQUE); INSERT INTO beds VALUES ('1')")
    facts, folder = taken(place, tmp_path)
    assert facts.rows["beds"] == 1
    assert "HOSPITAL" in facts.unchecked
    assert len(facts.warnings) == 1
    assert wrong(folder, facts) == set()


def test_too_little_room_is_told_before_the_copy(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(place)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1000))
    with pytest.raises(Unavailable, match="the copy of a SQLite database needs"):
        taken(place, tmp_path)


def test_bytes_that_were_not_stored_are_missed(place: Path, tmp_path: Path) -> None:
    made(place)
    with (
        capture(Options(str(place)), CaptureContext(tmp_path / "s")) as data,
        pytest.raises(Damaged, match="were stored"),
    ):
        data.finish(data.facts(), Stored(1, 5, {}))


def test_the_example_database_goes_through_whole(place: Path, tmp_path: Path, real_data: Path) -> None:
    place.write_bytes((real_data / "db/Chinook_Sqlite.sqlite").read_bytes())
    facts, folder = taken(place, tmp_path)
    assert len(facts.rows) == 11
    assert sum(facts.rows.values()) == 15_607
    assert wrong(folder, facts) == set()
