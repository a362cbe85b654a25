"""What a set says of PostgreSQL's roles, grants and settings: what is made of it, and what is not run."""

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from ops.core.errors import Damaged
from ops.interfaces.manifest import read_part
from ops.sources._shared.statement import MOST_TOKENS, PassedOver
from ops.sources.postgresql.facts import PostgreSQLFacts
from ops.sources.postgresql.nature import (
    MARK,
    commented,
    described,
    granted,
    marked,
    nature,
    settings,
    unmarked,
)
from ops.sources.postgresql.roles import missing, shown
from ops.sources.postgresql.sql import identifier, literal, setting

LIS = Path(__file__).parents[1] / "interfaces/manifests/lis.json"
KEPT = json.loads(LIS.read_text("utf-8"))["parts"]["database.his"]
FACTS: PostgreSQLFacts = read_part(KEPT, "database.his", "manifest.json").facts
HEALTHY = r"""--
-- PostgreSQL database cluster dump
--

\restrict XbcRTCIYjPFLTAMY5GMRIrdx3mhbd5Pd1PeT4lTnaFp3echtIvj9poAGMSgMCGu

SET default_transaction_read_only = off;

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

CREATE ROLE clerk;
ALTER ROLE clerk WITH NOSUPERUSER INHERIT LOGIN CONNECTION LIMIT 5 PASSWORD 'SCRAM-SHA-256$4096:K+=$M/=:uN=';
COMMENT ON ROLE clerk IS E'it''s; a \\ comment
-- over lines
\\! id';
CREATE ROLE "odd ""na;me\";
ALTER ROLE "odd ""na;me\" WITH SUPERUSER NOLOGIN VALID UNTIL '2031-01-02 03:04:05+00';
CREATE ROLE set;
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER PASSWORD 'SCRAM-SHA-256$of another server';

-- User Config "clerk"

ALTER ROLE clerk SET search_path TO '$user', 'Odd, Schema', 'public', 'q"q';
ALTER ROLE clerk SET "my.weird" TO E'x''y\\z; ';
ALTER ROLE set SET "DateStyle" TO 'ISO, DMY';

GRANT clerk TO "odd ""na;me\" WITH ADMIN OPTION, INHERIT FALSE, SET FALSE GRANTED BY "old owner";
GRANT pg_read_all_data TO set GRANTED BY postgres;
GRANT set TO clerk WITH ADMIN OPTION GRANTED BY postgres;
GRANT clerk TO postgres GRANTED BY postgres;
GRANT SET ON PARAMETER work_mem TO clerk WITH GRANT OPTION;
GRANT ALL ON PARAMETER "my.setting" TO set;

\unrestrict XbcRTCIYjPFLTAMY5GMRIrdx3mhbd5Pd1PeT4lTnaFp3echtIvj9poAGMSgMCGu
"""
MADE = [
    'create role "clerk"',
    'alter role "clerk" with INHERIT CONNECTION LIMIT 5',
    "comment on role \"clerk\" is E'it''s; a \\\\ comment\n-- over lines\n\\\\! id'",
    'create role "odd ""na;me\\"',
    'alter role "odd ""na;me\\" with VALID UNTIL \'2031-01-02 03:04:05+00\'',
    'create role "set"',
    "alter role \"clerk\" set \"search_path\" to '$user', 'Odd, Schema', 'public', 'q\"q'",
    "alter role \"clerk\" set \"my.weird\" to E'x''y\\\\z; '",
    'alter role "set" set "DateStyle" to \'ISO, DMY\'',
    'grant "clerk" to "odd ""na;me\\" with ADMIN OPTION, INHERIT FALSE, SET FALSE',
    'grant "set" to "clerk" with ADMIN OPTION',
]


EVERYTHING = ("postgres", "clerk", "set", 'odd "na;me\\', "new", "public", "pg_monitor")


def read(text: str, there: Collection[str], needed: Collection[str] = EVERYTHING) -> tuple[list[str], list[str]]:
    """Return the statements to run, and the sentences on the others."""
    strange = PassedOver("globals.sql")
    return list(missing(text, there, needed, strange)), strange.sentences()


def test_needed_roles_come_back_locked_and_those_that_are_there_stay() -> None:
    assert read(HEALTHY, {"postgres"}) == (MADE, [])
    assert read(HEALTHY, EVERYTHING) == ([], [])


