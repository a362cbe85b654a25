"""Roles and accounts of a set, made on real servers: those of a healthy one come back, a hostile one runs nothing.

It runs on this computer, in the lab's trees.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ops.core.errors import Damaged
from ops.core.names import DatabaseName
from ops.drills._shared.sandbox import Tree
from ops.drills.database import serving
from ops.sources._shared.statement import PassedOver
from ops.sources.mariadb.accounts import missing, text_of
from ops.sources.mariadb.session import LOADING, program
from ops.sources.mariadb.verify import ENGINE
from ops.sources.mariadb.verify import beside as mariadb
from ops.sources.postgresql import restore
from ops.sources.postgresql.facts import PostgreSQLFacts, facts, setting
from ops.sources.postgresql.nature import settings
from ops.sources.postgresql.reach import Reach
from ops.sources.postgresql.sequences import SEQUENCES
from ops.sources.postgresql.verify import beside as postgresql
from ops.sources.postgresql.verify import engine

ROLES = r"""
create role clerk login password 'se''cret' connection limit 5 valid until '2031-01-02 03:04:05+00';
create role "old owner" superuser createdb createrole replication bypassrls noinherit;
create role "odd ""na;me\"; create role "Grüße\!x"; create role "set"; create role "a
b";
grant clerk to "old owner" with admin option; grant pg_read_all_data to "odd ""na;me\"; grant "set" to clerk;
comment on role clerk is 'it''s; a \ comment
-- over lines
\! id';
alter role clerk set search_path to "$user", "Odd, Schema", public, "q""q";
alter role clerk set my.weird to 'x''y\z; ';
alter role "old owner" set datestyle to 'ISO, DMY';
alter role "old owner" set temp_tablespaces to '';
alter role "set" set session_preload_libraries to 'auto_explain', '$libdir/auth_delay';
grant set on parameter log_min_duration_statement to clerk with grant option;
grant set, alter system on parameter my.setting to "set";
create database "the his" owner "old owner";
alter database "the his" set search_path to "Odd, Schema", public;
alter role "odd ""na;me\" in database "the his" set work_mem to '9MB';
revoke temporary on database "the his" from public;
grant connect, create on database "the his" to clerk with grant option;
"""
OF_17 = r"""
grant clerk to "odd ""na;me\" with inherit false, set false; grant "Grüße\!x" to "set" with admin true, inherit true;
"""
ACCOUNTS = r"""
create database his; create table his.t (id int, `odd na``me` int, `c,d` int);
create procedure his.p() select 1; create function his.f() returns int return 1;
create user clerk@'%' identified by 'se''cret'; create user nopw@localhost;
create user `odd 'na``me\\ x`@localhost identified via unix_socket or mysql_native_password using password('x');
create user lim@'10.%' require subject '/CN=a b' cipher 'AES'
  with max_queries_per_hour 3 max_user_connections -1 max_statement_time 1.5;
create user tls@h require x509; create user locked@h account lock password expire;
create user never@h password expire never; create user Grüße@h password expire interval 30 day account lock;
create role reader; create role boss; create role `odd role`; grant reader to boss;
grant boss to clerk@'%' with admin option; set default role boss for clerk@'%'; grant `odd role` to nopw@localhost;
grant select on his.* to reader; grant all on his.* to clerk@'%' with grant option;
grant select, insert on `a\_b\%`.* to clerk@'%'; grant all on *.* to boss with grant option;
grant select (`odd na``me`), insert (`c,d`), delete on his.t to nopw@localhost with grant option;
grant execute, alter routine on procedure his.p to nopw@localhost;
grant execute on function his.f to nopw@localhost with grant option;
grant proxy on clerk@'%' to nopw@localhost with grant option; grant proxy on ''@'%' to tls@h;
grant process, file, super, replication client, slave monitor, read_only admin, delete history on *.* to tls@h;
"""
MARK = "seen"  # what a hostile text would make
RELEASES = {"bookworm": 15, "trixie": 17}


@dataclass(frozen=True)
class InTree(Reach):
    """The server of a tree, in the place of the machine's own."""

    tree: Tree | None = None

    @property
    def server(self) -> Tree:  # type: ignore[override]
        assert self.tree
        return self.tree


