"""The slice of a large table that is digested: chosen by number where its key is one, by text as before elsewhere."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from copied_postgresql import Throwaway, throwaway
from throwaway_postgresql import ONLY_ROOT

from ops.sources._shared import row_slices
from ops.sources._shared.row_slices import RowDigest
from ops.sources.postgresql.rows import KEYS, chosen_rows, counted

pytestmark = ONLY_ROOT
# Numbers with gaps, as a sequence with an increment makes them, and negative ones.
TABLES = """
create table numbered (id int primary key, word text);
create table lettered (id text primary key, word text);
insert into numbered select 8 * g, md5(g::text) from generate_series(-2000, 2000) g;
insert into lettered select 8 * g, md5(g::text) from generate_series(-2000, 2000) g;
create table two (id int, at int, primary key (id, at)); insert into two select g, g from generate_series(1, 4000) g;
create table small (id int primary key); insert into small values (1);
"""
NAMES = [f"public.{name}" for name in ("numbered", "lettered", "two", "small")]
PLACE = 1 << 16


@pytest.fixture(scope="module")
def sliced() -> Iterator[Throwaway]:
    with throwaway() as one, pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_slices, "DIGESTED", PLACE)
        one.create("sliced", TABLES)
        yield one


def looked(server: Throwaway, known: dict[str, RowDigest] | None = None) -> dict[str, RowDigest]:
    with server.session("sliced") as session:
        return dict(counted(session.ask, NAMES, known).content)


def sizes(server: Throwaway, name: str) -> list[int]:
    """Return how many rows each slice of a table has."""
    one = looked(server)[name]
    with server.session("sliced") as session:
        about = session.ask(KEYS)[name]
        parts = [RowDigest(one.slices, number, one.by_number, digest="") for number in range(one.slices)]
        rows = [chosen_rows(about["key"], part, number=about["number"]) for part in parts]
        return [int(session.ask(f"select count(*) from {name} t where {condition}")) for condition in rows]


def test_only_a_large_table_whose_key_is_a_number_is_sliced_by_it(sliced: Throwaway) -> None:
    assert {name: (one.slices > 1, one.by_number) for name, one in looked(sliced).items() if name in NAMES} == {
        "public.numbered": (True, True),
        "public.lettered": (True, False),
        "public.two": (True, False),
        "public.small": (False, False),
    }


@pytest.mark.parametrize("name", NAMES[:3])
def test_each_row_is_in_one_slice_and_none_is_without_rows(sliced: Throwaway, name: str) -> None:
    found = sizes(sliced, name)
    assert len(found) > 1
    assert sum(found) == int(*sliced.say("sliced", f"select count(*) from {name}"))
    assert min(found) > sum(found) / len(found) / 2


def test_a_changed_row_of_the_slice_is_noticed_and_others_are_not(sliced: Throwaway) -> None:
    known = looked(sliced)
    assert looked(sliced, known) == known
    chosen = chosen_rows(["t.id"], known["public.numbered"], number=True)
    change = "update numbered t set word = 'x' where id = (select min(id) from numbered t where {})"
    sliced.say("sliced", change.format(f"not {chosen}"))
    assert looked(sliced, known) == known
    sliced.say("sliced", change.format(chosen))
    assert {name for name, one in looked(sliced, known).items() if one != known[name]} == {"public.numbered"}


def test_a_manifest_of_before_is_compared_as_it_was_made(sliced: Throwaway) -> None:
    made = looked(sliced)["public.numbered"]
    before = RowDigest(made.slices, made.slice, digest="")
    chosen = chosen_rows(["t.id"], before, number=True)
    assert "row(t.id)::text" in chosen
    digest = """hashtextextended(row(t.id, t.word)::text collate "C", 0)::numeric"""
    with sliced.session("sliced") as session:
        told = session.ask(f"select to_json(sum({digest})::text) from public.numbered t where {chosen}")
        known = {"public.numbered": replace(before, digest=told)}
        assert counted(session.ask, [*known], known).content["public.numbered"] == known["public.numbered"]
