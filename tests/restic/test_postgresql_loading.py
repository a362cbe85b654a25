"""Databases that a plain load refuses: the rows come back all the same, and what was not as it should be is named."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import pytest
from throwaway_postgresql import AS_POSTGRES, PROGRAMS, Cluster, cluster

from ops.core.errors import CommandError, Damaged, UsageError
from ops.core.names import DatabaseName
from ops.core.pipe import pipe
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.interfaces.server import LoadedMaterial, Only
from ops.sources._shared.local_server import Local
from ops.sources.postgresql.drilled import load
from ops.sources.postgresql.facts import PostgreSQLFacts, facts
from ops.sources.postgresql.left_out import left_out
from ops.sources.postgresql.restore import RestoreTarget
from ops.sources.postgresql.sequences import SEQUENCES
from ops.sources.postgresql.session import PSQL, Session, connection
from ops.sources.postgresql.sql import identifier
from ops.sources.postgresql.verify import beside, prove

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not PROGRAMS.exists(), reason="only root, with PostgreSQL 15 on the machine"
)
SYSTEM = ("postgres", "template0", "template1")


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as one:
        yield one


@pytest.fixture(autouse=True)
def tidy(server: Cluster) -> Iterator[None]:
    yield
    for name in server.databases():
        if name not in SYSTEM:
            server.psql(f"drop database {identifier(name)} with (force)")
    for role in server.psql(
        "select rolname from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'"
    ).splitlines():
        server.psql(f"drop role {identifier(role)}")


class Taken:
    """What a set would hold of the database `his`, and a way to load it again."""

    def __init__(self, server: Cluster, folder: Path, *, parallel: bool) -> None:
        self.server, self.folder, self.parallel = server, folder, parallel
        self.target = RestoreTarget(server.socket, 5432)
        with beside(self.target.server, "his") as session:
            found = facts(session.ask, session.ask(SEQUENCES))
        self.facts = PostgreSQLFacts(
            **vars(found),
            engine="postgresql",
            database=DatabaseName("his"),
            dump="database.dir" if parallel else "database.dump",
            dump_bytes=0,
        )
        words = ["--format=directory", "--jobs=2"] if parallel else ["--format=custom"]
        subprocess.run(["chown", "postgres", folder], check=True)
        self.program("pg_dump", *words, f"--file={folder / self.facts.dump}", "his")
        self.program("pg_dumpall", "--globals-only", f"--file={folder / 'globals.sql'}")

    def program(self, name: str, *words: str) -> str:
        return run([*AS_POSTGRES, name, f"--host={self.server.socket}", *words], timeout=60, cwd=Path("/")).stdout

    def fed(self, argv: Sequence[str]) -> str:
        if self.parallel:
            return run(argv, timeout=60, cwd=Path("/")).stdout
        with TemporaryFile() as output:
            pipe(["cat", self.folder / self.facts.dump], argv, timeout=60, output=output)
            output.seek(0)
            return output.read().decode()

    def load(self, *tables: str, constraints: bool = False) -> list[str]:
        """Load it as `again`; return what was said."""
        material = LoadedMaterial(self.fed, self.folder if self.parallel else None)
        return [*self.target.load("again", self.facts, Only(tables, constraints), self.folder, material)]

    def proof(self) -> dict[str, Verdict]:
        return {name: finding.verdict for name, finding in prove(self.target.server, "again", self.facts)}


@contextmanager
def taken(server: Cluster, sql: str, *, settings: Sequence[str] = (), parallel: bool = True) -> Iterator[Taken]:
    """Make the database `his` with some SQL and settings, and take it."""
    server.psql("create database his")
    server.psql(sql, "his")
    for one in settings:
        server.psql(f"alter database his set {one}")
    with TemporaryDirectory() as folder:
        yield Taken(server, Path(folder), parallel=parallel)


PATHLESS = """
create schema tools;
create function tools.plain(t text) returns text immutable language sql as $$ select lower(t) $$;
create function public.folded(t text) returns text immutable language sql as $$ select upper(t) $$;
create function public.slug(t text) returns text immutable language plpgsql as $$ begin return folded(t); end $$;
create table units (name text, key text generated always as (slug(name)) stored); insert into units values ('one');
create table checked (name text check (slug(name) <> '')); insert into checked values ('two');
create table indexed (name text); insert into indexed values ('three'); create index on indexed (slug(name));
create materialized view seen as select slug(name) as key from indexed;
create domain key as text check (slug(value) <> ''); create table keyed (key key); insert into keyed values ('four');
"""


@pytest.mark.parametrize("parallel", [False, True])
def test_functions_without_schema_are_loaded_afterwards_and_named(server: Cluster, parallel: bool) -> None:
    with taken(server, PATHLESS, parallel=parallel) as his:
        said = his.load()
        assert {*his.proof().values()} == {Verdict.PASS}
    assert len(said) == 1, said
    assert said[0].startswith("table data public.units, ") or "table data public.units" in said[0]
    assert "the function public.slug uses names without a schema" in said[0]
    assert "alter function public.slug(...) set search_path = public" in said[0]
    assert "one" not in said[0]
    assert server.psql("select key from units", "again") == "ONE"
    assert server.psql("select key from seen", "again") == "THREE"


def test_a_check_that_reads_another_table_is_loaded_when_that_is_there(server: Cluster) -> None:
    sql = """
    create table wards (id int primary key); insert into wards values (1);
    create function known(i int) returns bool language sql as 'select exists (select from public.wards where id = i)';
    create table beds (ward int check (known(ward))); insert into beds values (1);
    """
    with taken(server, sql, parallel=False) as his:
        (said,) = his.load()
        assert {*his.proof().values()} == {Verdict.PASS}
    assert "table data public.beds could be loaded only" in said


BROKEN = """
create table wards (id int primary key);
create table beds (ward int references wards, number int);
alter table beds disable trigger all; insert into beds values (99, 7); alter table beds enable trigger all;
create function small(i int) returns bool language sql immutable as 'select i < 10';
create table doses (amount int, constraint few check (small(amount))); insert into doses values (5);
create or replace function small(i int) returns bool language sql immutable as 'select i < 3';
"""


def test_what_the_rows_break_is_there_for_new_rows_alone(server: Cluster) -> None:
    with taken(server, BROKEN) as his:
        said = his.load()
        assert his.proof()["content"] is Verdict.PASS
        assert his.proof()["structure"] is not Verdict.PASS
    assert server.psql("select conname from pg_constraint where not convalidated order by 1", "again") == (
        "beds_ward_fkey\nfew"
    )
    words = "; ".join(said)
    assert "fk constraint public.beds beds_ward_fkey is there for new rows alone (NOT VALID)" in words
    assert "table data public.doses could be loaded only without the checks of the table" in words
    assert "few: there for new rows alone" in words
    assert "99" not in words


def test_no_trigger_fires_for_what_is_loaded_afterwards(server: Cluster) -> None:
    logged = """
    create table log (word text);
    create function note() returns trigger language plpgsql as
      $$ begin insert into public.log values ('row'); return new; end $$;
    create trigger noted after insert on units for each row execute function note();
    create function never() returns event_trigger language plpgsql as $$ begin raise 'no'; end $$;
    create event trigger never on ddl_command_end execute function never();
    """
    with taken(server, PATHLESS + logged) as his:
        his.load()
    assert server.psql("select (select count(*) from log), (select key from units)", "again") == "0|ONE"


SETTINGS = (
    *("default_transaction_read_only = on", "statement_timeout = '1ms'", "lock_timeout = '1ms'"),
    *("idle_in_transaction_session_timeout = '1ms'", "default_transaction_isolation = 'serializable'"),
    *("search_path = 'nowhere'", "row_security = off", "default_table_access_method = heap", "my.own = 'x y'"),
)


def test_settings_of_the_database_do_not_hinder_the_load_and_are_kept(server: Cluster) -> None:
    rows = "create table rows as select i from generate_series(1, 50000) i"
    with taken(server, rows, settings=(*SETTINGS, "session_preload_libraries = 'auto_explain'")) as his:
        assert his.load() == []
    assert server.psql("set statement_timeout = 0; select count(*) from public.rows", "again") == "50000"
    kept = (
        "select unnest(setconfig) from pg_db_role_setting s join pg_database d on d.oid = setdatabase where datname = "
    )
    assert server.psql(f"{kept} 'again' order by 1") == server.psql(f"{kept} 'his' order by 1")


def test_a_table_space_that_is_not_there_is_mapped_to_the_default(server: Cluster) -> None:
    with TemporaryDirectory() as folder:
        subprocess.run(["chown", "postgres", folder], check=True)
        server.psql(f"create tablespace \"fast disk\" location '{folder}'")
        sql = """
        create table scans (id int primary key using index tablespace "fast disk") tablespace "fast disk";
        insert into scans values (1); create index on scans (id) tablespace "fast disk";
        """
        with taken(server, sql) as his:
            assert [one for one in his.load() if "CREATE TABLESPACE" not in one] == []
            spaces = "select count(*) from pg_class where reltablespace <> 0 and relname ~ 'scans'"
            assert server.psql(spaces, "again") == "3"
            server.psql("drop database again")
            server.psql("drop database his")
            server.psql('drop tablespace "fast disk"')
            said = his.load()[-1]
            assert said.startswith("no table space fast disk on this server")
            assert server.psql("select id from scans", "again") == "1"


def test_what_is_not_on_this_server_is_named_with_its_remedy(server: Cluster) -> None:
    sql = """
    create collation odd (provider = icu, locale = 'pt-BR'); create table words (word text collate odd);
    insert into words values ('x'); create role gone; create table owned (i int); alter table owned owner to gone;
    create extension unaccent;
    """
    with taken(server, sql) as his:
        server.psql("drop database his")
        server.psql("drop role gone")
        (his.folder / "globals.sql").write_text("")
        extension = Path(run(["pg_config", "--sharedir"], timeout=9).stdout.strip(), "extension/unaccent.control")
        text = extension.read_bytes()
        try:
            extension.unlink()
            said = "; ".join(his.load())
        finally:
            extension.write_bytes(text)
    assert "the role gone is neither on this server nor in the set: table public.owned came without" in said
    assert "extension unaccent could not be loaded as it was" in said
    assert "install the package of the extension" in said
    assert server.psql("select word from words", "again") == "x"


@pytest.mark.parametrize("share", [0.5, 0.98])
def test_a_dump_that_was_cut_off_is_not_loaded_quietly(server: Cluster, share: float) -> None:
    with taken(
        server, "create table rows as select i, md5(i::text) as word from generate_series(1, 5000) i", parallel=False
    ) as his:
        dump = his.folder / "database.dump"
        os.truncate(dump, int(dump.stat().st_size * share))
        with pytest.raises(CommandError):
            his.load()


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
