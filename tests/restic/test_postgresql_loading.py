"""Databases that a plain load refuses: the rows come back all the same, and what was not as it should be is named."""

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from taken_postgresql import PATHLESS, taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.errors import CommandError, Damaged
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.sources._shared.local_server import Local
from ops.sources.postgresql.facts import facts
from ops.sources.postgresql.restore import RestoreTarget
from ops.sources.postgresql.verify import beside

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]


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


def test_a_column_that_may_be_null_where_its_parent_s_may_not_is_so_again(server: Cluster) -> None:
    sql = """
    create table p (a int, b text); create table "C" (check (b <> '')) inherits (p); insert into "C" values (null, 'x');
    create table d () inherits (p); insert into d values (1, 'y'); alter table only p alter a set not null;
    alter table p alter b set not null;
    """
    with taken(server, sql) as his:
        (said,) = his.load()
        wrong = {name for name, verdict in his.proof().items() if verdict is not Verdict.PASS}
    assert said.endswith("; a: may be null, as there, unlike in the table that it inherits from"), said
    assert wrong == {"structure"}  # a dump can't say it of the other table, which would take null as well
    assert (
        server.psql(
            "select attrelid::regclass, attname from pg_attribute where attrelid in ('\"C\"'::regclass,"
            " 'd'::regclass) and attname in ('a', 'b') and not attnotnull",
            "again",
        )
        == '"C"|a'
    )


def test_what_only_a_superuser_may_own_is_named_where_its_owner_is_none(server: Cluster) -> None:
    sql = """
    create role dba superuser; create foreign data wrapper "w x"; alter foreign data wrapper "w x" owner to dba;
    create function f() returns event_trigger language plpgsql as 'begin end'; alter function f() owner to dba;
    create event trigger e on ddl_command_end execute function f(); alter event trigger e owner to dba;
    """
    with taken(server, sql) as his:
        server.psql("drop database his")
        server.psql("drop role dba")
        made, *said = his.load()
    assert made.startswith("made the roles dba")
    assert [one.partition(", because")[0] for one in said] == [
        "foreign data wrapper w x is not its owner's",
        "event trigger e is not its owner's",
    ]
    assert server.psql("select count(*) from pg_event_trigger", "again") == "1"


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


def test_errors_come_in_the_language_in_which_they_are_read(server: Cluster) -> None:
    asked = ["psql", "-XAtq", "--dbname=postgres", "--command=show lc_messages"]
    server.psql("alter role postgres set lc_messages = 'C.UTF-8'")
    try:
        assert server.psql("show lc_messages") == "C.UTF-8"
        assert RestoreTarget(server.socket, 5432).server.run(asked, 60) == "C\n"
    finally:
        server.psql("alter role postgres reset lc_messages")


def test_a_setting_of_a_role_that_the_server_refuses_ends_no_restore(server: Cluster) -> None:
    server.psql("create role clerk login password 'x'")
    with taken(server, "create table t (id int); alter table t owner to clerk", parallel=False) as his:
        with (his.folder / "globals.sql").open("a") as file:
            file.write("ALTER ROLE clerk SET lc_messages TO 'xx_XX';\nALTER ROLE clerk SET work_mem TO '8MB';\n")
        server.psql("drop database his")
        server.psql("drop role clerk")
        said = his.load(logins=True)
        assert {*his.proof().values()} == {Verdict.PASS}
        server.psql("drop database again")
        server.psql("alter role clerk nologin")
        assert his.load(logins=True) == [
            "roles that were there already can't log in: clerk; alter role ... login password ..."
        ]
        server.psql("alter role clerk login")
    assert 'alter role "clerk" set "lc_messages" to \'xx_XX\': the server refused it' in said[0]
    assert "made the roles clerk, which it needs, with the logins and passwords of the set" in said[1]
    query = "select a.rolcanlogin, rolconfig, a.rolpassword ~ '^SCRAM' from pg_authid a join pg_roles r using (oid)"
    query += " where a.rolname = 'clerk'"
    assert server.psql(query) == "t|{work_mem=8MB}|t"


# What moved here from a server of long ago: bytes of Latin-1 in rows, names of columns, defaults and comments.
LATIN = r"""
create table notes (id int primary key, t text default E'M\xfcller' check (t <> E'\xe9'), u char(9), a text[]);
insert into notes values (1, E'gr\xfc\xdf', E'\xe8', array[E'\xe7']), (2, 'plain', '', '{}');
comment on table notes is E'\xe0'; create type kind as enum (E'\xe1', 'b'); create view seen as select E'\xe2' as x;
"""


def test_a_database_without_an_encoding_comes_back_and_a_changed_letter_is_noticed(server: Cluster) -> None:
    with taken(server, LATIN, nature="encoding 'SQL_ASCII' template template0 locale 'C'") as his:
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
        server.psql(r"alter table notes alter t set default E'M\xf6ller'", "again")
        assert his.proof()["structure"] is Verdict.FAIL
        server.psql(r"alter table notes alter t set default E'M\xfcller'; update notes set u = E'\xe9'", "again")
        assert {name for name, verdict in his.proof().items() if verdict is not Verdict.PASS} == {"content"}


def test_a_name_that_nobody_can_ask_for_is_refused_by_name(server: Cluster) -> None:
    server.psql("create database old encoding 'SQL_ASCII' template template0 locale 'C'")
    server.psql(r"do $$ begin execute E'create table m\xfcl (id int)'; end $$", "old")
    with (
        beside(Local("postgres", {"PGHOST": server.socket}), "old") as session,
        pytest.raises(Damaged, match="holds bytes that are no UTF-8"),
    ):
        facts(session, {})


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


WATCHED = """
create table ddl_log (at timestamptz, tag text);
create function log_ddl() returns event_trigger language plpgsql as
  $$ begin insert into public.ddl_log values (now(), tg_tag); end $$;
create function forbidden() returns event_trigger language plpgsql as $$ begin raise 'not here'; end $$;
create event trigger log_ddl on ddl_command_end execute function log_ddl();
create table seen (id int primary key); create materialized view counted as select count(*) from seen;
comment on table seen is 'seen'; comment on event trigger log_ddl is 'logs';
create event trigger none_of_these on ddl_command_start when tag in ('REFRESH MATERIALIZED VIEW', 'CREATE EXTENSION')
  execute function forbidden();
"""


@pytest.mark.parametrize("parallel", [True, False])
def test_triggers_on_definitions_neither_forbid_the_load_nor_write_of_it(server: Cluster, parallel: bool) -> None:
    with taken(server, WATCHED, parallel=parallel) as his:
        assert his.load() == []
        assert set(his.proof().values()) == {Verdict.PASS}


def test_what_the_planner_cannot_be_told_is_no_reason_to_keep_a_database_back(
    server: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = """
    create function picky(t text) returns text immutable language plpgsql as $$ begin raise 'not today'; end $$;
    create table told (a text, b int); insert into told select 'x', i from generate_series(1, 300) i;
    create statistics two on (picky(a)), b from told;
    """
    with taken(server, sql) as his:
        assert his.load() == []
        his.target.end("again")
    assert server.databases()["again"][2] == ""
    assert "not today; run `analyze` there by hand" in capsys.readouterr().out
