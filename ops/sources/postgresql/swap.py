"""Putting a loaded database in the place of the live one, in one transaction.

Nothing about the live database is changed before that transaction ends, and its connections are never forbidden: the
lock that a change of name takes keeps new ones waiting, for as long as those that are there are ended. So whatever
stops it, a kill at any moment too, leaves the live database as it was, or the restored one in its place.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ops.core import clock
from ops.core.errors import Unavailable
from ops.core.printable import printable
from ops.sources.postgresql.nature import comment_of, commented, unmarked
from ops.sources.postgresql.session import Session
from ops.sources.postgresql.sql import identifier, literal

LONGEST = 63  # bytes of a name; the server cuts off the rest, and means another database
_LOCK = "20s"  # for which others may keep the database's lock
_GATHER = 60.0  # seconds for whoever is connected to be ended
_MOST_NAMED = 5

# Settings of the cluster or of the role that would end the exchange half-way, where the release has them.
_UNHURRIED = """
select pg_catalog.set_config(name, '0', false) from pg_catalog.pg_settings
where name in ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
"""


@dataclass(frozen=True)
class Live:
    """What stands in the live place. slots: replication slots, subscriptions: both stay with it when it is kept."""

    oid: int
    connection_limit: int
    template: bool
    slots: tuple[str, ...]
    subscriptions: tuple[str, ...]


@dataclass(frozen=True)
class Swap:
    """One exchange. holder: the session whose transaction it is. ender: another, beside. Neither is in the databases.

    loaded: the restored database. live: the name that it gets.
    """

    holder: Session
    ender: Session
    loaded: str
    live: str

    def done(self) -> str:
        """Exchange the names; return a sentence on where the old database is now.

        Raise Unavailable, and have changed nothing, when something holds one of the databases: it is named.
        """
        self.holder.tell("set default_transaction_read_only = off")
        self.holder.tell(_UNHURRIED)
        old, kept = self._found(), free_name(self.ender, self.live)
        said = self.ender.ask(comment_of(self.loaded))
        self._demand_none_prepared()
        self.holder.tell("begin")
        self.holder.tell(f"set local lock_timeout = '{_LOCK}'")
        if old:
            self._renamed(self.live, kept, old.oid)
        self._renamed(self.loaded, self.live, _oid(self.ender, self.loaded))
        self.holder.tell(commented(self.live, unmarked(said)))
        if old:
            words = f"connection limit {old.connection_limit} is_template {str(old.template).lower()}"
            self.holder.tell(f"alter database {identifier(self.live)} with {words}")
        self.holder.tell("commit")
        return _told(self.live, kept, old)

    def _found(self) -> Live | None:
        query = (
            "select json_build_array(oid::int8, datconnlimit, datistemplate, "
            "(select coalesce(json_agg(slot_name order by slot_name), '[]') from pg_catalog.pg_replication_slots"
            " where database = datname), "
            "(select coalesce(json_agg(subname order by subname), '[]') from pg_catalog.pg_subscription"
            f" where subdbid = d.oid)) from pg_catalog.pg_database d where datname = {literal(self.live)}"
        )
        lines = self.ender.tell(f"select coalesce(({query}), 'null')")
        if lines == ["null"]:
            return None
        oid, limit, template, slots, subscriptions = self.ender.ask(query)
        return Live(oid, limit, template, tuple(slots), tuple(subscriptions))

    def _demand_none_prepared(self) -> None:
        """Raise Unavailable when a prepared transaction holds the live database: it can be ended only from inside."""
        query = (
            "select coalesce(json_agg(json_build_array(gid, owner, database) order by prepared), '[]') "
            f"from pg_catalog.pg_prepared_xacts where database in ({literal(self.live)}, {literal(self.loaded)})"
        )
        if found := self.ender.ask(query):
            names = ", ".join(f"{gid!r} of {owner}" for gid, owner, _ in found[:_MOST_NAMED])
            gid, _, database = found[0]
            words = shlex.join(["psql", "-d", database, "-c", f"rollback prepared {literal(gid)}"])
            raise self._refused(
                f"{len(found)} prepared transaction{'s' * (len(found) > 1)} hold{'s' * (len(found) == 1)} it: {names}",
                f"end each from inside, with rollback or commit: {words}",  # whoever names it can't name a command
            )

    def _renamed(self, before: str, after: str, oid: int) -> None:
        """Change a name in the transaction: while the server waits for it, end who is connected."""
        pid = self.holder.ask("select pg_catalog.pg_backend_pid()")
        begun = self.ender.tell(f"select query_start from pg_catalog.pg_stat_activity where pid = {pid}")[0]
        self.holder.say(f"alter database {identifier(before)} rename to {identifier(after)}")
        self.ender.tell(_ended(pid, oid, begun))
        try:
            self.holder.hear()
        except Unavailable as error:
            holders = self._holders(oid, pid)
            raise self._refused(
                f"{before} is held by {', '.join(holders)}" if holders else error.message,
                "stop what connects to it",
            ) from error

    def _holders(self, oid: int, own: int) -> list[str]:
        """Return who is connected to a database, or keeps its lock, in words."""
        query = f"""
        select coalesce(json_agg(word order by word), '[]') from (
          select distinct format('%s %s%s%s', coalesce(a.backend_type, 'a process'), a.pid,
            coalesce(' of ' || a.usename, ''), coalesce(' (' || nullif(a.application_name, '') || ')', '')) as word
          from pg_catalog.pg_stat_activity a left join pg_catalog.pg_locks l on l.pid = a.pid and l.granted
            and l.locktype = 'object' and l.classid = 'pg_catalog.pg_database'::regclass and l.objid = {oid}
          where a.pid <> {own} and (a.datid = {oid} or l.pid is not null)
          union all select format('the prepared transaction %L', gid) from pg_catalog.pg_prepared_xacts x
          join pg_catalog.pg_database d on d.datname = x.database where d.oid = {oid}) found
        """
        return [printable(word, " ") for word in self.ender.ask(query)[:_MOST_NAMED]]

    def _refused(self, what: str, remedy: str) -> Unavailable:
        return Unavailable(
            f"the database {self.live} could not be replaced, and is as it was: {what}",
            f"{remedy}; then run the same command again: {self.loaded} is whole and is not loaded again",
        )


def free_name(session: Session, live: str) -> str:
    """Return a name that no database has, for the old one."""
    taken = set(session.ask("select json_agg(datname) from pg_catalog.pg_database"))
    stamp = f"_before_{clock.now():%Y%m%d_%H%M%S}"
    names = (shortened(live, f"{stamp}{more}") for more in ("", *(f"_{number}" for number in range(2, 100))))
    return next(name for name in names if name not in taken)


def shortened(name: str, end: str) -> str:
    """Return a name with an end to it, cut so that a server keeps it whole."""
    return name.encode()[: LONGEST - len(end.encode())].decode(errors="ignore") + end


def _oid(session: Session, database: str) -> int:
    return int(session.ask(f"select oid::int8 from pg_catalog.pg_database where datname = {literal(database)}"))


def _ended(holder: int, oid: int, begun: str) -> str:
    """Return the statement that ends whoever is connected, once the holder has the lock and until it has its answer.

    Nobody is thrown out for an exchange that does not get so far. begun: when the holder's statement before began.
    """
    return f"""
