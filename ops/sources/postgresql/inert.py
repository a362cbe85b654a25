"""What a dump defines, made by a superuser without any code of its own running with his rights.

The server runs functions and checks of domains while definitions are made: for a constant that it works out, for a
literal that it reads, for the bound of a partition. So the body of each function is emptied when it is made, and comes
back before rows are loaded; what a domain demands is put aside until all is loaded. What the indexes, statistics and
keys of a table call with constants alone is worked out by whoever plans a query of it, but for volatile functions: so
all are volatile before a superuser does. This is done in the catalogues, so that it comes back as it was. A database in
which it was interrupted has the mark of one that is not finished.
"""

from __future__ import annotations

import secrets

from ops.sources.postgresql.session import Session

# The schema, and how the triggers' names begin: nothing in a dump can have that name, and be taken for ours.
OURS = f"seawall_inert_{secrets.token_hex(8)}"
_ASIDE = "z"  # a sort of constraint that no release knows: it is looked for by nobody
# What an extension brings is its maker's: whoever may not be trusted could not install it.
_DEMANDED = """
update pg_catalog.pg_constraint c set contype = '{after}' where c.contypid <> 0 and c.contype = '{before}'
  and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
    and d.objid = c.contypid and d.deptype = 'e')
"""
PUT_ASIDE = _DEMANDED.format(before="c", after=_ASIDE)
_TAKEN_UP = _DEMANDED.format(before=_ASIDE, after="c")
# What an emptied function answers: the first of these that its type knows. With a null, a partition's key is constant.
_VALUES = (
    *("'0'", "'2000-01-01'", "'{}'", "'empty'", "'00000000-0000-0000-0000-000000000000'", "'0.0.0.0'", "'(0,0)'"),
    "pg_catalog.enum_first(null::%1$s)",
)
_VALUE = "begin return null; end"
for _value in reversed(_VALUES):
    _VALUE = f"begin return {_value}::%1$s; exception when others then {_VALUE}; end"
_EMPTIED = """
create function {ours}.emptied() returns event_trigger language plpgsql set search_path = pg_catalog as $$
begin
  insert into {ours}.bodies select p.*
  from pg_event_trigger_ddl_commands() c join pg_proc p on p.oid = c.objid join pg_language l on l.oid = p.prolang
  where c.classid = 'pg_proc'::regclass and not c.in_extension and p.prokind = 'f'
    and l.lanname not in ('c', 'internal');
  update pg_proc p set probin = null, prosqlbody = null,
    prosrc = case when p.proretset or p.prorettype = 'void'::regtype then 'begin return; end'
      when p.proargmodes && '{{o,b,t}}' then (select format('begin %s return; exception when others then return; end',
        string_agg(format('$%s := ''0'';', n), ' ')) from unnest(p.proargmodes) with ordinality m(mode, n)
        where mode in ('o', 'b', 't'))
      when p.prorettype in (select oid from pg_type where typtype = 'p') then 'begin return ''0''; end'
      else format('{value}', format_type(p.prorettype, null)) end,
    prolang = (select oid from pg_language where lanname = 'plpgsql')
  from pg_event_trigger_ddl_commands() c, {ours}.bodies b
  where c.classid = 'pg_proc'::regclass and p.oid = c.objid and b.oid = p.oid;
end $$
"""
_BEGUN = (
    f"create schema {OURS}",
    f"create table {OURS}.bodies (like pg_catalog.pg_proc)",
    _EMPTIED.format(ours=OURS, value=_VALUE.replace("'", "''")),
    f"""
create function {OURS}.put_aside() returns event_trigger language plpgsql set search_path = pg_catalog as $$
begin
  {PUT_ASIDE};
end $$
""",
    f"create event trigger {OURS}_functions on ddl_command_end when tag in ('CREATE FUNCTION')"
    f" execute function {OURS}.emptied()",
    f"create event trigger {OURS}_domains on ddl_command_end when tag in ('CREATE DOMAIN', 'ALTER DOMAIN')"
    f" execute function {OURS}.put_aside()",
    # In a load no other trigger fires.
    f"alter event trigger {OURS}_functions enable always",
    f"alter event trigger {OURS}_domains enable always",
)
_BODIES = """
update pg_catalog.pg_proc p set prolang = b.prolang, prosrc = b.prosrc, probin = b.probin, prosqlbody = b.prosqlbody
from {ours}.bodies b where b.oid = p.oid
"""
_VOLATILE = """
update pg_catalog.pg_proc p set provolatile = 'v' from pg_catalog.pg_language l
where l.oid = p.prolang and p.provolatile <> 'v' and p.oid >= 16384 and l.lanname not in ('c', 'internal')
"""
_NOTED = "create table {ours}.hasty as select oid, provolatile from pg_catalog.pg_proc"
_HASTY_AGAIN = """
update pg_catalog.pg_proc p set provolatile = h.provolatile from {ours}.hasty h
where h.oid = p.oid and h.provolatile <> p.provolatile
"""
_STILL = (_NOTED.format(ours=OURS), _VOLATILE)
_FILLED = (f"drop event trigger {OURS}_functions", _BODIES.format(ours=OURS))
_ENDED = (
    _HASTY_AGAIN.format(ours=OURS),
    f"drop event trigger {OURS}_domains",
    f"drop schema {OURS} cascade",
    _TAKEN_UP,
)


def begin(session: Session) -> None:
    """Have functions emptied and domains' demands put aside from now on, in an empty database."""
    _tell(session, _BEGUN)


def fill(session: Session) -> None:
    """Give the functions their bodies: what is made from now on may run them only as somebody else."""
    _tell(session, _FILLED)


def still(session: Session) -> None:
    """Have no function worked out by whoever plans a query; no index that calls one can be made until the end."""
    _tell(session, _STILL)


def unasked(session: Session) -> None:
    """Have a transaction that is rolled back plan its queries without any code of the database's."""
    session.tell(_VOLATILE)
    session.tell(PUT_ASIDE)


def end(session: Session) -> None:
    """Take up what domains demand, and remove what was made for this."""
    _tell(session, _ENDED)


def _tell(session: Session, statements: tuple[str, ...]) -> None:
    session.tell("begin read write")
    for statement in statements:
        session.tell(statement)
    session.tell("commit")
