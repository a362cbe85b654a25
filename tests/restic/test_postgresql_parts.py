"""Tables alone, roles that come back locked, drills, and what a backup leaves out, on a real PostgreSQL."""

import subprocess
from dataclasses import replace
from tempfile import TemporaryDirectory

import pytest
from taken_postgresql import PATHLESS, Taken, taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.errors import Damaged, UsageError
from ops.core.names import AbsolutePath
from ops.core.verdict import Verdict
from ops.sources._shared.local_server import Local
from ops.sources.postgresql import Options, parts, shut
from ops.sources.postgresql.drilled import load
from ops.sources.postgresql.left_out import left_out
from ops.sources.postgresql.session import PSQL, Session, connection

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]


TABLES = """
create role clerk; create role "odd role"; create schema billing authorization clerk; create schema arch;
create type billing.state as enum ('open', 'paid'); create domain billing.amount as numeric check (value >= 0);
create function billing.next_number() returns int language sql as 'select 7';
create table billing.customers (id serial primary key, name text unique);
create table billing.invoices (
  id int generated always as identity primary key, state billing.state default 'open', amount billing.amount,
  number int default billing.next_number(), customer int references billing.customers, positive int check (positive > 0)
);
create index on billing.invoices (amount); grant select on billing.invoices to clerk;
insert into billing.customers (name) values ('c');
insert into billing.invoices (amount, customer, positive) values (1, 1, 1);
create table public.samples (id int); create table arch.samples (id int); insert into arch.samples values (1), (2);
create table public."a.b" (id serial primary key, word text); insert into "a.b" (word) values ('x'), ('y');
create schema a; create table a.b (id int); insert into a.b values (1);
create table "odd ""name; x" (i int); alter table "odd ""name; x" owner to "odd role";
insert into "odd ""name; x" values (1);
create table parted (at date) partition by range (at);
create table parted_1 partition of parted for values from ('2026-01-01') to ('2027-01-01');
insert into parted values ('2026-02-02');
"""


def test_a_database_that_allows_no_connections_is_named_where_all_are_meant(server: Cluster) -> None:
    options = Options(all=True, user="postgres", socket=AbsolutePath(server.socket))
    assert (parts(options), shut(options)) == ({}, [])
    server.psql("create database attic; alter database attic allow_connections false")
    assert [one.partition(":")[0] for one in shut(options)] == [
        "the database attic is not taken, for nobody can be connected to it"
    ]
    server.psql("create database mould is_template true")
    try:
        assert [*parts(options)] == ["mould"]  # whatever somebody keeps in it
        server.psql("alter database mould allow_connections false")
        assert len(shut(options)) == 2
    finally:
        server.psql("alter database mould is_template false")
    assert [*shut(replace(options, all=False, database="postgres"))] == []


def count(server: Cluster, table: str) -> str:
    return server.psql(f"select count(*) from {table}", "again")


def test_tables_alone_come_with_what_they_need(server: Cluster) -> None:
    rows = {
        "billing.invoices": 1,
        "arch.samples": 2,
        'public."a.b"': 2,
        'public."odd ""name; x"': 1,
        "public.parted_1": 1,
    }
    with taken(server, TABLES, parallel=False) as his:
        assert his.load(*rows) == []
        assert {table: int(count(server, table)) for table in rows} == rows
        constraints = "select count(*) from pg_constraint where contype in ('p', 'u', 'f') and conrelid > 16384"
        assert server.psql(constraints, "again") == "0"
        assert his.load("a.b", "customers") == []
        server.psql("insert into billing.customers (name) values ('next')", "again")
        assert server.psql("select max(id) from billing.customers", "again") == "2"
        assert (count(server, "a.b"), server.psql("select to_regclass('public.\"a.b\"')", "again")) == ("1", "")


def test_with_constraints_the_table_has_those_and_its_indexes(server: Cluster) -> None:
    with taken(server, TABLES) as his:
        (said,) = his.load("billing.invoices", constraints=True)
        assert said.startswith("fk constraint billing.invoices invoices_customer_fkey: left out")
        indexes = "select indexname from pg_indexes where schemaname = 'billing' order by 1"
        assert server.psql(indexes, "again") == "invoices_amount_idx\ninvoices_pkey"
        assert his.load("billing.invoices", "billing.customers", constraints=True) == []
        assert server.psql("select conname from pg_constraint where contype = 'f'", "again") == "invoices_customer_fkey"


def test_a_table_that_is_not_there_is_refused_before_anything_is_made(server: Cluster) -> None:
    with taken(server, TABLES) as his:
        for word in ("patients", "billing.samples", "a.c", "parted"):
            with pytest.raises(UsageError, match="the set has no table"):
                his.load(word)
            assert "again" not in server.databases()


def test_roles_that_are_missing_are_made_locked_and_only_those_that_are_needed(server: Cluster) -> None:
    sql = """
    create role clerk login superuser password 'secret';
    comment on role clerk is E'night shift\\nsee the intranet; ask Ana';
    create role staff; create role dropped login password 'secret'; grant staff to clerk; grant postgres to clerk;
    create table owned (i int); alter table owned owner to clerk; grant select on owned to staff;
    """
    with taken(server, sql) as his:
        server.psql("drop database his")
        server.psql("drop role clerk, staff, dropped")
        (said,) = his.load()
        assert his.proof()["roles"] is Verdict.PASS
    assert said.startswith("made the roles clerk, staff, which it needs, without login, password")
    roles = (
        "select rolname, rolcanlogin, rolsuper, rolpassword is null from pg_authid where rolname !~ '^pg_' order by 1"
    )
    assert server.psql(roles) == "clerk|f|f|t\npostgres|t|t|t\nstaff|f|f|t"
    members = "select roleid::regrole, member::regrole from pg_auth_members where member = 'clerk'::regrole"
    assert server.psql(members) == "staff|clerk"
    assert (
        server.psql("select shobj_description('clerk'::regrole, 'pg_authid')")
        == "night shift\nsee the intranet; ask Ana"
    )
    assert server.psql("select tableowner from pg_tables where tablename = 'owned'", "again") == "clerk"


