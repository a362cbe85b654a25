"""A database whose owner is no superuser, and in which all that runs code tries to become one."""

from pathlib import Path

from throwaway_postgresql import Cluster

# What each tries, and what it leaves when it went well: a role, or a file.
# As the owner's own session, not one of a superuser who became the owner.
_OWN = "\\connect - clerk\n"
_TRIED = """
create function public.wins(route text) returns bool language plpgsql as $f$
declare
  way text;
begin
  begin  -- a file stays, also of a transaction that is rolled back
    execute format('copy (select 1) to program %L', 'touch "${PGDATA:-.}/../won_' || route || '"');
  exception when others then
    null;
  end;
  foreach way in array array['select 1', 'reset role', 'reset session authorization',
    'set session authorization postgres', 'set role postgres'] loop
    begin
      execute way;
      execute format('create role %I', 'won_' || route);
      return true;
    exception when others then
      null;
    end;
  end loop;
  begin
    execute 'alter role clerk superuser';
  exception when others then
    null;
  end;
  return true;
end $f$;
create function public.sure(route text) returns bool immutable language plpgsql as
  $f$ begin return public.wins(route); end $f$;
create function public.sure(route text, i int) returns int immutable language plpgsql as
  $f$ begin perform public.wins(route); return i; end $f$;
"""
# By the name of each: what runs code of the owner's while the database is loaded or proven.
ROUTES = {
    "check": "create table checked (i int check (wins('check'))); insert into checked values (1)",
    "domain": "create domain dom as int check (wins('domain')); create table doms (d dom); insert into doms values (1)",
    "generated": "create table gens (i int, g int generated always as (sure('generated', i)) stored);"
    " insert into gens values (1)",
    "partition_key": "create table keyed (i int) partition by list (sure('partition_key', i));"
    " create table keyed_1 partition of keyed for values in (1); insert into keyed values (1)",
    "folded_column": "create table folded (i int, g bool generated always as (sure('folded_column')) stored)",
    "folded_key": "create table folded_key (i int) partition by list ((i + sure('folded_key', 1)))",
    "folded_partition": "create table halves (i int) partition by list (i); create table half (i int,"
    " check (sure('folded_partition'))); alter table halves attach partition half for values in (1)",
    "bound": "create domain bound as int check (wins('bound')); create table bounds (b bound) partition by list (b);"
    " create table bounds_1 partition of bounds for values in (1)",
    "view": "create domain seen as int check (wins('view')); create view views as select '{1}'::seen[] as a",
    "default": "create domain unsaid as int check (wins('default')); create table defaults (a unsaid[] default '{1}')",
    "argument": "create domain argued as int check (wins('argument'));"
    " create function argues(a argued[] default '{1}') returns int language sql as 'select 1'",
    "composite": "create domain inner_one as int check (wins('composite')); create type outer_one as (i inner_one);"
    " create view composed as select '(1)'::outer_one as a",
    "aggregate": "create domain added as int check (wins('aggregate')); create function add(a added, i int)"
    " returns added language sql as 'select a'; create aggregate adds (int) (sfunc = add, stype = added, initcond = 1)",
    "rule": "create domain ruled as int check (wins('rule')); create table rules (i int); create rule one as on insert"
    " to rules do also select '{1}'::ruled[]",
    "policy": "create domain secured as int check (wins('policy')); create table secure (i int);"
    " create policy one on secure using ('{1}'::secured[] is not null)",
    "trigger": "create domain fired as int check (wins('trigger')); create table fires (i int); create function fire()"
    " returns trigger language plpgsql as 'begin return null; end'; create trigger one after insert on fires"
    " for each row when ('{1}'::fired[] is not null) execute function fire()",
    "index": "create domain indexed as int check (wins('index')); create table indexes (i int);"
    " create index on indexes (i) where '{1}'::indexed[] is not null",
    "index_rows": "create table orders (i int); insert into orders values (1);"
    " create index on orders (sure('index_rows', i))",
    "excluded": "create table excluded (i int, exclude using btree (sure('excluded', i) with =));"
    " insert into excluded values (1)",
    "statistics": "create table told (i int, j int); insert into told select i, i from generate_series(1, 500) i;"
    " create statistics told_two on (sure('statistics', i)), j from told",
    "materialized": "create materialized view kept as select wins('materialized')",
    "loop": "create table looped (i int); create function of_loop(r looped) returns bool language sql as"
    " $f$ select public.wins('loop') $f$; alter table looped add check (of_loop(looped));"
    " insert into looped values (1)",
    "domain_loop": "create domain ring as int; create function of_ring(i int) returns ring[] language sql as"
    " $f$ select null::public.ring[] where public.wins('domain_loop') $f$;"
    " alter domain ring add check (of_ring(value) is null); create table rings (r ring); insert into rings values (1)",
    "broken": "create function holds(i int) returns bool language sql as 'select true';"
    " create table broken (i int check (holds(i)), check (wins('broken'))); insert into broken values (1);"
    " create or replace function holds(i int) returns bool language sql as 'select false'",
    "pathless": "create function nearby() returns bool language sql as 'select true'; create function far(i int)"
    " returns bool language plpgsql as 'begin return nearby(); end';"
    " create table pathless (i int check (far(i) and wins('pathless'))); insert into pathless values (1)",
    "row_as_text": "create table told_rows (i int); insert into told_rows values (1);"
    " create function row_text(told_rows) returns text language sql as $f$ select public.wins('row_as_text')::text $f$;"
    " create cast (told_rows as text) with function row_text(told_rows) as implicit",
    "index_where": "create table narrow (i int primary key); insert into narrow values (1);"
    " create table narrower (i int references narrow); insert into narrower values (1);"
    " create index on narrower (i) where sure('index_where')",
    "folded_statistics": "create table told_more (i int, j int); insert into told_more values (1, 1);"
    " create statistics told_more_two on ((i + sure('folded_statistics', 1))), j from told_more",
    "partition_trigger": "create table parted (i int) partition by list ((i + sure('partition_trigger', 1)));"
    " create table parted_2 partition of parted for values in (2); create function noticed() returns trigger"
    " language plpgsql as 'begin return null; end'; create trigger one after insert on parted"
    " for each row execute function noticed()",
    "index_attached": "create table joined (i int) partition by list (i); create table joined_1 partition of joined"
    " for values in (1); create index on joined (i) where sure('index_attached')",
    "literal_in_body": "create domain embodied as int check (wins('literal_in_body')); create function literally(i int)"
    " returns bool immutable language sql as $f$ select i > 0 or '{1}'::public.embodied[] is null $f$;"
    " create table literals (i int); insert into literals values (1);"
    " create index on literals (i) where literally(i)",
    "program": "create table asked (i int check (query_to_xml(case when current_setting('is_superuser') = 'on' then"
    " 'select pg_create_physical_replication_slot(''won_program'')' else 'select 1' end, true, true, '') is not null));"
    " insert into asked values (1)",
}
# What a list of the dump could be misread by: its sort and schema together are another sort.
_STRANGE = """
create schema "SET"; create sequence "SET".steps; create schema "DATA"; create materialized view "DATA".one as select 1;
create schema "ACL"; create domain "ACL".late as int check (wins('late_default'));
create view "ACL".seen as select null::"ACL".late[] as a;
alter view "ACL".seen alter a set default '{1}'::"ACL".late[];
"""
# A cast of the owner's own that is made by itself, so that it is there for a foreign key.
_CAST = """
create type boxed as (i int); create function unboxed(b boxed) returns int language plpgsql immutable as
  $f$ begin perform public.wins('foreign_key'); return b.i; end $f$;
create cast (boxed as int) with function unboxed(boxed) as implicit;
create table boxes (i int primary key); insert into boxes values (1);
create table in_boxes (b boxed references boxes); insert into in_boxes values (row(1));
"""
_ALLOWED = "grant all on schema public to clerk; grant all on database his to clerk;\n"
WITH_CAST = _ALLOWED + _OWN + _TRIED + ";\n".join((*ROUTES.values(), _STRANGE, _CAST))


def won(server: Cluster) -> list[str]:
    """Return by which routes somebody became superuser, or did what only one may."""
    query = (
        "select rolname from pg_roles where rolname ~ '^won_' or (rolsuper and rolname <> 'postgres')"
        " union all select slot_name from pg_replication_slots"
    )
    files = [path.name for path in Path(server.socket).glob("won_*")]
    return sorted({name.removeprefix("won_") for name in [*server.psql(query).splitlines(), *files]})


def forget(server: Cluster) -> None:
    """Take away what they left."""
    server.psql("alter role clerk nosuperuser")
    server.psql("select pg_drop_replication_slot(slot_name) from pg_replication_slots")
    for name in server.psql("select rolname from pg_roles where rolname ~ '^won_'").splitlines():
        server.psql(f"drop role {name}")
    for path in Path(server.socket).glob("won_*"):
        path.unlink()
