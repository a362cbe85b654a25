"""What a database is as a whole comes back with it: owner, rights, settings, comment, labels; what can't is named."""

from dataclasses import replace

import pytest
from taken_postgresql import Taken, taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.verdict import Finding, Verdict
from ops.sources.postgresql.facts import setting
from ops.sources.postgresql.nature import MARK
from ops.sources.postgresql.restore import REMEDY
from ops.sources.postgresql.verify import beside, prove

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
WHOLE = r"""
create role chief; create role clerk;
alter database his owner to chief; revoke create, connect on database his from chief; revoke temporary on database his
  from public; grant connect on database his to clerk with grant option;
alter database his connection limit 9; alter database his set search_path to "$user", "Odd ""one", public;
alter role clerk in database his set work_mem to '7MB'; comment on database his is E'two\nlines, \\ and ''';
create table rows as select 1 as one;
"""
# Marks of another server, and a setting as an update of the operating system leaves it.
UNKNOWN = """
set allow_system_table_mods = on;
insert into pg_shseclabel select oid, 'pg_database'::regclass, 'selinux', 'system_u' from pg_database
  where datname = 'his';
update pg_db_role_setting set setconfig = setconfig || '{lc_messages=xx_XX.UTF-8}' from pg_database d
  where setdatabase = d.oid and setrole = 0 and datname = 'his';
"""


def structure(his: Taken, **changes: object) -> Finding:
    return dict(prove(his.target.server, "again", replace(his.facts, **changes)))["structure"]  # type: ignore[arg-type]


def test_it_comes_back_beside_and_in_place(server: Cluster) -> None:
    with taken(server, WHOLE) as his:
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
        assert server.databases()["again"][2] == f"{MARK}\n{his.facts.comment}"
        with beside(his.target.server, "his") as session:
            was = setting(session.ask)
        server.psql("create database live connection limit 9")
        his.target.replace("again", "live")
        with beside(his.target.server, "live") as session:
            now = setting(session.ask)
        assert {*now.grants} == {*was.grants}
        assert replace(now, grants=was.grants, bytes=was.bytes) == was
        assert was.comment == "two\nlines, \\ and '"
        his.load()
        his.target.end("again")
        assert structure(his).verdict is Verdict.PASS


def test_what_is_otherwise_afterwards_is_named(server: Cluster) -> None:
    with taken(server, WHOLE) as his:
        his.load()
        server.psql("alter database again set work_mem to '1GB'; comment on database again is 'x'")
        assert structure(his) == Finding(
            Verdict.FAIL,
            "the database itself differs: its comment differs; setting work_mem, which it did not have",
        )
        server.psql("create table more ()", "again")
        assert structure(his).message.startswith("table definitions differ")
        assert "; the database itself differs: " in structure(his).message


def test_what_this_server_refuses_is_named_and_no_pass(server: Cluster) -> None:
    with taken(server, WHOLE + UNKNOWN) as his:
        said = his.load()
        assert said == [
            f"the {what} could not be given to the database: {REMEDY}"
            for what in ("setting lc_messages", "security label of selinux")
        ]
        found = structure(his)
        assert found.message == (
            "the database itself differs: its security label of selinux differs; "
            "the database is without what this server refuses: setting lc_messages"
        )
        assert structure(his, labels=()) == Finding(
            Verdict.WARN, "the database is without what this server refuses: setting lc_messages"
        )


def test_an_owner_and_a_right_of_roles_that_are_gone_are_no_dead_end(server: Cluster) -> None:
    with taken(server, WHOLE) as his:
        server.psql("drop database his; drop role chief; drop role clerk")
        (his.folder / "globals.sql").write_text("")
        said = "; ".join(his.load())
        assert (
            "the role chief, which owns the database, is neither on this server nor in the set, so it belongs" in said
        )
        assert "the right CONNECT of clerk could not be given to the database" in said
        assert "the setting work_mem of role clerk could not be given to the database" in said
        assert structure(his).message.startswith("the database itself differs: its owner is postgres, but was chief")
    assert server.psql("select one from rows", "again") == "1"


def test_a_manifest_that_says_less_is_compared_as_far_as_it_goes(server: Cluster) -> None:
    with taken(server, WHOLE) as his:
        his.load()
        server.psql("comment on database again is 'x'; alter database again connection limit 3")
        said_less = {"comment": None, "connection_limit": None, "labels": None}
        assert structure(his, **said_less).verdict is Verdict.PASS
        assert structure(his, comment=his.facts.comment).verdict is Verdict.FAIL
        server.psql("alter database again owner to clerk")
        assert "its owner is clerk, but was chief" in structure(his, **said_less).message
        assert structure(his, **said_less, owner=None).verdict is Verdict.PASS


def test_a_drill_gives_it_too(server: Cluster) -> None:
    with taken(server, WHOLE, parallel=False) as his:
        his.drill()
        assert {*his.proof("his").values()} == {Verdict.PASS}


# The server is told of roles and of the database in UTF-8, as from another database; its own letters are another's.
LATIN = r"""
set client_encoding = 'SQL_ASCII'; create role "Jürgen"; create role "Ängste"; create role "日本 \x41";
create table owned (i int); alter table owned owner to "Jürgen"; grant select on owned to "Ängste";
alter database his owner to "日本 \x41"; comment on database his is 'Í \x41'; alter database his set my.word to 'é\';
grant connect on database his to "Ängste"; alter role "Ängste" in database his set work_mem to '7MB';
alter role "Ängste" set my.word to 'é';
set client_encoding = 'UTF8'; create table "Kälte" ("ö" text default 'ü'); insert into "Kälte" values ('ä');
"""


def test_letters_that_are_not_the_databases_come_back(server: Cluster) -> None:
    with taken(server, LATIN, nature="encoding 'WIN1252' template template0 locale 'C'") as his:
        told = his.facts
        assert (told.owner, told.comment) == (r"日本 \x41", r"Í \x41")
        assert [*told.rows] == ['public."Kälte"', "public.owned"]
        assert his.load() == []
        assert {*his.proof().values()} == {Verdict.PASS}
        server.psql("alter role \"Ängste\" in database again reset work_mem; comment on database again is 'Ï'")
        assert structure(his).message.endswith("its comment differs; setting work_mem of role Ängste")
        assert his.load("Kälte") == []
        server.psql("drop database his")
        server.psql("drop database again")
        for role in ("Jürgen", "Ängste", r"日本 \x41"):
            server.psql(f'drop role "{role}"')
        assert r"made the roles Jürgen, Ängste, 日本 \x41, which it needs" in his.load()[0]
        assert {*his.proof().values()} == {Verdict.PASS}