@dataclass(frozen=True)
class Beside(restore.RestoreTarget):
    """A restore into the server of a tree."""

    tree: Tree | None = None

    @property
    def _reach(self) -> InTree:
        return InTree(self.socket, self.port, tree=self.tree)

    @property
    def server(self) -> Tree:  # type: ignore[override]
        return self._reach.server


def room(folder: Path) -> Path:
    """Make a folder that a tree's account may write to."""
    (folder / "material").mkdir(parents=True)
    for place, mode in ((folder, 0o755), (folder / "material", 0o777)):
        place.chmod(mode)
    return folder


def roles_of(server: Tree) -> list[str]:
    return [line for line in server.run(["pg_dumpall", "--globals-only"], 60).splitlines() if "restrict " not in line]


def own(lines: list[str]) -> list[str]:
    """Return what roles are and have for themselves, without what lets them in or up."""
    parts = ("CREATE ROLE ", "COMMENT ON ", "GRANT ", "ALTER ROLE ")
    rights = ("GRANT pg_", " ON PARAMETER ", " WITH NO", " WITH SUPER")
    return [one for one in lines if one.startswith(parts) and not any(right in one for right in rights)]


def able(lines: list[str]) -> list[str]:
    """Return which lines let a role in or up, other than the server's own."""
    rights = (" SUPERUSER", " CREATEROLE", " CREATEDB", " REPLICATION", " BYPASSRLS", " LOGIN", "PASSWORD")
    return [one for one in lines if any(right in one for right in rights) and " ROLE postgres " not in one]


@contextmanager
def clusters(tree: Path, major: int, folder: Path) -> Iterator[tuple[PostgreSQLFacts, list[str], str, Beside]]:
    """Yield the facts and roles of a healthy server, and a restore into an empty one of the same release."""
    with serving(tree, room(folder / "healthy"), engine(major)) as server:
        (folder / "healthy/material/roles.sql").write_text(ROLES + (OF_17 if major >= 17 else ""), "utf-8")
        server.run(["psql", "-Xq", "--set=ON_ERROR_STOP=1", "--file=/mnt/material/roles.sql", "postgres"], 60)
        with postgresql(server, "the his") as session:
            found = facts(session, session.ask(SEQUENCES))
        roles, text = roles_of(server), server.run(["pg_dumpall", "--globals-only"], 60)
    told = PostgreSQLFacts(**vars(found), engine="postgresql", database=DatabaseName("the his"), dump_bytes=0)
    with serving(tree, room(folder / "empty"), engine(major)) as server:
        yield told, roles, text, Beside("", 0, tree=server)


def come_back(target: Beside, told: PostgreSQLFacts, roles: list[str], folder: Path) -> None:
    """Make the roles and the database of a healthy set, and put it in the place of a live one."""
    assert len([*target.begin("again", told, folder, told.roles)]) == 1
    assert own(roles_of(target.server)) == own(roles)
    assert able(roles_of(target.server)) == []
    assert [*target.begin("again", told, folder, told.roles)] == []  # as after an interruption
    for one in settings("again", told):
        target.server.run(["psql", "-Xqc", one.statement, "postgres"], 60)
    with postgresql(target.server, "again") as session:
        now = setting(session.ask)
    assert {*now.grants} == {*told.grants}
    assert (now.settings, now.owner, now.public) == (told.settings, told.owner, told.public)
    target.server.run(["createdb", "live"], 60)
    kept = target.replace("again", "live").rpartition(" ")[2]
    databases = target.server.run(["psql", "-XAtqc", "select datname from pg_database", "postgres"], 60).split()
    assert {"live", kept} < {*databases}
    assert "again" not in databases


