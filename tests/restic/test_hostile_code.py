"""What an application's account put into its database runs with nobody's rights but its own when that is restored."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_code import ROUTES, WITH_CAST, forget, won
from taken_postgresql import Taken, taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.sources.postgresql import loader
from ops.sources.postgresql.nature import MARK
from ops.sources.postgresql.reach import Reach
from ops.sources.postgresql.session import scratch
from ops.sources.postgresql.structure.rereading import Text, alike, reader
from ops.sources.postgresql.verify import beside, prove

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
# What the server does as the owner, or what needs more than a plain load.
_OTHERWISE = {
    *("pathless", "index_rows", "excluded", "statistics", "materialized", "row_as_text", "broken"),
    *("folded_statistics", "literal_in_body"),
}
# What runs when a query of a table is planned: a backup's role, which is no superuser, can't help that.
_PLANNED = {"index_where", "folded_statistics", "index_attached", "literal_in_body"}
_OURS = f"comment on role {loader.LOADER} is 'loads rows of a restore that runs, and goes with it'"
_LEFT = "select rolname from pg_roles where rolname ~ '^seawall'"


@pytest.fixture
def clerk(server: Cluster, tidy: None) -> Iterator[None]:
    """The account of an application."""
    server.psql("create role clerk login")
    yield
    forget(server)


@pytest.mark.usefixtures("clerk")
def test_each_route_leads_to_a_superuser_where_everything_is_loaded_as_one(server: Cluster) -> None:
    with taken(server, WITH_CAST, parallel=False) as his:
        forget(server)
        server.psql("create database plain")
        for section in ("pre-data", "data", "post-data"):
            his.fed(_plainly(his, section))
        assert {*ROUTES, "foreign_key"} - _OTHERWISE <= {*won(server)}


def _plainly(his: Taken, section: str) -> list[str]:
    words = f'pg_restore --host={his.server.socket} --section={section} --dbname=plain "$1" 2>&1 || true'
    return ["runuser", "-u", "postgres", "--", "sh", "-c", words, "sh", str(his.folder / his.facts.dump)]


@pytest.mark.usefixtures("clerk")
def test_nobody_becomes_superuser_by_a_restore(server: Cluster) -> None:
    with taken(server, WITH_CAST, parallel=True) as his:
        assert {*won(server)} <= _PLANNED  # nothing else, even where it is read as one
        forget(server)
        said = his.load()
        assert won(server) == []
        found = dict(prove(his.target.server, "again", his.facts))
        assert won(server) == []
        his.target.end("again")
        assert won(server) == []
    assert {one.partition(" could")[0] for one in said} == {"table data public.pathless", "table data public.broken"}
    wrong = {name for name, finding in found.items() if finding.verdict is not Verdict.PASS}
    assert wrong == {"structure"}, found  # of the check that the rows break
    assert server.psql(_LEFT) == ""
    assert server.psql("select count(*) from pg_namespace where nspname ~ '^seawall'", "again") == "0"
    assert server.psql("select count(*) from pg_constraint where contypid <> 0 and contype <> 'c'", "again") == "0"
    assert server.psql("select conname from pg_constraint where not convalidated", "again") == "broken_i_check"


TAKEN_NAMES = """
create schema seawall_inert; create table seawall_inert.bodies (i int);
create table seawall_inert.untouched as select 'pg_catalog.pg_class'::regclass::oid as oid;
"""


@pytest.mark.usefixtures("clerk")
def test_a_schema_that_is_called_as_ours_hinders_no_restore(server: Cluster) -> None:
    sql = f"grant all on database his to clerk;\n\\connect - clerk\n{TAKEN_NAMES}"
    with taken(server, sql, parallel=False) as his:
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}


DEMANDING = """
create domain dose as int check (value < 10); alter domain dose add constraint "any" check (value > 0) not valid;
comment on constraint dose_check on domain dose is 'a comment'; create extension lo;
create function twice(i int) returns int immutable language sql return i * 2;
create function named(i int) returns text stable security definer set search_path = '' language plpgsql as
  'begin return i::text; end';
