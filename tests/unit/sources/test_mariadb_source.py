"""What of the MariaDB source needs no server: options, labels, names in SQL, accounts, the end of a dump."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from ops.core.errors import Damaged, PolicyError
from ops.core.schema import decode
from ops.core.verdict import Verdict
from ops.sources._shared.labels import labels
from ops.sources.mariadb import KIND, Options
from ops.sources.mariadb.facts import MariaDBFacts
from ops.sources.mariadb.session import name, release, text
from ops.sources.mariadb.verify import creation, prove_some, prove_volume

WHOLE = "-- MariaDB dump 10.19\nCREATE TABLE t (a int);\n-- Dump completed\n"


def facts(**other: object) -> MariaDBFacts:
    """The facts of an empty database, but for what is said."""
    nothing = dict.fromkeys(
        ("rows", "engines", "events", "structure", "auto_increment", "sequences"), MappingProxyType({})
    )
    words = dict.fromkeys(("database", "server_version", "charset", "collation"), "lab")
    return MariaDBFacts(
        **{
            **nothing,
            **words,
            "engine": "mariadb",
            "major": 10,
            "release": "10.11",
            "bytes": 0,
            "users": (),
            "locked_seconds": 0.0,
            "dump_bytes": 0,
            **other,
        }
    )


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({}, "either `database`"),
        ({"database": "a", "all": True}, "either `database`"),
        ({"database": "a", "lock": False, "lock_tables": True}, "can't be combined with `lock: false`"),
        ({"databases": "a"}, "did you mean"),
    ],
)
def test_options_that_contradict_each_other_are_errors_of_the_policy(said: dict[str, object], word: str) -> None:
    with pytest.raises(PolicyError, match=word):
        decode(Options, said, "assets.pharmacy.sources.database")


def test_the_policy_gives_a_database_or_all_of_them() -> None:
    assert KIND.covers(decode(Options, {"database": "lab"}, "x")) == ["mariadb:/run/mysqld/mysqld.sock/lab"]
    assert KIND.covers(decode(Options, {"all": True, "socket": "/s"}, "x")) == ["mariadb:/s/*"]


def test_labels_are_plain_and_no_two_are_the_same() -> None:
    found = labels(["billing", 'a b"c', "a_b_c", "ž", "a b c"])
    assert found["a_b_c"] == "a_b_c"
    assert sorted(found.values()) == sorted(["billing", 'a b"c', "a_b_c", "ž", "a b c"])
    assert all(label.replace("_", "").isalnum() and label.isascii() for label in found)


def test_names_and_texts_are_quoted_as_sql_wants_them() -> None:
    assert name("a`b") == "`a``b`"
    assert text("it's \\") == "'it''s \\\\'"


def test_versions_are_read_from_server_and_client() -> None:
    assert release("10.11.18-MariaDB-0+deb12u1") == (10, 11)
    assert release("mariadb-dump from 11.8.6-MariaDB, client 10.19 for debian-linux-gnu (x86_64)") == (11, 8)
    assert release("8.0.36") == (0, 0)


def test_a_character_set_of_a_manifest_is_a_word() -> None:
    good = facts(charset="utf8mb4", collation="utf8mb4_general_ci")
    assert creation("a`b", good) == "create database `a``b` character set utf8mb4 collate utf8mb4_general_ci"
    with pytest.raises(Damaged):
        creation("a", replace(good, collation="x; drop database his"))


@pytest.mark.parametrize(
    ("content", "size", "verdict", "word"),
    [
        (WHOLE, len(WHOLE), Verdict.PASS, "complete"),
        (WHOLE[:-5], len(WHOLE), Verdict.FAIL, "bytes"),
        (WHOLE[:30], 30, Verdict.FAIL, "truncated"),
        ("", 0, Verdict.FAIL, "truncated"),
    ],
)
def test_a_dump_without_its_end_is_no_dump(
    tmp_path: Path, content: str, size: int, verdict: Verdict, word: str
) -> None:
    (tmp_path / "database.sql").write_text(content)
    ((_, finding),) = KIND.check(tmp_path, facts(dump_bytes=size), ())
    assert finding.verdict is verdict
    assert word in finding.message


def test_rows_counted_nearly_can_not_fail_a_drill_but_missing_tables_can() -> None:
    manifest = facts(rows={"a": 3, "b": 5}, approximate=("b",))
    assert prove_volume(manifest, {"a": 3, "b": 4}).verdict is Verdict.PASS
    assert prove_volume(manifest, {"a": 2, "b": 5}).verdict is Verdict.FAIL
    assert prove_volume(manifest, {"a": 3}).verdict is Verdict.FAIL
    assert prove_volume(manifest, {"a": 3, "b": 5, "c": 0}).verdict is Verdict.FAIL


def test_a_table_that_the_set_does_not_have_is_missed_among_those_that_alone_were_restored() -> None:
    manifest = facts(rows={"a": 3, "b": 5}, sequences={"numbers": 7})
    assert prove_some(manifest, {"a": 3}, ["a"]).verdict is Verdict.PASS
    assert prove_some(manifest, {}, ["numbers"]).verdict is Verdict.PASS
    for only in (["patient"], ["a", "patient"]):
        finding = prove_some(manifest, {"a": 3}, only)
        assert (finding.verdict, finding.message) == (Verdict.FAIL, "the set has no table patient")