def drilled(his: Taken) -> None:
    """Load it as a drill does: into a server without the database and its table spaces, in a folder."""
    his.server.psql("drop database his")
    files = his.folder / his.facts.dump
    size = sum(path.stat().st_size for path in files.iterdir())
    assert load(his.target.server, his.folder, replace(his.facts, dump_bytes=size)) == "his"


def test_a_drill_names_what_a_plain_load_refuses(server: Cluster) -> None:
    with (
        taken(server, PATHLESS) as his,
        pytest.raises(Damaged, match="a plain load refuses table data public") as error,
    ):
        drilled(his)
    assert "the function public.slug uses names without a schema" in error.value.message
    assert "seawall restore" in error.value.hint


def test_a_drill_loads_what_settings_and_table_spaces_would_keep_out(server: Cluster) -> None:
    with TemporaryDirectory() as folder:
        subprocess.run(["chown", "postgres", folder], check=True)
        server.psql(f"create tablespace fast location '{folder}'")
        own = ("default_transaction_read_only = on", "default_tablespace = fast")
        with taken(
            server, "create table scans (id int) tablespace fast; insert into scans values (1)", settings=own
        ) as his:
            server.psql("drop database his")
            server.psql("drop tablespace fast")
            server.psql("create database his")
            drilled(his)
        assert server.psql("select id from scans", "his") == "1"
        kept = "select unnest(setconfig) from pg_db_role_setting order by 1"
        assert server.psql(kept) == "default_tablespace=fast\ndefault_transaction_read_only=on"


LEFT = """
create role reader login; grant pg_read_all_data to reader;
create extension postgres_fdw; create server pacs foreign data wrapper postgres_fdw options (host 'x', dbname 'y');
create user mapping for postgres server pacs options (user 'u', password 'p4cs');
create user mapping for public server pacs options (user 'v', password 'p4cs');
create user mapping for reader server pacs;
create subscription from_lis connection 'dbname=none' publication p with (connect = false);
"""


def said_of(server: Cluster, user: str) -> str:
    """Return what a backup says of the database as a role, line by line."""
    words = f"--dbname={connection('his', user=user)}"
    with Local("postgres", {"PGHOST": server.socket}).talk([*PSQL, words], 60) as program:
        return "\n".join(left_out(Session(program).ask, "his"))


def test_what_no_dump_of_this_role_has_is_said_at_the_backup(server: Cluster) -> None:
    server.psql("create database his")
    server.psql(LEFT, "his")
    server.psql("select pg_create_logical_replication_slot('follows', 'pgoutput')", "his")
    server.psql("begin; create table t (i int); prepare transaction 'young'", "his")
    try:
        mappings, subscription, slot = said_of(server, "reader").splitlines()
        assert "the options of 2 user mappings are not in the backup (pacs for postgres, pacs for public)" in mappings
        assert "alter user mapping" in mappings
        assert "p4cs" not in mappings
        assert "a subscription is not in the backup (from_lis)" in subscription
        assert "a logical replication slot is not in the backup (follows)" in slot
        assert said_of(server, "postgres") == slot
    finally:
        server.psql("rollback prepared 'young'", "his")
        server.psql("select pg_drop_replication_slot('follows')", "his")
        server.psql("alter subscription from_lis set (slot_name = none); drop subscription from_lis", "his")


def test_nothing_is_said_of_a_database_that_a_dump_holds_whole(server: Cluster) -> None:
    server.psql("create database his")
    server.psql("create role reader login; grant pg_read_all_data to reader")
    assert said_of(server, "reader") == ""


def test_a_drill_without_the_owner_and_a_locale_of_the_database_loads_all_else(server: Cluster) -> None:
    with taken(server, "create table kept (id int); insert into kept values (1)") as his:
        settings = (("", "work_mem=9MB"), ("", "lc_time=xx_XX.UTF-8"))
        his.facts = replace(his.facts, owner="nobody_here", settings=settings)
        drilled(his)
    assert server.psql("select id from kept", "his") == "1"


NEARER = """
create role evil; grant create on schema public to evil; set role evil;
create function public.step(state json, one name) returns json language plpgsql as
  $$ begin execute 'alter role evil superuser'; return state; exception when others then return state; end $$;
create aggregate public.json_agg(name) (sfunc = public.step, stype = json, initcond = '[]');
"""


def test_no_function_of_somebody_else_is_nearer_to_the_superuser(server: Cluster) -> None:
    able = "select rolsuper from pg_roles where rolname = 'evil'"
    server.psql(NEARER)
    try:
        with taken(server, "create table kept (id int); insert into kept values (1)") as his:
            his.load()
            his.target.replace("again", "his")
        assert server.psql(able) == "f"
    finally:
        server.psql("drop owned by evil cascade")
