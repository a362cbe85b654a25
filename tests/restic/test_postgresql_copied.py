"""Rows counted and digested as COPY tells them: all sorts of rows, slices of large tables, sets of earlier builds."""

from dataclasses import replace
from random import Random

import pytest
from taken_postgresql import taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core import run
from ops.core.verdict import Verdict
from ops.sources._shared import row_slices
from ops.sources.postgresql.facts import TABLES
from ops.sources.postgresql.row_damage import ROWS as ROWS_HURT
from ops.sources.postgresql.rows import counted, of_extensions
from ops.sources.postgresql.verify import beside, prove

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
ROWS = r"""
create table empty (i int); create table bare (); insert into bare default values; insert into bare default values;
create table strange ("the ""note"" of it" text, b bytea, f float8, x xml, a text[]); insert into strange values
  (null, '\x00ff', 'NaN', '<a/>', '{1,NULL}'), (E'a\tb\nc\\.', '', 0.1, null, null), ('\.', null, null, null, '{}'),
  (repeat('long', 3000), null, 1e300, null, null), (repeat('long', 3000) || '!', null, null, null, null);
create table gens (g int generated always as (i * 2) stored, i int); insert into gens (i) values (1), (2);
create table only_gens (g int generated always as (1) stored); insert into only_gens default values;
create table large (id int primary key, word text, note text);
insert into large select g, 'word ' || g, repeat(md5(g::text), 8) from generate_series(1, 3000) g;
create table parent (z serial, a text); create table child (c text) inherits (parent);
create table grandchild () inherits (child); insert into parent (a) values ('x'); insert into child (a) values ('y');
insert into grandchild (a) values ('z'), ('z');
"""
BEHIND = "update grandchild set z = 9 where a = 'z'; create table down (i int); insert into down values (-5), (null);"
BEHIND += (
    "create sequence downwards increment -1 owned by down.i; insert into down values (7); select nextval('downwards')"
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few thousand rows are a large table, and one of some thousand bytes comes in several blocks."""
    monkeypatch.setattr(row_slices, "DIGESTED", 200_000)
    monkeypatch.setattr(run, "BLOCK", 1000)


def test_rows_of_all_sorts_come_back_and_are_proven(server: Cluster) -> None:
    with taken(server, ROWS) as his:
        rows = {name.partition(".")[2]: count for name, count in his.facts.rows.items()}
        assert rows == {"empty": 0, "bare": 2, "strange": 5, "gens": 2, "only_gens": 1, "large": 3000} | {
            "parent": 4,
            "child": 3,
            "grandchild": 2,
        }
        slices = {name.partition(".")[2]: one.slices for name, one in (his.facts.content or {}).items()}
        assert slices["large"] > 2 and {slices[name] for name in rows if name != "large"} == {1}
        assert his.facts.behind == () and his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
        longest = """"the ""note"" of it" = repeat('long', 2999) || 'lone' where f = 1e300"""
        for change in (f"strange set {longest}", "grandchild set a = 'Z'", "gens set i = 3 where i = 2"):
            server.psql(f"update {change}", "again")
        differ = [one.message for name, one in prove(his.target.server, "again", his.facts) if name == "content"]
        assert differ == ["public.gens: rows differ; public.grandchild: rows differ; public.strange: rows differ"]


@pytest.mark.parametrize("damage", ["value_changed", "row_added", "values_swapped"])
def test_a_row_of_the_slice_that_is_hurt_is_noticed(server: Cluster, damage: str) -> None:
    large = ROWS[ROWS.index("create table large") : ROWS.index("create table parent")].replace("primary key", "")
    with taken(server, large) as his:
        assert his.load() == []
        assert ROWS_HURT[damage].act(his.target.server, "again", his.facts, Random(1)).endswith("public.large")
        assert his.proof()["volume" if damage == "row_added" else "content"] is Verdict.FAIL


def test_sequences_that_are_behind_a_column_are_named_wherever_the_row_lies(server: Cluster) -> None:
    with taken(server, ROWS + BEHIND) as his:
        assert sorted(his.facts.behind or ()) == ["public.downwards", "public.parent_z_seq"]
        for said in (
            "downwards is at -1, public.down.i goes down to -5",
            "parent_z_seq is at 4, public.parent.z goes up to 9",
        ):
            assert f"public.{said}" in his.facts.warnings[0]


def test_a_set_of_an_earlier_build_is_proven_as_it_was_made(server: Cluster) -> None:
    with taken(server, ROWS) as his:
        with beside(his.target.server, "his") as session:
            then = counted(session.ask, session.ask(TABLES))
            others = of_extensions(session.ask)
        his.facts = replace(his.facts, copied=False, rows=then.rows, content={**then.content, **others.content})
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
        server.psql("update strange set f = 1", "again")
        assert his.proof()["content"] is Verdict.FAIL
