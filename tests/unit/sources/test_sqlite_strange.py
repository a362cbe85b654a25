"""SQLite databases that only their own program understands whole: what can be taken is, and the rest is named."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from databases import made, taken, wrong
from test_sqlite_proof import Here

from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.sources.sqlite import KIND


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "lies").mkdir()
    return tmp_path / "lies" / "strange.db"


# What a program makes of its database that SQLite can't read without it: words, and the table that can't be counted.
STRANGE = {
    "a tokenizer of fts5": (
        "CREATE VIRTUAL TABLE search USING fts5(body, tokenize='porter'); INSERT INTO search VALUES ('one two')",
        "UPDATE sqlite_master SET sql = replace(sql, 'porter', 'hospital') WHERE name = 'search'",
        "",
    ),
    "a tokenizer of fts4": (
        "CREATE VIRTUAL TABLE search USING fts4(body, tokenize=porter); INSERT INTO search VALUES ('one two')",
        "UPDATE sqlite_master SET sql = replace(sql, 'porter', 'hospital') WHERE name = 'search'",
        "",
    ),
    "a module": (
        "",
        "INSERT INTO sqlite_master VALUES ('table', 'geo', 'geo', 0, 'CREATE VIRTUAL TABLE geo USING SpatialIndex(x)')",
        "",
    ),
    "an order": ("CREATE TABLE t (a TEXT COLLATE HOSPITAL UNIQUE); INSERT INTO t VALUES ('x')", "", ""),
    "an order without rowid": (
        "CREATE TABLE t (a TEXT COLLATE HOSPITAL PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES ('x')",
        "",
        "t",
    ),
    "a function": (
        "CREATE TABLE t (a, s AS (slug(a)) STORED, v AS (slug(a))); CREATE INDEX i ON t (v);INSERT INTO t VALUES ('x')",
        "",
        "",
    ),
    "nothing strange": (
        "CREATE TABLE t (a INT, s AS (a + 1) STORED, v AS (a + 2)); CREATE INDEX i ON t (v); INSERT INTO t VALUES (1);"
        "CREATE TABLE u (a TEXT PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO u VALUES ('x', 1)",
        "",
        "",
    ),
}


def strange(place: Path, words: str, schema: str) -> None:
    """Make a database whose program knows an order of words and a function, and change its schema behind SQLite."""
    with closing(sqlite3.connect(place, isolation_level=None)) as database:
        database.create_collation("HOSPITAL", lambda a, b: (a > b) - (a < b))
        database.create_function("slug", 1, str.lower, deterministic=True)
        database.executescript(words)
        if schema:
            database.execute("PRAGMA writable_schema = ON")
            database.execute(schema)
            database.execute(f"PRAGMA schema_version = {database.execute('PRAGMA schema_version').fetchone()[0] + 1}")


@pytest.mark.parametrize("what", STRANGE)
def test_what_only_its_program_knows_hinders_neither_backup_nor_proof(place: Path, tmp_path: Path, what: str) -> None:
    words, schema, uncounted = STRANGE[what]
    made(place)
    strange(place, words, schema)
    facts, folder = taken(place, tmp_path)
    assert facts.rows["wards"] == 2
    assert facts.uncounted == ((uncounted,) if uncounted else ())
    assert any(f"rows can't be counted without its program: {uncounted}" in one for one in facts.warnings) is bool(
        uncounted
    )
    assert wrong(folder, facts) == set()
    assert wrong(folder, replace(facts, unchecked="")) == set(), "a newer SQLite may stumble where this one did not"


def test_damage_beside_what_only_its_program_knows_is_found(place: Path, tmp_path: Path) -> None:
    made(place, "CREATE TABLE u (a, b)", "CREATE INDEX i ON u (a)", "INSERT INTO u VALUES (1, 2)")
    strange(place, STRANGE["an order"][0], "UPDATE sqlite_master SET sql = 'CREATE INDEX i ON u (b)' WHERE name = 'i'")
    with pytest.raises(Damaged, match="is damaged: row 1 missing from index i"):
        taken(place, tmp_path)


def test_rows_that_break_a_rule_of_their_table_are_a_warning(place: Path, tmp_path: Path) -> None:
    made(place)
    strange(
        place,
        "CREATE TABLE t (a); INSERT INTO t VALUES (NULL)",
        "UPDATE sqlite_master SET sql = 'CREATE TABLE t (a NOT NULL)' WHERE name = 't'",
    )
    facts, folder = taken(place, tmp_path)
    assert list(facts.warnings) == [f"{place}: rows violate the rules of their tables: NULL value in t.a"]
    assert wrong(folder, facts) == set()


def test_sequences_that_hold_anything_are_taken(place: Path, tmp_path: Path) -> None:
    made(place, "INSERT INTO sqlite_sequence VALUES ('odd', 'abc'), (NULL, 3)")
    facts, folder = taken(place, tmp_path)
    assert facts.sequences == {"wards": 2}
    assert wrong(folder, facts) == set()


@pytest.mark.parametrize("what", STRANGE)
def test_a_drill_proves_them_by_the_program_sqlite3(place: Path, tmp_path: Path, what: str) -> None:
    made(place)
    strange(place, *STRANGE[what][:2])
    facts, folder = taken(place, tmp_path)
    here, kind = Here(tmp_path / "data"), KIND.database
    assert kind
    database = kind.load(here, folder, facts)
    for known in (facts, replace(facts, unchecked="")):
        proof = dict(kind.prove(here, database, known, ()))
        assert {name: found.message for name, found in proof.items() if found.verdict is not Verdict.PASS} == {}
