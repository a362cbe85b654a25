"""Whether a PostgreSQL database is sound in itself, as the server's own extension amcheck sees it.

The extension is made in a transaction that is rolled back, so that nothing of it stays. The server must have it: on
Debian its package holds it.
"""

from __future__ import annotations

from collections.abc import Collection

from ops.core.verdict import Finding, Verdict, judged, not_configured
from ops.sources.postgresql.session import Session, scratch

_THERE = "select json_build_object('there', count(*)) from pg_catalog.pg_available_extensions where name = 'amcheck'"
_PLACE = """
select json_build_object('place', (select format('%I', n.nspname) from pg_catalog.pg_extension e
  join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'amcheck'))
"""
_OURS = "seawall_amcheck"
# The database's own path behind the server's: an index may call functions of the site's own. What is called here has
# its schema before it: a function with nearer types is taken from wherever on the path it is.
_PATH = """
select set_config('search_path', 'pg_catalog, ' || coalesce(nullif(reset_val, ''), 'pg_catalog'), true)
from pg_settings where name = 'search_path'
"""
# One that is broken must not keep us from the others; what could not be looked at is no damage. Where a function of the
# site's own refuses it, nobody can look. A cluster that is read through FUSE, as an instant drill's is, may be
# interrupted by a signal while a file is opened ("Interrupted system call", XX000), which the server takes for an
# error: the next look sees it.
_LOOKS = """
create function pg_temp.looked(look text) returns text language plpgsql as $$
declare
  word text;
begin
  for attempt in 1..5 loop
    begin
      execute look into word;
      return word;
    exception when data_corrupted or index_corrupted then
      return sqlerrm;
    when others then
      if pg_catalog.left(sqlstate, 2) not in ('53', '54', '55', '57', '58', 'F0', 'XX') then
        return 'not looked at: ' || sqlerrm;
      elsif attempt = 5 or sqlstate <> 'XX000' then
        return 'not seen: ' || sqlerrm;
      end if;
    end;
  end loop;
end $$
"""
_TREES = """
select coalesce(pg_catalog.json_agg(pg_catalog.format('%I.%I: ', n.nspname, c.relname) || word), '[]')
from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace join pg_catalog.pg_am a on a.oid = c.relam
cross join pg_temp.looked(pg_catalog.format('select null from (select %s.bt_index_check(%s::oid::regclass, true)) x',
  '{place}', c.oid)) word
where a.amname = 'btree' and c.relkind = 'i' and i.indisvalid and i.indisready and c.relpersistence <> 't'
  and word is not null
"""
_HEAPS = """
select coalesce(pg_catalog.json_agg(pg_catalog.format('%I.%I: ', n.nspname, c.relname) || word), '[]')
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join pg_temp.looked(pg_catalog.format('select msg from %s.verify_heapam(%s::oid::regclass) limit 1',
  '{place}', c.oid)) word
where c.relkind in ('r', 'm', 't') and c.relpersistence <> 't' and c.relam = '{heap}' and word is not null
"""
_HEAP = 2  # the number of the access method that the extension knows
_COUNT = f"""
select json_build_array(count(*) filter (where relkind = 'i'),
  count(*) filter (where relkind = 'r' and relam = {_HEAP}), count(*) filter (where relkind = 'r' and relam <> {_HEAP}))
from pg_catalog.pg_class
"""
# Indexes whose order was made by another version of a language's rules than this system has.
_STALE = """
select coalesce(json_agg(distinct name), '[]') from (
  select format('%I', collname) as name from pg_catalog.pg_collation
  where collversion is distinct from pg_catalog.pg_collation_actual_version(oid) and collversion is not null
  union all
  select 'the database itself' from pg_catalog.pg_database d where d.datname = current_database()
    and to_jsonb(d) ->> 'datcollversion' <> pg_catalog.pg_database_collation_actual_version(d.oid)) s
"""


def sound(session: Session, known: Collection[str], invalid: list[str], major: int) -> Finding:
    """Look into every index and table; given a superuser's session, and the indexes that are not complete.

    known: those that were not complete when the data were taken.
    """
    ask = session.ask
    wrong = [f"index {name} is invalid" for name in invalid if name not in known]
    if not ask(_THERE)["there"]:
        return judged(wrong, "") if wrong else not_configured("this server does not have the extension amcheck")
    found = _seen(session, heaps=major >= 14)  # noqa: PLR2004 -- the first that can look into tables
    aside = [word for word in found if ": not looked at: " in word]
    unseen = [word for word in found if ": not seen: " in word]
    broken = [word for word in found if word not in aside and word not in unseen]
    if wrong or broken:
        return judged([*wrong, *broken], "")
    if unseen:
        return Finding(Verdict.UNKNOWN, f"{len(unseen)} could not be checked: {'; '.join(unseen[:5])}")
    if major >= 15 and (stale := ask(_STALE)):  # noqa: PLR2004 -- the first that keeps the versions
        return Finding(Verdict.WARN, f"built with another version of the collation: {', '.join(stale)}; run REINDEX")
    indexes, tables, others = ask(_COUNT)
    said = f"{indexes - len(aside)} indexes and {tables} tables passed the check"
    said += f"; {others} tables of another access method were not looked at" if others else ""
    return judged([], said + (f"; {'; '.join(aside[:5])}" if aside else ""))


def _seen(session: Session, *, heaps: bool) -> list[str]:
    """Return what is wrong, by name; whatever is made for it is gone afterwards."""
    with scratch(session):
        place = session.ask(_PLACE)["place"]
        if place is None:
            session.tell(f"create schema {_OURS}")
            session.tell(f"create extension amcheck schema {_OURS}")
        session.tell(_LOOKS)
        session.tell(_PATH)
        found: list[str] = [*session.ask(_TREES.format(place=place or _OURS))]
        found += session.ask(_HEAPS.format(place=place or _OURS, heap=_HEAP)) if heaps else []
    return found
