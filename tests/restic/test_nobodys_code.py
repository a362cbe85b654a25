"""A backup runs nothing that an application's account put into its database, for it may read passwords' hashes."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.errors import CommandError, Unavailable
from ops.core.names import AbsolutePath
from ops.core.run import run
from ops.interfaces.source import CaptureContext, Streamed
from ops.sources.postgresql import Options, copied
from ops.sources.postgresql import capture as captured
from ops.sources.postgresql.facts import TABLES
from ops.sources.postgresql.rows import counted
from ops.sources.postgresql.sequences import behind

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
# What each tries is told in the server's log, with the beginning of what it read.
_TRIED = r"""
create function public.tells(route text) returns bool language plpgsql as $f$
declare
  hash text;
begin
  select rolpassword into hash from pg_catalog.pg_authid where rolname = 'chief';
  raise log 'read by %: %', route, pg_catalog.left(hash, 13);
  return true;
exception when others then
  return true;
end $f$;
create function public.sure(route text) returns bool immutable language plpgsql as
  $f$ begin return public.tells(route); end $f$;
create function public.sure(route text, i int) returns int immutable language plpgsql as
  $f$ begin perform public.tells(route); return i; end $f$;
"""
# By the name of each: what runs when a query of a table is planned.
ROUTES = {
    "index_predicate": "create table narrow (i int); create index on narrow (i) where sure('index_predicate')",
    "index_expression": "create table ordered (i int); create index on ordered ((i + sure('index_expression', 1)))",
    "unique_index": "create table single (i int); create unique index on single (i) where sure('unique_index')",
    "excluded": "create table excluded (i int, exclude using btree (i with =) where (sure('excluded')))",
    "statistics": "create table told (i int, j int);"
    " create statistics told_two on ((i + sure('statistics', 1))), j from told",
    "partition_key": "create table keyed (i serial) partition by list ((i + sure('partition_key', 1)));"
    " create table keyed_2 partition of keyed for values in (2); insert into keyed values (1)",
    "partition_bound": "create table bounds (i serial) partition by list ((i + sure('partition_bound', 1)));"
    " create table bounds_2 partition of bounds for values in (2); create sequence apart owned by bounds_2.i",
    "partition_index": "create table joined (i int) partition by list (i); create table joined_1 partition of joined"
    " for values in (1); create index on joined (i) where sure('partition_index')",
    "inherited": "create table elder (i int); create table younger (j int) inherits (elder);"
    " create index on younger (j) where sure('inherited')",
    "check": "create table checked (i int, check (i > 0 or sure('check')));"
    " create sequence of_checked owned by checked.i",
    "inlined": "create domain embodied as int check (tells('inlined')); create function literally(i int) returns bool"
    " immutable language sql as $f$ select i > 0 or '{1}'::public.embodied[] is null $f$;"
    " create table literals (i int); create index on literals (i) where literally(i)",
    "operator": "create function alike(int, int) returns bool immutable language plpgsql as"
    " $f$ begin return public.tells('operator'); end $f$; create operator === (function = alike, leftarg = int,"
    " rightarg = int); create table operated (i int); create index on operated (i) where 1 === 1",
    "cast": "create type boxed as (i int); create function unboxed(boxed) returns int immutable language plpgsql as"
    " $f$ begin perform public.tells('cast'); return 1; end $f$; create cast (boxed as int) with function"
    " unboxed(boxed); create table boxes (i int); create index on boxes (i) where (row(1)::boxed)::int > 0",
}
# What runs when a row is looked at in other ways than a backup's role looks at it.
_OTHERS = """
create table secure (i int); insert into secure values (1); alter table secure enable row level security;
alter table secure force row level security; create policy one on secure using (sure('policy'));
create table gens (i int, g int generated always as (sure('generated', i)) stored); insert into gens values (1);
create domain word as text check (tells('value')); create table words (w word); insert into words values ('one');
create table texts (i int); insert into texts values (1); create function of_texts(texts) returns text language plpgsql
  as $f$ begin perform public.tells('row_as_text'); return ''; end $f$;
create cast (texts as text) with function of_texts(texts) as implicit;
create view viewed as select sure('view'); create table swapped (i serial); insert into swapped values (1);
"""
_RIGHTS = (
    "grant all on schema public to clerk; grant all on database his to clerk;"
    # As the database's owner may have it.
    " alter database his set constraint_exclusion = on;\n\\connect - clerk\n"
)
_ROLE = """
create role clerk login; create role chief password 'x'; create role seawall_dump login bypassrls;
grant pg_read_all_data to seawall_dump; alter role seawall_dump set default_transaction_read_only = on;
alter role seawall_dump set lo_compat_privileges = on
"""


@pytest.fixture
def his(server: Cluster, tidy: None) -> Iterator[Callable[[], set[str]]]:
    """A database in which all that runs code tries to read a hash; given, a way to ask by which routes it was read."""
    server.psql(_ROLE)
    server.psql("create database his")
    server.psql(_RIGHTS + _TRIED + ";\n".join((*ROUTES.values(), _OTHERS)), "his")
    log = Path(server.socket, "log")
    begin = log.stat().st_size

    def told() -> set[str]:
        return {*re.findall(r"read by (\w+): SCRAM", log.read_bytes()[begin:].decode())}

    yield told
    server.psql("drop database his with (force)")


def _options(server: Cluster, role: str = "seawall_dump") -> Options:
    return Options("his", socket=AbsolutePath(server.socket), user=role)


def test_each_route_leads_to_a_hash_where_a_query_is_planned(
    server: Cluster, his: Callable[[], set[str]], tmp_path: Path
) -> None:
    assert his() == set()  # the application's account can't read it
    with captured(_options(server), CaptureContext(tmp_path)) as taking:
        ask = taking.session.ask
        counted(ask, ask(TABLES))
        behind(ask)
    assert his() == {*ROUTES}


@pytest.mark.parametrize("role", ["seawall_dump", "postgres"])
def test_a_backup_runs_none_of_it(server: Cluster, his: Callable[[], set[str]], tmp_path: Path, role: str) -> None:
    with captured(
        Options("his", socket=AbsolutePath(server.socket), user=role), CaptureContext(tmp_path / "s")
    ) as taking:
        material = taking.material()
        assert isinstance(material, Streamed)
        run(material.argv, timeout=60)
        found = taking.facts()
        taking.companions()
    assert his() == set()
    assert {name: found.rows[f"public.{name}"] for name in ("keyed_2", "secure", "gens", "words", "texts", "told")} == {
        **dict.fromkeys(("keyed_2", "secure", "gens", "words", "texts"), 1),
        "told": 0,
    }


# Just before the table is read.
SWAPPED = {
    "cannot copy from view": "drop table swapped; create view swapped as select 1 as i where sure('in_its_place')",
    "access to non-system view": "alter sequence swapped_i_seq rename to another; create view swapped_i_seq as"
    " select 1::bigint as last_value, sure('in_its_place') as is_called",
}


@pytest.mark.parametrize("message", SWAPPED)
def test_a_view_that_takes_the_place_of_something_else_is_not_read(
    server: Cluster, his: Callable[[], set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    whole = copied.told

    def swap(table: str, columns: Sequence[str], first: Sequence[str]) -> str:
        if table == "public.swapped":
            server.psql(f"\\connect his clerk\n{SWAPPED[message]}")
        return whole(table, columns, first)

    monkeypatch.setattr(copied, "told", swap)
    with pytest.raises(CommandError, match=message), captured(_options(server), CaptureContext(tmp_path)) as taking:
        with suppress(Unavailable):
            taking.facts()
    assert his() == set()
