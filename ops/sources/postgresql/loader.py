"""The role that loads rows: no superuser, so that what a database runs for each row can't become one.

A check, a generated column or a partition's key may call functions of whoever owns the table. They run with the rights
of the session, and in a superuser's `set role` can be undone. So rows come in sessions of a role that is nobody else:
it exists while a restore runs, may read and fill the tables of that database, and is reached by the account `postgres`
alone. One that a killed restore left is made anew by the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ops.core.errors import CommandError, Unavailable, UsageError
from ops.sources.postgresql.inert import OURS
from ops.sources.postgresql.loading import OVERRULED
from ops.sources.postgresql.nature import MARK
from ops.sources.postgresql.session import Session, unhurried
from ops.sources.postgresql.sql import identifier, literal

LOADER = "seawall_load"
_OF_SUPERUSERS = ("role", "session_preload_libraries")
# Of its sessions, what everybody may set for himself; the role itself is given the rest.
OPTIONS = " ".join(
    (
        *(f"-c {name}={value}" for name, value in OVERRULED.items() if name not in _OF_SUPERUSERS),
        *("-c search_path=", "-c datestyle=ISO"),
    )
)
_SETTINGS = {"lc_messages": "C", "session_replication_role": "replica"}
_OURS = "loads rows of a restore that runs, and goes with it"
# At once, so that none is left that does not say what it is.
_MADE = (
    "begin",
    f"create role {LOADER} login bypassrls",
    *(f"alter role {LOADER} set {name} = {literal(value)}" for name, value in _SETTINGS.items()),
    f"comment on role {LOADER} is {literal(_OURS)}",
    "commit",
)
_SILENT = f"alter role {LOADER} set event_triggers = off"
_ENDED = "select pg_terminate_backend(pid) from pg_stat_activity where usename = {}".format
_ALONE = "lock table pg_catalog.pg_shseclabel in share update exclusive mode"  # nobody but a superuser can hold it
_BELONGS = """
select coalesce(json_agg(distinct d.datname), '[]') from pg_shdepend s join pg_database d on d.oid = s.dbid
where s.refclassid = 'pg_authid'::regclass and s.refobjid = (select oid from pg_roles where rolname = {role})
  and starts_with(shobj_description(d.oid, 'pg_database'), {mark})
"""
# A check may read other tables. Rights that nobody had touched are noted: they are to be as if nobody ever had.
_NOTED = """
create table {ours}.untouched as select oid from pg_catalog.pg_class where relacl is null
union all select oid from pg_catalog.pg_namespace where nspacl is null
"""
_GIVEN = """
do $$
declare
  given text;
begin
  for given in
    select format('grant usage on schema %I to {role}', nspname) from pg_catalog.pg_namespace
    where nspname not in ('pg_catalog', 'information_schema', 'pg_toast', '{ours}')
    union all
    select format('grant select, insert on table %s to {role}', c.oid::pg_catalog.regclass)
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm')
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', '{ours}')
  loop
    execute given;
  end loop;
end $$
"""
_UNTOUCHED = """
update pg_catalog.pg_class c set relacl = null from {ours}.untouched u where u.oid = c.oid;
update pg_catalog.pg_namespace n set nspacl = null from {ours}.untouched u where u.oid = n.oid
"""
_SAID = """
select json_build_object('said', (select coalesce(shobj_description(oid, 'pg_authid'), '')
  from pg_roles where rolname = {}))
"""
_WHO = "select json_build_array(session_user, (select rolsuper from pg_roles where rolname = session_user))"
_ALLOWED = f"select to_json(has_database_privilege('{LOADER}', {{}}, 'connect'))"
_REMEDY = (
    "run playbooks/site.yml for this machine; or put `local all {0} peer map=seawall` above all else in pg_hba.conf "
    "and `seawall postgres {0}` into pg_ident.conf, reload PostgreSQL, and run the same command again"
)
_FOREIGN = f"restores need that name: `alter role {LOADER} rename to ...`, and run the same command again"
_LEFT = "an interrupted restore left it: drop the database that carries its mark (\\l+), and run the same command again"


@contextmanager
def loader(holder: Session, session: Session, within: Session, database: str, *, watched: bool) -> Iterator[None]:
    """Have the role for a block, in which it may connect to one database; another restore waits until it ends.

    holder, session: of the superuser, as is within, which is in the database. watched: whether the server knows
    triggers that fire when somebody connects. Raise UsageError where one of that name is
    somebody else's, or can't be made anew.
    """
    unhurried(holder)
    holder.tell("begin")
    holder.tell(_ALONE)
    if session.ask(_SAID.format(literal(LOADER)))["said"] not in (None, _OURS):
        raise UsageError(f"there is a role {LOADER} that no restore made", _FOREIGN)
    session.tell(_ENDED(literal(LOADER)))
    try:
        session.tell(f"drop role if exists {LOADER}")
    except Unavailable as error:
        raise UsageError(f"the role {LOADER} can't be made anew: {error.message}", _LEFT) from error
    for statement in (*_MADE, *([_SILENT] if watched else [])):
        session.tell(statement)
    try:
        if not session.ask(_ALLOWED.format(literal(database))):
            session.tell(f"grant connect on database {identifier(database)} to {LOADER}")
        yield
    finally:
        session.tell(_ENDED(literal(LOADER)))
        freed(within)
        session.tell(f"drop role {LOADER}")
    holder.tell("commit")


def belongs(session: Session) -> list[str]:
    """Return the databases of interrupted restores in which something belongs to the role, or was given to it."""
    return [*session.ask(_BELONGS.format(role=literal(LOADER), mark=literal(MARK)))]


def freed(within: Session) -> None:
    """Remove from a database all that belongs to the role, and what it was given."""
    within.tell("set session_replication_role = replica")  # nothing fires
    within.tell(f"drop owned by {LOADER} cascade")


def allow(within: Session) -> None:
    """Let it read and fill the tables of a database."""
    within.tell(_NOTED.format(ours=OURS))
    within.tell(_GIVEN.format(role=LOADER, ours=OURS))


def untouched(within: Session) -> None:
    """Make rights what they were before, when the role is gone."""
    within.tell(_UNTOUCHED.format(ours=OURS))


def demand(session: Session) -> None:
    """Raise UsageError unless a session that should be the role's is, and that of no superuser."""
    if session.ask(_WHO) != [LOADER, False]:
        raise UsageError(f"a session of the role {LOADER} is somebody else's", _REMEDY.format(LOADER))


@contextmanager
def reached() -> Iterator[None]:
    """Turn a failure to connect as the role into what to do about it."""
    try:
        yield
    except (Unavailable, CommandError) as error:
        raise UsageError(
            f"rows are loaded by the role {LOADER}, and the account postgres can't be connected as that: {error}",
            _REMEDY.format(LOADER),
        ) from error


def lent(tables: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return the statements that make it the owner of tables, and those that take it back; each table with its owner.

    A constraint can be compared with the rows by the owner alone.
    """
    return (
        [f"alter table {table} owner to {LOADER}" for table, _ in tables],
        [f"alter table {table} owner to {owner}" for table, owner in tables],
    )
