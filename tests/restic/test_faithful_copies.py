"""A copy that was dumped and restored faithfully passes every rung, whatever its schema and settings; others do not."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from copied_postgresql import Throwaway, throwaway
from hindering import ELSEWHERE, HOSTILE, SETTINGS, WATCHING
from throwaway_postgresql import ONLY_ROOT

from ops.core.schema import decode, encode
from ops.core.verdict import Verdict
from ops.sources.postgresql.facts import DatabaseFacts
from ops.sources.postgresql.rows import counted
from ops.sources.postgresql.session import scratch
from ops.sources.postgresql.structure.earlier import earlier
from ops.sources.postgresql.structure.rereading import Text, alike, reader
from ops.sources.postgresql.verify import answer

pytestmark = ONLY_ROOT
# What every object-relational mapper writes, times in a zone, and sequences of all sorts.
ORDINARY = """
set timezone = 'America/Sao_Paulo'; set intervalstyle = 'iso_8601'; set datestyle = 'german';
create table visits (id int primary key, status varchar(12) not null check (status in ('OPEN', 'CLOSED', 'VOID')),
  lo int, hi int, check (lo between 0 and 9 and hi > 0));
create view open_visits as select id from visits where status in ('OPEN', 'VOID');
create index on visits (id) where status in ('OPEN', 'VOID');
insert into visits values (1, 'OPEN', 1, 1);
create table recalls (at timestamptz default '2020-01-01 00:00-03', day date default '2020-02-01', wait interval default
  '1 day 2 hours', check (at >= timestamptz '2019-01-01 00:00-03'), check (day > date '2019-02-01'));
insert into recalls default values;
create table calls (id int primary key, no int); create sequence call_no maxvalue 99 cycle owned by calls.no;
insert into calls select g, nextval('call_no') from generate_series(1, 120) g;
create table tubes (code text primary key); create sequence tube_no owned by tubes.code;
alter table tubes alter code set default 'T' || nextval('tube_no'); insert into tubes default values;
create table back (id int primary key); create sequence back_no increment -1 owned by back.id;
insert into back select nextval('back_no') from generate_series(1, 5);
create table imported (id serial primary key); insert into imported values (900001);
create table never (id serial primary key);
create table down (id bigint); create sequence down_no increment -2 owned by down.id;
create table dated (at timestamptz); create sequence dated_no owned by dated.at; select nextval('dated_no');
create domain number as int;
create table domained (id number); create sequence domained_no owned by domained.id;
insert into domained select nextval('domained_no') from generate_series(1, 3);
create table base (a int, z text);
create table child (mine int) inherits (base); create table grand () inherits (child);
alter table base add column later varchar(3) check (later in ('x', 'y'));
insert into child values (1, 'one', 2, 'x'); insert into grand values (3, 'two', 4, 'y');
create table parted (id int, at date, primary key (id, at)) partition by range (at);
create table parted_1 partition of parted for values from ('2020-01-01') to ('2021-01-01');
create table parted_2 partition of parted for values from ('2021-01-01') to ('2022-01-01');
create table refers (id int, at date, foreign key (id, at) references parted) partition by list (id);
create table refers_1 partition of refers for values in (1);
create table parted_0 partition of parted for values from ('2019-01-01') to ('2020-01-01');
create table doubted (i int); create table before () inherits (doubted);
alter table doubted add constraint doubt check (i in (1, 2)) not valid; create table after () inherits (doubted);
create table sure (i int constraint doubt check (i in (1, 2))); alter table sure inherit doubted;
create table given (a number default 3, e varchar(3) default 'x'); create table not_given () inherits (given);
alter table not_given alter a drop default, alter e drop default;
create table nothing (a number default null);
create aggregate summed (int) (sfunc = int4pl, stype = int, finalfunc_extra, finalfunc_modify = read_write);
create table spans (begin varchar(9), until date);
create function begun() returns setof varchar begin atomic select begin from spans where begin in ('A', 'B'); end;
create type kind as enum ('a'); grant usage on type kind to dumper; revoke usage on type kind from dumper;
grant usage on type number to public; revoke usage on type number from dumper; revoke usage on type spans from public;
alter default privileges revoke execute on functions from public; create type span as range (subtype = float8);
revoke execute on all functions in schema public from public; comment on function span(float8, float8) is 'x';
create statistics "of Two" on mine, later from child;
create table keyless (i int not null); create unique index key_gone on keyless (i);
alter table keyless replica identity using index key_gone; drop index key_gone;
create index half on visits (lo); comment on index half is 'x';
update pg_index set indisvalid = false where indexrelid = 'half'::regclass;
create collation plainly from "C"; drop extension plpgsql; create extension plpgsql;
create subscription far connection '' publication p with (connect = false); comment on subscription far is 'x';
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Throwaway]:
    with throwaway() as cluster:
        cluster.create("ordinary", ORDINARY)
        cluster.copy("ordinary", "ordinary_b")
        # Which only the dump of a superuser holds.
        cluster.say("ordinary_b", "alter subscription far set (slot_name = none)", "drop subscription far")
        cluster.say("postgres", "create role nobody_here")
        cluster.create("hostile", HOSTILE)
        cluster.copy("hostile", "hostile_b")
        for database in ("hostile", "hostile_b"):
            cluster.say(database, *WATCHING)
            cluster.give(database, SETTINGS)
        cluster.give("hostile_b", ELSEWHERE)
        yield cluster