create table doses (d dose, t int generated always as (twice(d)) stored); insert into doses values (3);
create table "O \\'" (i int generated always as identity, check (i > 0)); insert into "O \\'" default values;
alter table doses enable row level security; alter table doses force row level security;
create schema apart; create table apart.t (i int);
create function begun() returns timestamp immutable language sql as 'select timestamp ''1999-11-20''';
create function chosen() returns uuid immutable language sql as 'select md5(text ''1'')::uuid';
create table since (t timestamp, g interval generated always as (t - begun()) stored, u uuid, c bool generated always as
  (u = chosen()) stored); insert into since (t, u) values (timestamp '2026-11-20', chosen());
create function next(i int, out o int) immutable language sql as 'select i + 1';
create function around(i int, out a int, out b date) immutable language sql as 'select i - 1, now()::date';
create function nothing() returns void immutable language sql as '';
create table turned (i int, g int generated always as (i + next(1) + (around(1)).a) stored);
insert into turned values (1); create index on turned (i) where next(1) > 0;
create table turned_key (i int) partition by list ((i + next(1)));
create table turned_3 partition of turned_key for values in (3); insert into turned_key values (1);
create type ward as enum ('first', 'second');
create function ward() returns ward immutable language sql as $f$ select ('sec' || 'ond')::public.ward $f$;
create table by_ward (w ward) partition by list ((w = ward())); create table by_second partition of by_ward for values
  in (true); insert into by_ward values ('second');
create table by_uuid (u uuid) partition by list ((u = chosen())); create table by_chosen partition of by_uuid for values
  in (true); insert into by_uuid values (chosen());
create view doubled as select twice(3) as six, '{3}'::dose[] as three;
"""


def test_functions_domains_and_rights_are_as_they_were(server: Cluster) -> None:
    server.psql("create role owner; create role reader")
    given = "alter table doses owner to owner; grant select (d) on doses to reader; alter domain dose owner to owner;"
    given += "revoke all on database his from public; grant connect on database his to reader;"
    with taken(server, DEMANDING + given) as his:
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
    assert server.psql("select six, three from doubled", "again") == "6|{3}"
    touched = (
        "select relname from pg_class where relacl is not null and relname in ('doses', 'doubled', 't')"
        " union all select nspname from pg_namespace where nspacl is not null and nspname = 'apart'"
    )
    assert server.psql(touched, "again") == ""
    comment = "select obj_description(oid, 'pg_constraint') from pg_constraint where conname = 'dose_check'"
    assert server.psql(comment, "again") == "a comment"
    refused = "do $$ begin perform 12::dose; exception when check_violation then raise notice 'refused'; return; end $$"
    assert server.psql(f"{refused}; select 3::dose", "again") == "3"


def test_rows_of_a_table_that_could_not_be_made_end_no_restore(server: Cluster) -> None:
    keyed = "create type whole as (a int, b int, c text);"
    keyed += "create function chosen() returns whole immutable language sql as $$ select row(1, 2, 'x')::whole $$;"
    keyed += (
        "create table unmade (u whole) partition by list ((u = chosen())); create table unmade_1 partition of unmade"
    )
    keyed += " default; create table made (i int); insert into made values (1); insert into unmade values (chosen());"
    with taken(server, keyed, parallel=False) as his:
        assert any(one.startswith("table public.unmade could not be loaded") for one in his.load())
        assert his.proof()["structure"] is Verdict.FAIL  # so it is not put in the place of another
    assert server.psql("select i from made", "again") == "1"


def test_what_a_killed_restore_left_is_made_anew(server: Cluster) -> None:
    server.psql(f"create role intruder; create role {loader.LOADER} superuser login password 'x'")
    server.psql(f"grant {loader.LOADER} to intruder; {_OURS}")
    for name in ("again", "other"):
        server.psql(f"create database {name}")
        server.psql(f"comment on database {name} is '{MARK}\nand what it said'")
        server.psql(f"create schema s authorization {loader.LOADER}; create table s.t (i int)", name)
        server.psql(f"grant create on schema public to {loader.LOADER}", name)
    with taken(server, "create table t (i int check (i > 0)); insert into t values (1)", parallel=False) as his:
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
    assert server.psql(_LEFT) == ""


def test_a_role_that_cannot_be_made_anew_is_said_before_anything_is_loaded(server: Cluster) -> None:
    server.psql(f"create role {loader.LOADER}; {_OURS}; create database other owner {loader.LOADER}")
    with taken(server, "create table t (i int); insert into t values (1)", parallel=False) as his:
        with pytest.raises(UsageError, match="can't be made anew") as refused:
            his.load()
        assert "drop the database" in (refused.value.hint or "")
        assert server.psql("select count(*) from pg_class where relname = 't'", "again") == "0"
    server.psql("drop database other")


def test_a_role_of_the_site_s_own_with_that_name_is_left_alone(server: Cluster) -> None:
    server.psql(f"create role {loader.LOADER} login")
    with taken(server, "create table t (i int); insert into t values (1)", parallel=False) as his:
        with pytest.raises(UsageError, match="that no restore made"):
            his.load()
        assert server.psql(_LEFT) == loader.LOADER


@pytest.fixture
def as_debian(server: Cluster) -> Iterator[tuple[Path, Path]]:
    """The cluster's two files of rules, as Debian has them; they are put back afterwards."""
    files = Path(server.socket, "data/pg_hba.conf"), Path(server.socket, "data/pg_ident.conf")
    before = [file.read_text() for file in files]
    files[0].write_text("local all all peer\n")
    server.psql("select pg_reload_conf()")
    yield files
    for file, text in zip(files, before, strict=True):
        file.resolve().write_text(text)
    server.psql("select pg_reload_conf()")