@pytest.mark.parametrize(("release", "major"), RELEASES.items())
def test_roles_settings_and_grants_of_postgresql(
    tree: Callable[[str], Path], tmp_path: Path, release: str, major: int
) -> None:
    with clusters(tree(release), major, tmp_path) as (told, roles, text, target):
        fresh = roles_of(target.server)
        commands = f"\\! touch /mnt/material/{MARK}"
        attacks = [
            replace(told, grants=(("", f"connect on database again to public; {commands}\n --", False),)),
            replace(told, settings=(("", f"search_path=x; {commands}"),)),
        ]
        (tmp_path / "globals.sql").write_text(
            f"CREATE ROLE fresh; {commands}\n{commands}\nALTER ROLE postgres WITH PASSWORD 'x';\n"
            f"CREATE ROLE other; ALTER ROLE postgres NOLOGIN; DROP DATABASE template1;\n"
            "COPY (select 1) TO PROGRAM 'id';\n"
        )
        for attack in attacks:
            with pytest.raises(Damaged):
                list(target.begin("again", attack, tmp_path, ()))
        plain = replace(told, owner=None, settings=(("", f"my.x={commands}\n'; {commands}"),), grants=())
        *strange, told_of = target.begin("again", plain, tmp_path, {"fresh", "other"})
        assert len(strange) == 5, strange
        assert told_of.startswith("made the roles fresh, other, which it needs, without login")
        assert not (tmp_path / "empty/material" / MARK).exists()
        made = [line for line in roles_of(target.server) if line not in fresh and " ROLE " in line]
        assert {line.split()[2].rstrip(";") for line in made} == {"fresh", "other"}
        target.server.run(["psql", "-Xqc", "drop role fresh", "-c", "drop role other", "postgres"], 60)

        (tmp_path / "globals.sql").write_text(text, "utf-8")
        come_back(target, told, roles, tmp_path)


def owners(text: str) -> list[str]:
    """Whoever a text tells of."""
    return [str(json.loads(line.partition("-- account ")[2])) for line in text.splitlines() if "-- account " in line]


def hostile_accounts() -> str:
    """What a set may say of accounts, to change those that are there."""
    return "".join(
        f"-- account {json.dumps(owner)}\n{statement}\n"
        for owner in ("nobody@h", "root@LOCALHOST", "root@localhost ", "nobody@")
        for statement in (
            "ALTER USER root@localhost IDENTIFIED BY 'x';\nDROP DATABASE live;",
            "CREATE USER IF NOT EXISTS `root`@`LOCALHOST`;",
            "GRANT USAGE ON *.* TO `root`@`LOCALHOST` IDENTIFIED BY PASSWORD '*B69027D4';",
            "GRANT ALL PRIVILEGES ON *.* TO `nobody`;",
            f"select 1 into outfile '/mnt/material/{MARK}';",
            f"system touch /mnt/material/{MARK}",
        )
    )


@pytest.mark.parametrize("release", RELEASES)
def test_accounts_of_mariadb(tree: Callable[[str], Path], tmp_path: Path, release: str) -> None:
    client = [*program("mariadb", "", "root"), *LOADING]

    def loaded(server: Tree, folder: Path, text: str, *words: str) -> None:
        (folder / "material/text.sql").write_text(text, "utf-8")
        server.run(["sh", "-c", '"$@" </mnt/material/text.sql || :', "sh", *client, *words], 60)

    with serving(tree(release), room(tmp_path / "healthy"), ENGINE) as server:
        loaded(server, tmp_path / "healthy", ACCOUNTS)
        with mariadb(server) as session:
            healthy = text_of(session)
    assert healthy.count("CREATE USER") == 8  # all were made
    with serving(tree(release), room(tmp_path / "empty"), ENGINE) as server:
        with mariadb(server) as session:
            there = session.ask("select json_quote(concat(user, '@', host)) from mysql.user")
            session.tell("create database live")
            before = session.tell("select * from mysql.global_priv order by 1, 2")
        strange, hostile = PassedOver("users.sql"), hostile_accounts()
        loaded(server, tmp_path / "empty", missing(hostile, there, strange, owners(hostile)).sql, "--force")
        assert len(strange.sentences()) == 6
        with mariadb(server) as session:
            assert session.tell("select * from mysql.global_priv order by 1, 2") == before
            assert session.tell("show databases like 'live'") == ["live"]
        assert not (tmp_path / "empty/material" / MARK).exists()

        strange = PassedOver("users.sql")
        text = missing(healthy, there, strange, owners(healthy)).sql
        assert strange.sentences() == []
        loaded(server, tmp_path / "empty", text, "--force")  # rights on tables that are not there yet are refused
        loaded(server, tmp_path / "empty", ACCOUNTS.strip().partition("create user")[0])
        loaded(server, tmp_path / "empty", text, "--force")
        with mariadb(server) as session:
            got = text_of(session)
        assert got.count("ACCOUNT LOCK") == 8
        assert got.replace(" ACCOUNT LOCK", "") == healthy.replace(" ACCOUNT LOCK", "")
