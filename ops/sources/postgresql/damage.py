"""Ways to hurt a restored PostgreSQL database, each of which a drill must notice."""

from __future__ import annotations

from pathlib import Path
from random import Random

from ops.interfaces.damage import DataDamage, FileDamage
from ops.interfaces.server import Server
from ops.sources._shared.stream_damage import of_stream
from ops.sources.postgresql.facts import PostgreSQLFacts as Facts
from ops.sources.postgresql.row_damage import ROWS, writing
from ops.sources.postgresql.structure import OURS
from ops.sources.postgresql.verify import GLOBALS

_IN = "from pg_class c join pg_namespace n on n.oid = c.relnamespace"
_NAME = "format('%I.%I', n.nspname, c.relname)"
_CONSTRAINTS = f"{_IN} join pg_constraint k on k.conrelid = c.oid where {OURS.format(oid='c.oid')} and c.relkind = 'r'"
_COLUMNS = (
    f"{_IN} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
    f" where {OURS.format(oid='c.oid')} and c.relkind = 'r'"
)
_FUNCTIONS = (
    "from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang"
    f" where p.prokind = 'f' and l.lanname in ('sql', 'plpgsql') and p.prosrc <> '' and {OURS.format(oid='p.oid')}"
)
_UNUSED = "not exists (select from pg_depend d where d.refobjid = c.oid and d.refobjsubid = a.attnum)"
_OWN_ROLES = "from pg_roles r where r.rolname !~ '^pg_' and r.rolname <> current_user"
_GRANTED = (
    f"{_IN} cross join aclexplode(c.relacl) x where {OURS.format(oid='c.oid')} and x.grantee not in (0, c.relowner)"
)


def _relation(kind: str, also: str = "true") -> str:
    return f"{_IN} where c.relkind = '{kind}' and {OURS.format(oid='c.oid')} and {also}"


def _one(table: str, verb: str) -> str:
    return f"{_NAME}, format('{verb}', {_NAME}) {table}"


