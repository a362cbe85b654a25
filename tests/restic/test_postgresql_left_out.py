"""What no dump holds is said at the backup; a database of which a dump holds all is taken without a word."""

import pytest
from throwaway_postgresql import ONLY_ROOT, Cluster

from ops.sources._shared.local_server import Local
from ops.sources.postgresql.left_out import left_out
from ops.sources.postgresql.verify import beside

pytestmark = ONLY_ROOT
SCHEMA = """
create table wards (id int primary key, code text unique deferrable);
create table beds (ward int constraint "of a ward" references wards, code text unique deferrable);
create table other (ward int references wards) partition by list (ward);
create table other_one partition of other for values in (1);
create function note() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger noted after insert on beds for each row execute function note(); alter table beds disable trigger noted;
"""


def said(server: Cluster) -> list[str]:
    with beside(Local("postgres", {"PGHOST": server.socket}), "his") as session:
        return [*left_out(session.ask, "his")]


@pytest.mark.usefixtures("tidy")
def test_constraints_whose_triggers_are_disabled_are_named(server: Cluster) -> None:
    server.psql("create database his")
    server.psql(SCHEMA, "his")
    assert said(server) == []  # a dump holds that a trigger of somebody's own is disabled
    server.psql("alter table beds disable trigger all", "his")
    (sentence,) = said(server)
    assert sentence.startswith(
        "his: that the own triggers of 2 constraints are disabled (alter table ... disable trigger"
    )
    assert ' is not in the backup (public.beds."of a ward", public.beds.beds_code_key); no dump holds it' in sentence
    server.psql("alter table beds enable trigger all; alter table only other_one disable trigger all", "his")
    assert "the backup (public.other_one.other_ward_fkey); " in said(server)[0]
    server.psql("alter table other_one enable trigger all", "his")
    assert said(server) == []


@pytest.mark.usefixtures("tidy")
def test_an_index_that_is_not_complete_is_named(server: Cluster) -> None:
    server.psql("create database his")
    server.psql('create table beds (ward int) partition by list (ward); create table "Bed 1" (ward int)', "his")
    server.psql('create index on only beds (ward); create index "of a ward" on "Bed 1" (ward)', "his")
    assert said(server) == []  # a dump holds that of the table with partitions, which lacks them
    server.psql("update pg_index set indisvalid = false where indrelid = '\"Bed 1\"'::regclass", "his")
    (sentence,) = said(server)
    assert sentence.startswith("his: an index that is not complete, as create or reindex index concurrently")
    assert 'is not in the backup (public."of a ward"); no dump holds one: drop it, or' in sentence


@pytest.mark.usefixtures("tidy")
def test_objects_in_the_servers_own_schemas_are_named(server: Cluster) -> None:
    server.psql("create database his")
    server.psql("create extension hstore schema pg_catalog", "his")
    assert said(server) == []  # what an extension has there comes back with it
    server.psql("create function pg_catalog.text(int) returns text language sql as 'select textin(int4out($1))'", "his")
    server.psql("create cast (int as text) with function pg_catalog.text(int) as implicit", "his")
    (sentence,) = said(server)
    assert sentence.startswith("his: an object in a schema of the server's own is not in the backup (pg_catalog.text(")
