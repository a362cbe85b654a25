"""What a set's server had, and a throwaway one has not, ends no drill; nor a restore, which says what is to be done."""

from dataclasses import replace

import pytest
from taken_postgresql import taken
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.sources.postgresql.role_proof import roles
from ops.sources.postgresql.verify import beside, prove

pytestmark = [ONLY_ROOT, pytest.mark.usefixtures("tidy")]
HARDENED = """
ALTER ROLE postgres WITH NOSUPERUSER NOLOGIN;
ALTER ROLE postgres SET default_transaction_read_only TO 'on';
ALTER ROLE postgres SET role TO 'nobody_at_all';
"""
ELSEWHERE = """
create extension file_fdw; create server elsewhere foreign data wrapper file_fdw; create table near (a int);
create foreign table far (a int) server elsewhere options (filename '/etc/hostname', format 'text', null 'x');
alter foreign table far alter a type text; create view seen as select a from far;
create materialized view "Kept of far" as select * from seen; create unique index on "Kept of far" (a);
create materialized view of_kept as select a from "Kept of far"; create materialized view of_near as select a from near;
alter foreign table far options (set filename '/nowhere');
"""


def test_a_superuser_who_may_not_log_in_ends_no_drill(server: Cluster) -> None:
    with taken(server, "create role clerk; create table t (a int); alter table t owner to clerk") as his:
        globals_ = his.folder / "globals.sql"
        globals_.write_text(globals_.read_text() + HARDENED)
        try:
            his.drill()
            assert {*his.proof("his").values()} == {Verdict.PASS}
            with beside(his.target.server, "his") as session:
                words = (*his.facts.role_attributes["postgres"], "set role=nobody_at_all")
                told = {**his.facts.role_attributes, "postgres": (*words, "set default_transaction_read_only=on")}
                assert roles(session, replace(his.facts, role_attributes=told), fresh=True).verdict is Verdict.PASS
        finally:
            server.psql("set role none; set default_transaction_read_only = off; alter role postgres reset all")


def test_settings_of_roles_that_the_server_refuses_are_named(server: Cluster) -> None:
    with (
        taken(server, "create role clerk; alter role clerk set work_mem to '7MB'") as his,
        beside(his.target.server, "his") as session,
    ):

        def found(*words: str) -> tuple[Verdict, str]:
            told = replace(his.facts, role_attributes={"clerk": words})
            finding = roles(session, told, fresh=True)
            return finding.verdict, finding.message.partition(", with their permissions")[2]

        assert found("rolinherit", "set work_mem=7MB") == (Verdict.PASS, "")
        assert found("rolinherit", "set work_mem=7MB", "set lc_messages=xx_XX") == (
            Verdict.WARN,
            ", but for settings that this server refuses: lc_messages=xx_XX of clerk",
        )
        assert found("rolinherit", "set work_mem=8MB", "set lc_messages=xx_XX")[0] is Verdict.FAIL
        assert found("rolinherit", "rolsuper", "set work_mem=7MB")[0] is Verdict.FAIL


def test_views_of_what_is_another_servers_are_empty_and_named(server: Cluster) -> None:
    with taken(server, ELSEWHERE) as his:
        said = his.load()
        assert len(said) == 2
        assert all("it is empty until what it draws on answers: refresh materialized view" in one for one in said)
        assert his.proof().pop("structure") is Verdict.WARN
        server.psql("refresh materialized view of_near with no data", "again")
        assert his.proof()["structure"] is Verdict.FAIL
        his.drill()
        proof = his.proof("his")
        assert proof.pop("structure") is Verdict.WARN
        assert {*proof.values()} == {Verdict.PASS}


def test_a_view_of_this_database_that_cannot_be_filled_ends_a_drill(server: Cluster) -> None:
    sql = "create materialized view bad as select 1 / a as b from near; insert into near values (0);"
    with (
        taken(server, ELSEWHERE + sql) as his,
        pytest.raises(Damaged, match=r"^a plain load refuses materialized view data public\.bad: ") as error,
    ):
        his.drill()
    assert "far" not in error.value.message


def test_a_program_that_is_not_there_is_named_and_hinders_no_proof(server: Cluster) -> None:
    with taken(server, "create table t (a int)") as his:
        his.facts = replace(his.facts, settings=(("", 'session_preload_libraries="nowhere"'),))
        (said,) = his.load()
        assert "nobody can be connected to again (PostgreSQL: " in said
        assert 'could not access file "nowhere"' in said
        assert {*his.proof().values()} == {Verdict.PASS}
        his.facts = replace(his.facts, settings=(("", "session_preload_libraries=auto_explain"),))
        assert his.load() == []


def test_an_extension_of_another_version_is_named_and_one_that_is_missing_is_a_failure(server: Cluster) -> None:
    with taken(server, "create extension hstore version '1.4'; create extension unaccent") as his:
        his.load()
        proof = dict(prove(his.target.server, "again", his.facts))
        assert proof.pop("extensions").verdict is Verdict.WARN
        assert {one.verdict for one in proof.values()} == {Verdict.PASS}
        server.psql("drop extension unaccent", "again")
        (found,) = [one for name, one in prove(his.target.server, "again", his.facts) if name == "extensions"]
        assert found.verdict is Verdict.FAIL
        assert "unaccent 1.1 is missing; hstore is 1." in found.message
        assert found.message.endswith(", but was 1.4")