@pytest.fixture(scope="module")
def ordinary(cluster: Throwaway) -> DatabaseFacts:
    return cluster.facts("ordinary")


def wrong(cluster: Throwaway, database: str, told: DatabaseFacts) -> dict[str, str]:
    """Return what the rungs say that do not pass."""
    found = cluster.proven(database, told)
    return {name: one.message for name, one in found.items() if one.verdict is not Verdict.PASS}


def test_an_ordinary_schema_is_the_same(cluster: Throwaway, ordinary: DatabaseFacts) -> None:
    assert wrong(cluster, "ordinary_b", ordinary) == {}
    assert cluster.proven("ordinary_b", ordinary)["sequences"].message.endswith(
        "; behind already when they were taken: public.imported_id_seq"
    )


def test_a_sequence_that_is_behind_is_told_at_the_backup(ordinary: DatabaseFacts) -> None:
    (warning,) = ordinary.warnings
    assert "public.imported_id_seq was never called, public.imported.id goes up to 900001" in warning


def test_a_default_of_its_type_that_a_dump_loses_is_noticed(cluster: Throwaway) -> None:
    cluster.create(
        "typed",
        "create domain five as int default 5; create table p (a five default 7); create table c () inherits (p);"
        "alter table c alter a drop default; insert into c default values",
    )
    cluster.copy("typed", "typed_b")
    assert cluster.say("typed_b", "insert into c default values returning a is null") == ["t"]
    cluster.say("typed_b", "delete from c where a is null")
    assert wrong(cluster, "typed_b", cluster.facts("typed")) == {
        "structure": "column definitions differ (2 found, 2 in the manifest): public.c.a"
    }


def test_the_copy_of_a_copy_is_the_same_too(cluster: Throwaway, ordinary: DatabaseFacts) -> None:
    cluster.copy("ordinary_b", "ordinary_c")
    assert wrong(cluster, "ordinary_c", ordinary) == {}


def test_a_database_that_hinders_everybody_is_proven_and_nothing_stays(cluster: Throwaway) -> None:
    told = cluster.facts("hostile")
    names = ("DateStyle, which it did not have", "IntervalStyle", "TimeZone", "bytea_output")
    names += ("extra_float_digits, which it did not have", "quote_all_identifiers")
    differing = "; ".join(f"setting {name}" for name in names)  # those of elsewhere, and nothing else
    assert wrong(cluster, "hostile_b", told) == {"structure": f"the database itself differs: {differing}"}
    with cluster.session("hostile_b") as session:
        assert session.ask("select count(*) from public.ddl_log") == 0
    assert cluster.facts("hostile").definitions == cluster.facts("hostile", "postgres").definitions


def test_a_question_is_asked_in_the_settings_of_the_database(cluster: Throwaway) -> None:
    questions = {
        "select extract(timezone_hour from timestamptz '2020-01-01 00:00+00')": -3,
        "select count(*) from many where (select pg_sleep(0.1)) is not null": 20_000,
        "select (current_setting('transaction_read_only') = 'on')::int": 1,
    }
    assert {sql: answer(cluster.server, "hostile_b", sql) for sql in questions} == questions


@pytest.mark.parametrize(
    ("statement", "rung", "words"),
    [
        ("update child set later = 'y'", "content", "public.child: rows differ"),
        ("update child set z = a::text, a = z::int where z ~ '^[0-9]+$'; update grand set a = mine, mine = a",
         "content", "public.grand: rows differ"),
        ("select setval('back_no', -4)", "sequences", "public.back_no is at -4, but was at -5"),
        ("alter sequence call_no restart", "sequences", "public.call_no was never called, but was at 21"),
        ("select setval('tube_no', 1, false)", "sequences", "public.tube_no was never called, but was at 1"),
        ("insert into back values (-9)", "sequences", "public.back_no is at -5, public.back.id goes down to -9"),
        ("insert into domained values (7)", "sequences", "public.domained_no is at 3, public.domained.id goes up to 7"),
        ("insert into never values (1)",
         "sequences", "public.never_id_seq was never called, public.never.id goes up to 1"),
        ("drop sequence dated_no", "sequences", "public.dated_no is missing"),
    ],
)  # fmt: skip
def test_what_is_not_the_same_is_noticed(
    cluster: Throwaway, ordinary: DatabaseFacts, statement: str, rung: str, words: str
) -> None:
    cluster.run("createdb", "--template=ordinary_b", "changed")
    cluster.say("changed", statement)
    found = wrong(cluster, "changed", ordinary)
    cluster.run("dropdb", "changed")
    assert words in found[rung]


def test_a_sequence_that_began_anew_before_it_was_dumped_is_not_set_back(
    cluster: Throwaway, ordinary: DatabaseFacts
) -> None:
    earlier_on = replace(ordinary, sequences={**ordinary.sequences, "public.call_no": 98})
    assert wrong(cluster, "ordinary_b", earlier_on) == {}