def test_on_a_new_server_logins_come_back_but_no_right_on_the_cluster() -> None:
    text = (
        "CREATE ROLE new;\nALTER ROLE new WITH SUPERUSER CREATEDB LOGIN PASSWORD 'SCRAM-SHA-256$x'"
        " VALID UNTIL '2031-01-02';\nCREATE ROLE set;\nALTER ROLE set WITH NOLOGIN;\n"
        "ALTER ROLE clerk WITH LOGIN PASSWORD 'x';\n"
    )
    evil = "ALTER ROLE new SET session_preload_libraries TO '/tmp/evil.so';\n"
    strange = PassedOver("globals.sql")
    made = [*missing(text + evil, {"postgres", "clerk"}, EVERYTHING, strange, logins=True)]
    assert [one.partition(" is not")[0] for one in strange.sentences()] == ["globals.sql: line 6 (ALTER ROLE NEW)"]
    assert made == [
        'create role "new"',
        "alter role \"new\" with LOGIN PASSWORD 'SCRAM-SHA-256$x' VALID UNTIL '2031-01-02'",
        'create role "set"',
        'alter role "set" with NOLOGIN',
    ]
    assert shown(made[1]) == 'alter role "new" with LOGIN'


def test_a_role_that_is_not_needed_does_not_come_back() -> None:
    statements, strange = read(HEALTHY, {"postgres"}, ("set", "unheard of"))
    assert statements == ['create role "set"', 'alter role "set" set "DateStyle" to \'ISO, DMY\'']
    assert strange == []


@pytest.mark.parametrize("word", ["SUPERUSER", "LOGIN", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"])
def test_no_right_on_the_cluster_and_no_password_comes_back(word: str) -> None:
    text = f"CREATE ROLE new;\nALTER ROLE new WITH {word} PASSWORD 'x';\nGRANT postgres TO new;\n"
    assert read(text, {"postgres"}) == (['create role "new"'], [])


# Each is in the place of one statement, or behind one; the rest of the text is as it was.
@pytest.mark.parametrize(
    "text",
    [
        "ALTER ROLE new SUPERUSER",
        "ALTER ROLE new WITH LOGIN; DROP DATABASE live",
        "ALTER ROLE ALL SET search_path TO 'x'",
        "ALTER ROLE new IN DATABASE live SET search_path TO 'x'",
        "ALTER ROLE new SET search_path = x",
        "ALTER ROLE new SET work_mem TO '1MB', pg_read_file('/etc/passwd')",
        "ALTER ROLE new SET work_mem FROM CURRENT",
        "ALTER ROLE new WITH PASSWORD 'a' || 'b'",
        "ALTER ROLE new WITH PASSWORD E'a\\x27; drop database live'",
        "ALTER ROLE new WITH CONNECTION LIMIT (select 1)",
        "COMMENT ON ROLE new IS 'a' 'b'",
        "COMMENT ON DATABASE live IS 'new'",
        "GRANT postgres TO clerk, postgres",
        "GRANT postgres TO new WITH ADMIN OPTION, SUPERUSER TRUE",
        "GRANT postgres TO pg_monitor",
        "GRANT postgres TO public",
        'GRANT postgres TO "public"',
        "GRANT SET ON PARAMETER work_mem TO PUBLIC",
        "GRANT ALL ON DATABASE live TO new",
        "GRANT CREATE ON TABLESPACE fast TO new",
        "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO new",
        "ALTER ROLE pg_monitor WITH SUPERUSER",
        f'ALTER ROLE "{"p" * 64}" WITH SUPERUSER',
        f"ALTER ROLE {'ä' * 32} WITH SUPERUSER",
        "ALTER ROLE U&\"postgre\\0073\" WITH PASSWORD 'x'",
        "CREATE ROLE new SUPERUSER",
        "CREATE ROLE new IN ROLE postgres",
        "CREATE TABLESPACE fast LOCATION '/fast'",
        "DROP ROLE new",
        "DO $$ begin execute 'drop role new'; end $$",
        "SET session_replication_role = replica",
        "SET client_encoding = 'SJIS', x",
        "select 'CREATE ROLE new'",
        "\\! id",
        "\\connect live",
        "CREATE ROLE new \\! id",
        "CREATE ROLE new \\g |id",
        "\\restrict a b\n\\! id",
        "\\unrestrict `id`",
        "COMMENT ON ROLE new IS :'PGPASSWORD'",
        "COMMENT ON ROLE new IS '",
        'CREATE ROLE "new',
        "CREATE ROLE a.b.",
        "CREATE ROLE /* ; */ new",
        "ALTER ROLE new WITH" + " LOGIN" * MOST_TOKENS,
    ],
)
def test_what_is_not_about_a_missing_role_is_passed_over_by_name(text: str) -> None:
    statements, strange = read(f"CREATE ROLE new;\nALTER ROLE new WITH INHERIT LOGIN;\n{text};\n", {"postgres"})
    assert {*statements} == {'create role "new"', 'alter role "new" with INHERIT'}
    assert strange
    assert all(len(sentence) < 160 and sentence.isprintable() for sentence in strange)


@pytest.mark.parametrize(
    "text",
    [
        "ALTER ROLE POSTGRES WITH PASSWORD 'x'",
        "ALTER ROLE Postgres SET search_path TO 'x'",
        "ALTER ROLE \"postgres\" WITH PASSWORD 'x'",
        "GRANT clerk TO postgres",
        "COMMENT ON ROLE\n-- x\npostgres IS 'x'",
    ],
)
def test_a_role_that_is_there_is_told_by_all_its_spellings(text: str) -> None:
    assert read(f"{text};", {"postgres"}) == ([], [])


def test_a_great_many_strange_statements_are_few_sentences() -> None:
    said = read("DROP ROLE a;\n" * 1000, ())[1]
    assert said[0] == "globals.sql: line 1 (DROP ROLE A) is not about a role as pg_dumpall writes it; it was not run"
    assert said[5:] == ["globals.sql: 995 more statements were not run"]


def test_names_and_values_are_quoted_whatever_they_hold() -> None:
    assert identifier('a"b\\') == '"a""b\\"'
    assert literal("it's") == "'it''s'"
    assert literal("\\'; drop database live; \\! id") == "E'\\\\''; drop database live; \\\\! id'"
    for unfit in ("a\0b", "a\ud800"):
        with pytest.raises(Damaged, match="can't hold"):
            literal(unfit)


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("clinic, public", "'clinic', 'public'"),
        ('"$user", public', "'$user', 'public'"),
        ('"Odd, Schema","q""q"', "'Odd, Schema', 'q\"q'"),
        ("Folded", "'folded'"),
        ('""', "''"),
        ("", "''"),
        ('"x; \\! id"', "E'x; \\\\! id'"),
    ],
)
def test_a_list_is_quoted_name_by_name(value: str, made: str) -> None:
    assert setting("search_path", value) == f'"search_path" to {made}'