def test_where_the_role_is_not_let_in_a_restore_lets_it_in_while_it_runs(
    server: Cluster, as_debian: tuple[Path, Path]
) -> None:
    before = [(file.read_text(), file.stat().st_mode, file.owner()) for file in as_debian]
    left = "# BEGIN a restore by Seawall\nlocal all x peer\n# END a restore by Seawall\n"
    with taken(server, "create table t (i int); insert into t values (1)", parallel=False) as his:
        for found in ("", left):  # by one that was killed
            as_debian[0].write_text(found + before[0][0])
            assert his.load() == []
            assert server.psql("select i from t", "again") == "1"
            assert [(file.read_text(), file.stat().st_mode, file.owner()) for file in as_debian] == before
            assert server.psql(_LEFT) == ""
            server.psql("drop database again")


def test_where_it_can_not_be_let_in_the_lines_that_are_told_let_it_in(
    server: Cluster, as_debian: tuple[Path, Path]
) -> None:
    ours = Path(server.socket, "of-root")  # where the superuser's account can't write
    ours.mkdir(mode=0o755)
    for file in as_debian:
        (ours / file.name).write_text(file.read_text())
        beside = file.with_suffix(".link")
        beside.symlink_to(ours / file.name)
        beside.replace(file)  # at once: the server may just be about to read it
    rules, names = as_debian
    with taken(server, "create table t (i int); insert into t values (1)", parallel=False) as his:
        with pytest.raises(UsageError, match="can't be connected as that") as refused:
            his.load()
        assert server.psql("select count(*) from pg_class where relname = 't'", "again") == "0"
        assert server.psql(_LEFT) == ""
        rule, name = re.findall("`([^`]+)`", refused.value.hint or "")
        rules.write_text(f"{rule}\nlocal all all peer\n")
        names.write_text(f"{name}\n")
        server.psql("select pg_reload_conf()")
        assert his.load() == []
    assert server.psql("select i from t", "again") == "1"


def test_a_session_of_somebody_else_s_loads_nothing(server: Cluster) -> None:
    with Reach(server.socket, 5432).session() as session, pytest.raises(UsageError, match="somebody else's"):
        loader.demand(session)


def test_a_text_that_is_read_once_more_asks_no_domain(server: Cluster) -> None:
    sql = "create domain asking as int check (now() is null); create view v as select null::asking[] as a"
    with taken(server, sql) as his, beside(his.target.server, "his") as session, scratch(session):
        reader(session)
        said = "select '{1}'::public.asking[] as a"
        assert alike(session, Text("view", "public.v", "query", said, said))