def test_a_sequence_that_may_begin_anew_or_was_never_called_is_not_behind(ordinary: DatabaseFacts) -> None:
    assert ordinary.sequences["public.call_no"] == 21
    assert ordinary.sequences["public.never_id_seq"] is None
    assert ordinary.behind == ("public.imported_id_seq",)


def test_a_manifest_of_an_earlier_build_is_still_compared(cluster: Throwaway, ordinary: DatabaseFacts) -> None:
    with cluster.session("ordinary") as session:
        content = counted(session.ask, [*ordinary.rows], earlier=True).content
    with cluster.session("ordinary_b") as session:
        structure = earlier(session.ask)
    old = replace(ordinary, definitions=None, behind=None, structure=structure, copied=False, content=content)
    assert {*wrong(cluster, "ordinary_b", old)} == {"content"}  # columns by their order, which inheriting changes
    found = wrong(cluster, "ordinary_b", replace(old, structure={**old.structure, "view": old.structure["index"]}))
    assert "view definitions differ" in found["structure"]


def test_a_manifest_that_knows_less_is_compared_as_far_as_it_goes(cluster: Throwaway, ordinary: DatabaseFacts) -> None:
    document = encode(ordinary)
    for name in ("comment", "connection_limit", "labels", "rules", "extension_rows"):
        document.pop(name, None)
    for sort in ("built-in grant", "aggregate argument"):
        document["definitions"].pop(sort)
    old = decode(DatabaseFacts, document, "facts")
    cluster.run("createdb", "--template=ordinary_b", "newer")
    cluster.say("newer", "revoke execute on function pg_sleep(float8) from public")
    cluster.say("newer", "comment on database newer is 'x'", "alter database newer connection limit 7")
    assert wrong(cluster, "newer", old) == {}
    assert {*wrong(cluster, "newer", ordinary)} == {"structure"}
    cluster.run("dropdb", "newer")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1; select nextval('public.call_no')",
        "SELECT visits.id FROM public.visits; select nextval('public.call_no'); select 1",
        "SELECT 1\\; select nextval('public.call_no')",
        "SELECT nextval('public.call_no')",
        "SELECT visits.id FROM public.visits WHERE pg_terminate_backend(pg_backend_pid())",
    ],
)
def test_a_text_of_a_manifest_is_read_and_never_run(cluster: Throwaway, ordinary: DatabaseFacts, text: str) -> None:
    assert ordinary.definitions is not None
    view = ordinary.definitions["view"]
    told = replace(view, texts={**view.texts, "public.open_visits": {"query": text}})
    found = wrong(cluster, "ordinary_b", replace(ordinary, definitions={**ordinary.definitions, "view": told}))
    assert found == {"structure": "view definitions differ (1 found, 1 in the manifest): public.open_visits"}
    assert cluster.say("ordinary_b", "select last_value from public.call_no") == ["21"]  # it is never rolled back


def test_what_the_server_cannot_read_is_like_nothing(cluster: Throwaway) -> None:
    with cluster.session("ordinary_b") as session, scratch(session):
        reader(session)
        ways = {f"{one}, {other}": (one, other) for one in ("1", "(1)", "lacks()") for other in ("1", "2", "lacks()")}
        read = {
            name: alike(session, Text("column", "public.visits.lo", "default", one, other))
            for name, (one, other) in ways.items()
        }
    assert [name for name, same in read.items() if same] == ["1, 1", "(1), 1"]


def test_a_database_without_the_schema_public_is_the_same(cluster: Throwaway) -> None:
    cluster.create("apart", "create schema own; create table own.a (b int); drop schema public")
    cluster.copy("apart", "apart_b")
    told = cluster.facts("apart")
    assert wrong(cluster, "apart_b", told) == {}
    cluster.say("apart_b", "create schema other")
    assert wrong(cluster, "apart_b", told) == {
        "structure": "schema definitions differ (3 found, 1 in the manifest): other"
    }


def test_an_index_whose_function_refuses_is_named_as_not_looked_at(cluster: Throwaway) -> None:
    cluster.create(
        "refusing",
        "create function f(int) returns int immutable language plpgsql as $$ begin"
        " if current_setting('seawall.test', true) is null then raise 'only with the setting'; end if;"
        " return $1; end $$;"
        "create table t (a int); create index refuses on t (f(a)); set seawall.test = 'x'; insert into t values (1)",
    )
    found = cluster.proven("refusing", cluster.facts("refusing"))["integrity"]
    assert found.verdict is Verdict.PASS
    assert "public.refuses: not looked at: only with the setting" in found.message


def test_a_partition_of_another_server_is_not_asked_at_the_backup(cluster: Throwaway) -> None:
    cluster.create(
        "parted",
        """
        create table visits (id serial, place int) partition by list (place);
        create table near partition of visits for values in (1); insert into visits (place) values (1);
        create extension file_fdw; create server elsewhere foreign data wrapper file_fdw;
        create foreign table away partition of visits for values in (2) server elsewhere options (filename '/nowhere');
        """,
    )
    assert cluster.facts("parted").rows == {"public.near": 1}