do $$
declare
  holder record;
begin
  for turn in 1 .. {int(_GATHER * 20)} loop
    perform pg_catalog.pg_stat_clear_snapshot();
    select state, query_start into holder from pg_catalog.pg_stat_activity where pid = {holder};
    exit when not found or (holder.state <> 'active' and holder.query_start <> {literal(begun)});
    perform pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
    where a.datid = {oid} and exists (
      select from pg_catalog.pg_locks l where l.pid = {holder} and l.granted and l.mode = 'AccessExclusiveLock'
      and l.locktype = 'object' and l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass and l.objid = {oid});
    perform pg_catalog.pg_sleep(0.05);
  end loop;
end $$
"""


def _told(live: str, kept: str, old: Live | None) -> str:
    if old is None:
        return f"the database {live} did not exist; it is now the restored one"
    words = f"the database {live} is now the restored one; the previous one is kept as {kept}"
    staying = [f"subscription {name}" for name in old.subscriptions] + [f"slot {name}" for name in old.slots]
    if not staying:
        return words
    named = ", ".join(staying[:_MOST_NAMED]) + " and more" * (len(staying) > _MOST_NAMED)
    return (
        f"{words}, and its replication with it ({named}): set it up anew, and drop what is kept so that no WAL piles up"
    )
