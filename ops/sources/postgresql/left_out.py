"""What belongs to a database and is not in its dump: said at the backup, for nobody misses it before a restore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ops.core.printable import printable

_MOST_NAMED = 5
# Options of user mappings are shown only to those whom they concern; whether there are any, to those who read all.
# A prepared transaction of this moment is none that somebody forgot.
_QUERY = """
select json_build_object(
  'mappings', (
    select coalesce(json_agg(format('%s for %s', v.srvname, v.usename) order by v.srvname, v.usename), '[]')
    from pg_catalog.pg_user_mappings v
    where v.umoptions is null and exists (
      select from pg_catalog.pg_user_mapping m where m.oid = v.umid and m.umoptions is not null)),
  'subscriptions', (
    select coalesce(json_agg(subname order by subname), '[]') from pg_catalog.pg_subscription
    where subdbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
    and not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)),
  'slots', (
    select coalesce(json_agg(slot_name order by slot_name), '[]') from pg_catalog.pg_replication_slots
    where database = pg_catalog.current_database() and not temporary),
  'disabled', (
    select coalesce(json_agg(distinct format('%s.%I', k.conrelid::regclass, k.conname)), '[]')
    from pg_catalog.pg_trigger t join pg_catalog.pg_constraint k on k.oid = t.tgconstraint
    where t.tgisinternal and t.tgenabled <> 'O'),
  'incomplete', (
    select coalesce(json_agg(i.indexrelid::regclass::text order by i.indexrelid::regclass::text), '[]')
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'i' and not (i.indisvalid and i.indisready) and n.nspname !~ '^pg_'),
  'built_in', (
    select coalesce(json_agg(said order by said), '[]') from (
      select i.identity from (
        select 'pg_proc'::regclass, oid, pronamespace from pg_proc
        union all select 'pg_operator'::regclass, oid, oprnamespace from pg_operator
        union all select 'pg_type'::regclass, oid, typnamespace from pg_type where typtype <> 'c' and typelem = 0
        union all select 'pg_class'::regclass, oid, relnamespace from pg_class where relkind in ('r', 'v', 'm', 'S')
      ) o(class, oid, space) cross join lateral pg_identify_object(o.class, o.oid, 0) i
      where o.oid >= 16384 and o.space in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        and not exists (select from pg_depend d
          where d.classid = o.class and d.objid = o.oid and d.deptype in ('e', 'i'))) x(said)),
  'prepared', (
    select coalesce(json_agg(gid order by prepared), '[]') from pg_catalog.pg_prepared_xacts
    where database = pg_catalog.current_database() and prepared < now() - interval '1 hour'))
"""
# One and several of each, and what to do.
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "mappings": (
        "the options of a user mapping are",
        "the options of {} user mappings are",
        "only a superuser can read them: keep their passwords where you keep others, to set after a restore with "
        "alter user mapping",
    ),
    "subscriptions": (
        "a subscription is",
        "{} subscriptions are",
        "only a superuser can dump one: keep its definition, to make it again after a restore (disabled, until the "
        "restored database is the live one)",
    ),
    "slots": (
        "a logical replication slot is",
        "{} logical replication slots are",
        "no dump holds one: after a restore whoever follows this database has to be set up again",
    ),
    "disabled": (
        "that a constraint's own triggers are disabled (alter table ... disable trigger all) is",
        "that the own triggers of {} constraints are disabled (alter table ... disable trigger all) is",
        "no dump holds it: a restored database enforces the constraint for new rows again; to have it enforced here, "
        "too: alter table ... enable trigger all, which also enables the table's other triggers",
    ),
    "incomplete": (
        "an index that is not complete, as create or reindex index concurrently leaves it behind when it fails, is",
        "{} indexes that are not complete, as create or reindex index concurrently leaves behind when it fails, are",
        "no dump holds one: drop it, or make it complete with reindex index concurrently",
    ),
    "built_in": (
        "an object in a schema of the server's own is",
        "{} objects in schemas of the server's own are",
        "no dump holds one: move them into a schema of the database, or keep their definitions to make them again",
    ),
    "prepared": (
        "a prepared transaction of more than an hour ago is",
        "{} prepared transactions of more than an hour ago are",
        "end it with commit prepared or rollback prepared; it also stops a restore in place",
    ),
}


def left_out(ask: Callable[[str], Any], database: str) -> Iterator[str]:
    """Yield a sentence for each sort of thing that belongs to the database and is not in its dump."""
    found: Mapping[str, Sequence[str]] = ask(_QUERY)
    for sort, (one, several, remedy) in _WORDS.items():
        if names := found[sort]:
            what = one if len(names) == 1 else several.format(len(names))
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            named = printable(", ".join(names[:_MOST_NAMED]), " ")
            yield f"{database}: {what} not in the backup ({named}{more}); {remedy}"