@pytest.mark.parametrize("value", ["x; \\! id", "a b", 'a"b', "a,", ",", '"a', "x to y; drop database live"])
def test_what_is_no_list_is_refused(value: str) -> None:
    with pytest.raises(Damaged, match="search_path is no list of names"):
        setting("search_path", value)


def test_a_database_gets_the_settings_and_grants_it_had() -> None:
    facts = replace(
        FACTS,
        settings=(("", "work_mem=8MB"), ('odd "na;me', "search_path=clinic, public"), ("", "x.y=\\! id\n;'")),
        grants=(("", "CONNECT", False), ("clerk", "TEMPORARY", True)),
        public=False,
    )
    assert [(one.what, one.statement) for one in settings("again", facts)] == [
        ("setting work_mem", 'alter database "again" set "work_mem" to \'8MB\''),
        (
            'setting search_path of role odd "na;me',
            'alter role "odd ""na;me" in database "again" set "search_path" to \'clinic\', \'public\'',
        ),
        ("setting x.y", "alter database \"again\" set \"x.y\" to E'\\\\! id\n;'''"),
    ]
    assert [one.statement for one in granted("again", facts)] == [
        'revoke all on database "again" from public, "his_owner"',
        'grant CONNECT on database "again" to public',
        'grant TEMPORARY on database "again" to "clerk" with grant option',
    ]


def test_what_else_is_said_of_a_database_is_quoted() -> None:
    odd = "a'b\\ \n;\n\\! id"
    facts = replace(FACTS, settings=(), labels=(('se"linux', odd),), connection_limit=0, comment=odd)
    quoted = "E'a''b\\\\ \n;\n\\\\! id'"
    assert [one.statement for one in described('x"y', facts)] == [
        'alter database "x""y" connection limit 0',
        f'security label for "se""linux" on database "x""y" is {quoted}',
    ]
    assert commented("x", odd) == f'comment on database "x" is {quoted}'
    assert described("x", replace(FACTS, settings=(), connection_limit=-1)) == []


def test_the_order_of_a_database_is_given_with_its_own_rules() -> None:
    facts = replace(FACTS, provider="i", locale="de", rules="&a < 'g'", owner=None)
    assert nature(facts).endswith("locale_provider icu icu_locale 'de' icu_rules '&a < ''g'''")
    assert nature(replace(facts, rules=None)).endswith("locale_provider icu icu_locale 'de'")


def test_a_mark_is_taken_from_a_comment_and_from_nothing_else() -> None:
    for comment in ("", "one", "two\nlines", MARK, f"{MARK}\nand more"):
        kept = marked(replace(FACTS, comment=comment))
        assert kept.startswith(MARK)
        assert unmarked(kept) == unmarked(comment)
    assert unmarked("one") == "one"
    assert marked(replace(FACTS, comment=None)) == MARK


@pytest.mark.parametrize("word", ["connect on database live to public; \\! id\n --", "ALL", "", "connect", "SET"])
def test_a_grant_of_anything_but_a_privilege_on_a_database_is_refused(word: str) -> None:
    with pytest.raises(Damaged, match="no privilege on a database"):
        granted("again", replace(FACTS, grants=(("", word, False),)))
