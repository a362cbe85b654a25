"""Only a text that is one expression, query or body goes to a server; nothing may follow it, or hide in a comment."""

import pytest

from ops.sources.postgresql.structure.one import is_one

GOOD = [
    "",
    "1",
    "(a = ANY (ARRAY['x;''--'::text, E::text]))",
    'SELECT "a;b", "c""d" FROM t WHERE (((x[1:2] >= 0) AND (y <= \'$1 /* \\ \')))',
    "CREATE RULE r AS ON INSERT TO t DO ( SELECT 1; INSERT INTO u VALUES (';'::text); )",
    "BEGIN ATOMIC\n SELECT CASE WHEN a THEN 1 ELSE CASE 2 WHEN b THEN 3 END END;\n SELECT $1;\nEND",
    "BEGIN ATOMIC\nEND",
    "BEGIN ATOMIC\n SELECT t.begin\n   FROM t;\nEND",
    "CASE WHEN a THEN 1 END",
    "RETURN (a - 1)",
]
BAD = [
    "1; drop table t",
    "SELECT 1;",
    ") + (1",
    "(1",
    "(1]",
    "1 -- and more",
    "1 /* and more",
    "'a' || E'\\'' || '; drop table t; --'",
    "$$a$$",
    "$tag$ ; $tag$",
    "'never ended",
    '"never ended',
    "1 \\! id",
    "1\0",
    "BEGIN ATOMIC SELECT 1; END; drop table t",
    "BEGIN ATOMIC SELECT begin FROM t; END; drop table t; select 1 END",
    "BEGIN ATOMIC SELECT 1 AS begin; END; drop table t; BEGIN ATOMIC select 1; END",
    "BEGIN ATOMIC SELECT 1 case; END; drop table t; select 1 END",
    "BEGIN ATOMIC SELECT 1 END, 2; drop table t; END",
    "BEGIN ATOMIC SELECT 1;",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_the_server_writes_is_one(text: str) -> None:
    assert is_one(text)


@pytest.mark.parametrize("text", BAD)
def test_what_holds_more_is_not(text: str) -> None:
    assert not is_one(text)