# Of each: what was done, and a query for what it can be done to: the name, and the statement that does it.
_DEFINED = {
    "table_dropped": ("the table was dropped:", _one(_relation("r"), "drop table %s cascade")),
    "table_added": ("a table was added:", "'seawall_added', 'create table public.seawall_added (one int)'"),
    "column_dropped": (
        "a column was dropped:",
        f"{_NAME} || '.' || a.attname, format('alter table %s drop column %I cascade', {_NAME}, a.attname) {_COLUMNS}",
    ),
    "column_added": ("a column was added:", _one(_relation("r"), "alter table %s add column seawall_added int")),
    "type_changed": (
        "the type of a column was changed:",
        f"{_NAME} || '.' || a.attname, format('alter table %s alter %I type varchar', {_NAME}, a.attname) {_COLUMNS}"
        f" and a.atttypid = 'text'::regtype and {_UNUSED}",
    ),
    "default_changed": (
        "the default of a column was changed:",
        f"{_NAME} || '.' || a.attname, format('alter table %s alter %I set default ''seawall''', {_NAME}, a.attname)"
        f" {_COLUMNS} and a.atttypid = 'text'::regtype and a.attgenerated = ''",
    ),
    "not_null_dropped": (
        "a column was made nullable:",
        f"{_NAME} || '.' || a.attname, format('alter table %s alter %I drop not null', {_NAME}, a.attname) {_COLUMNS}"
        " and a.attnotnull and a.attidentity = ''"
        " and not exists (select from pg_index i where i.indrelid = c.oid and a.attnum = any(i.indkey))",
    ),
    "key_dropped": (
        "the primary key was dropped:",
        f"k.conname, format('alter table %s drop constraint %I cascade', {_NAME}, k.conname) {_CONSTRAINTS}"
        " and k.contype = 'p'",
    ),
    "unique_dropped": (
        "a unique constraint was dropped:",
        f"k.conname, format('alter table %s drop constraint %I cascade', {_NAME}, k.conname) {_CONSTRAINTS}"
        " and k.contype = 'u'",
    ),
    "foreign_key_dropped": (
        "a foreign key was dropped:",
        f"k.conname, format('alter table %s drop constraint %I', {_NAME}, k.conname) {_CONSTRAINTS}"
        " and k.contype = 'f' and k.conparentid = 0",
    ),
    "foreign_key_not_valid": (
        "a foreign key was made valid for new rows only:",
        f"k.conname, format('alter table %1$s drop constraint %2$I;"
        f" alter table %1$s add constraint %2$I %3$s not valid', {_NAME}, k.conname, pg_get_constraintdef(k.oid))"
        f" {_CONSTRAINTS} and k.contype = 'f' and k.conparentid = 0",
    ),
    "check_dropped": (
        "a check was dropped:",
        f"k.conname, format('alter table %s drop constraint %I', {_NAME}, k.conname) {_CONSTRAINTS}"
        " and k.contype = 'c' and k.conislocal",
    ),
    "index_dropped": (
        "an index was dropped:",
        _one(
            _relation(
                "i", "not exists (select from pg_constraint k where k.conindid = c.oid) and not c.relispartition"
            ),
            "drop index %s",
        ),
    ),
    "index_not_valid": (
        "an index was made invalid:",
        f"{_NAME}, format('update pg_index set indisvalid = false where indexrelid = %s', c.oid) {_relation('i')}",
    ),
    "view_changed": (
        "a view was emptied:",
        f"{_NAME}, format('create or replace view %s as select * from (%s) q where false', {_NAME},"
        f" rtrim(pg_get_viewdef(c.oid), ';')) {_relation('v')}",
    ),
    "view_dropped": ("a view was dropped:", _one(_relation("v"), "drop view %s cascade")),
    "materialized_view_emptied": (
        "a materialized view was emptied:",
        _one(_relation("m", "c.relispopulated"), "refresh materialized view %s with no data"),
    ),
    "function_changed": (
        "the body of a function was changed:",
        f"p.proname, format('update pg_proc set prosrc = prosrc || '' '' where oid = %s', p.oid) {_FUNCTIONS}",
    ),
    "function_dropped": (
        "a function was dropped:",
        f"p.proname, format('drop function %s cascade', p.oid::regprocedure) {_FUNCTIONS}",
    ),
    "trigger_disabled": (
        "a trigger was disabled:",
        f"t.tgname, format('alter table %s disable trigger %I', {_NAME}, t.tgname) {_IN}"
        f" join pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal and t.tgenabled <> 'D'",
    ),
    "trigger_dropped": (
        "a trigger was dropped:",
        f"t.tgname, format('drop trigger %I on %s', t.tgname, {_NAME}) {_IN}"
        f" join pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal and t.tgparentid = 0",
    ),
    "sequence_set_back": (
        "a sequence was set back:",
        f"{_NAME}, format('alter sequence %s restart', {_NAME}) {_IN} join pg_sequences s"
        " on s.schemaname = n.nspname and s.sequencename = c.relname where s.last_value > s.start_value",
    ),
    "sequence_dropped": (
        "a sequence was dropped:",
        _one(
            _relation("S", "not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'i')"),
            "drop sequence %s cascade",
        ),
    ),
    "extension_dropped": (
        "an extension was dropped:",
        "e.extname, format('drop extension %I cascade', e.extname) from pg_extension e where e.extname <> 'plpgsql'",
    ),
    "owner_changed": (
        "the owner of a table was changed:",
        _one(_relation("r", "pg_get_userbyid(c.relowner) <> current_user"), "alter table %s owner to current_user"),
    ),
    "grant_revoked": (
        "a privilege on a table was revoked:",
        f"{_NAME}, format('revoke %s on %s from %s', x.privilege_type, {_NAME}, x.grantee::regrole) {_GRANTED}"
        " and c.relkind = 'r'",
    ),
    "grant_added": ("everybody was allowed to read a table:", _one(_relation("r"), "grant select on %s to public")),
    "schema_opened": (
        "everybody was allowed to create tables in a schema:",
        f"n.nspname, format('grant create on schema %I to public', n.nspname) from pg_namespace n"
        f" where {OURS.format(oid='n.oid')}",
    ),
    "row_security_off": (
        "row security was disabled:",
        _one(_relation("r", "c.relrowsecurity"), "alter table %s disable row level security"),
    ),
    "policy_dropped": (
        "a policy was dropped:",
        "policyname, format('drop policy %I on %I.%I', policyname, schemaname, tablename) from pg_policies",
    ),
    "enum_changed": (
        "a label of an enumeration was changed:",
        "t.typname, format('alter type %s rename value %L to ''seawall''', t.oid::regtype, e.enumlabel)"
        " from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace"
        f" where {OURS.format(oid='t.oid')}",
    ),
    "large_object_removed": (
        "a large object was removed:",
        "m.oid::text, format('select lo_unlink(%s)', m.oid) from pg_largeobject_metadata m",
    ),
    "large_object_changed": (
        "a large object was changed:",
        "m.oid::text, format('select lo_put(%1$s, 0, substr(sha256(lo_get(%1$s, 0, 9)), 1, 9))', m.oid)"
        " from pg_largeobject_metadata m",
    ),
    "role_dropped": (
        "a role was dropped:",
        f"r.rolname, format('reassign owned by %1$I to current_user; drop owned by %1$I; drop role %1$I', r.rolname)"
        f" {_OWN_ROLES}",
    ),
    "role_made_superuser": (
        "a role was made superuser:",
        f"r.rolname, format('alter role %I superuser', r.rolname) {_OWN_ROLES} and not r.rolsuper",
    ),
    "role_locked_out": (
        "a role was locked out:",
        f"r.rolname, format('alter role %I nologin', r.rolname) {_OWN_ROLES} and r.rolcanlogin",
    ),
}


def _defined(words: str, query: str) -> DataDamage[Facts]:
    """Return the damage that a statement does to one of those that a query finds."""

    def hurt(server: Server, database: str, _facts: Facts, chance: Random) -> str:
        with writing(server, database) as session:
            found = session.ask(
                "select coalesce(json_agg(json_build_array(one, act) order by one, act), '[]')"
                f" from (select {query}) q(one, act)"
            )
            if not found:
                return ""
            one, statement = chance.choice(found)
            session.tell(f"set client_min_messages = error; {statement}")
        return f"{words} {one}"

    return DataDamage(hurt)


def _dump(folder: Path, facts: Facts) -> Path:
    """Return the dump; of one that is a folder, its largest file."""
    dump = folder / facts.dump
    files = [path for path in dump.iterdir() if path.is_file()] if dump.is_dir() else [dump]
    return max(files, key=lambda path: path.stat().st_size if path.exists() else 0)


def _roles_lost(folder: Path, _facts: Facts, _chance: Random) -> str:
    if not (folder / GLOBALS).is_file():
        return ""
    (folder / GLOBALS).write_text("", encoding="ascii")
    return "the roles were removed"


DAMAGES: dict[str, DataDamage[Facts] | FileDamage[Facts]] = {
    **{name: _defined(words, query) for name, (words, query) in _DEFINED.items()},
    **ROWS,
    **of_stream(_dump),
    "roles_lost": FileDamage("material", _roles_lost),
}
