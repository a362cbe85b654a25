"""Restored SQLite databases, compared with their manifest here and in a drill."""

import os
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from databases import made, taken, wrong

from ops.core.errors import SeawallError
from ops.core.run import Stream, run, stream
from ops.core.verdict import Verdict
from ops.sources._shared.comparison import Definitions
from ops.sources.sqlite import FILE, KIND, Options
from ops.sources.sqlite.facts import SQLiteFacts


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "lies").mkdir()
    return tmp_path / "lies" / "a b?#%.db"


def test_every_look_at_a_restored_database_fires(place: Path, tmp_path: Path) -> None:
    made(place)
    facts, folder = taken(place, tmp_path)
    assert wrong(folder, replace(facts, bytes=5)) == {"size"}
    assert wrong(folder, replace(facts, rows={"wards": 1})) == {"volume"}
    assert wrong(folder, replace(facts, sequences={"wards": 1})) == {"sequences"}
    assert wrong(folder, replace(facts, structure={"view": Definitions(1, "0")})) == {"structure"}
    with (folder / FILE).open("r+b") as file:
        file.seek(place.stat().st_size - 4096)
        file.write(os.urandom(4096))
    assert "integrity" in wrong(folder, facts)
    (folder / FILE).unlink()
    assert wrong(folder, facts) == {"size"}


def test_real_data_come_back_whole(real_data: Path, tmp_path: Path) -> None:
    database = next((real_data / "db").glob("*[cC]hinook*.sqlite*"))
    facts, folder = taken(database, tmp_path)
    assert facts.rows["Track"] == 3503
    assert wrong(folder, facts) == set()
    assert (folder / FILE).stat().st_size == database.stat().st_size


def test_what_it_covers_and_where_it_lives() -> None:
    options = Options("/srv/a.db")
    assert KIND.covers(options) == ["sqlite:/srv/a.db"]
    assert KIND.in_place_paths is not None
    assert KIND.in_place_paths(options) == {FILE: Path("/srv/a.db")}


class Here:
    """Stands for a drill's tree: programs of this machine, and a folder for the one that the account writes in."""

    def __init__(self, data: Path) -> None:
        self.data = data
        data.mkdir()

    def run(self, argv: list[str], timeout: float) -> str:
        return run([word.replace("/mnt/data", str(self.data)) for word in argv], timeout=timeout).stdout

    def talk(self, argv: list[str], timeout: float) -> AbstractContextManager[Stream]:
        return stream(argv, timeout=timeout, talk=True)


def test_a_drill_proves_it_by_the_program_sqlite3_and_fires(place: Path, tmp_path: Path) -> None:
    made(place, *(f'CREATE TABLE "t{number}" (id)' for number in range(450)), mode="wal")
    facts, folder = taken(place, tmp_path)
    (folder / "odd name?#").mkdir()
    (folder / FILE).rename(folder / "odd name?#" / FILE)
    kind = KIND.database
    assert kind
    here = Here(tmp_path / "data")
    database = kind.load(here, folder / "odd name?#", facts)

    def fired(known: SQLiteFacts) -> set[str]:
        return {name for name, finding in kind.prove(here, database, known, ()) if finding.verdict is not Verdict.PASS}

    assert fired(facts) == set()
    assert fired(replace(facts, rows={})) == {"volume"}
    assert fired(replace(facts, structure={"view": Definitions(0, "")})) == {"structure"}
    assert kind.answer(here, database, "select count(*) from wards") == 2
    with pytest.raises(SeawallError, match="instead of one number"):
        kind.answer(here, database, "select name from wards")
    with pytest.raises(SeawallError):
        kind.answer(here, database, "select count(*) from nowhere")
    with pytest.raises(SeawallError):
        kind.answer(here, database, f"select writefile('{tmp_path}/written', 'x')")
    assert not (tmp_path / "written").exists()
    assert {path.name for path in (folder / "odd name?#").iterdir()} == {FILE}
    restored = folder / "odd name?#" / FILE
    with restored.open("r+b") as file:
        file.seek(restored.stat().st_size - 4096)
        file.write(os.urandom(4096))
    assert "integrity" in fired(facts)
