"""Loading a PostgreSQL dump into a throwaway cluster, with nothing that a plain load would not do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ops.core.errors import CommandError, Damaged, UsageError
from ops.interfaces.server import DatabaseServer, LoadedMaterial, Server
from ops.sources.postgresql.contents import FILLED, batches, place
from ops.sources.postgresql.explaining import ROLE_GONE, refused
from ops.sources.postgresql.facts import PostgreSQLFacts
from ops.sources.postgresql.listed import rows
from ops.sources.postgresql.loading import SETTINGS, Archive, Failure
from ops.sources.postgresql.nature import commented, described, granted, nature, unmarked
from ops.sources.postgresql.restore import NO_LOCALE
from ops.sources.postgresql.session import connection
from ops.sources.postgresql.sql import identifier
from ops.sources.postgresql.structure.dumped import empty
from ops.sources.postgresql.verify import GLOBALS, answer, beside, engine, newest_in, prove

_DAY = 86_400.0
# Whatever the set's own superuser has for himself.
_PSQL = ("env", f"PGOPTIONS={SETTINGS}", "psql", "-XAtq", "--no-password", "--dbname=postgres")
_LOADER = "seawall_loads_roles"
_SIZES = 'find "$1" -type f -printf "%s\\n"; shift; exec "$@" >/dev/null'


def load(server: Server, material: Path, facts: PostgreSQLFacts) -> str:
    """Load roles, then the dump, into a fresh cluster; return the database's name.

    Its table spaces are not there: all is in the default one. Its settings come last, for they may forbid a load.
    Raise Damaged for what a plain load refuses, with the objects and what to do about them.
    """
    dump = str(material / facts.dump)
    # psql goes on where the cluster has a role already; whether all are there is proved after. Another superuser loads
    # them, for in the set the server's own may be one that may not log in, or none.
    loader = [f"create role {_LOADER} superuser", f"set session authorization {_LOADER}"]
    again = _commands(["alter role postgres with superuser login"])
    roles = [*_PSQL, *_commands(loader), f"--file={material / GLOBALS}", *again]
    size = sum(map(int, server.run(["sh", "-c", _SIZES, "sh", dump, *roles], 600).split()))
    if size != facts.dump_bytes:  # pg_restore does not miss all that is cut off
        raise Damaged(f"the dump has {size} bytes, but had {facts.dump_bytes}")
    _create(server, facts)
    archive = Archive(LoadedMaterial(lambda argv: server.run(argv, _DAY), material), dump, major=facts.major)
    listed, words = archive.listed(), ["--jobs=2", "--no-tablespaces"]
    failures = [one for part in batches(listed) for one in archive.loaded(connection(facts.database), words, part)]
    if left := _of_here(server, facts, failures):
        raise Damaged(refused(left, listed), "`seawall restore` loads the database all the same")
    name = facts.database
    statements = [one.statement for one in (*granted(name, facts), *described(name, facts))]
    # psql goes on where this tree lacks what one of them needs, which is named by the proof, and ends as its last does.
    last = commented(name, unmarked(facts.comment or ""))
    server.run([*_PSQL, *_commands([*statements, last])], 600)
    return facts.database


def _of_here(server: Server, facts: PostgreSQLFacts, failures: Sequence[Failure]) -> Sequence[Failure]:
    """Return failures but for views of what is another server's, which nobody can ask here; the proof names them."""
    if not any(one.entry.sort == FILLED for one in failures):
        return failures
    with beside(server, facts.database, facts.major) as session:
        names = tuple(place(name, facts.encoding) for name in empty(session.ask))
    return [one for one in failures if one.entry.sort != FILLED or not one.entry.place.startswith(names)]


def _create(server: Server, facts: PostgreSQLFacts) -> None:
    create = f"create database {identifier(facts.database)}"
    words = [*_PSQL, "--set=ON_ERROR_STOP=1"]
    try:
        server.run([*words, *_commands([f"{create} {nature(facts)}"])], 600)
    except CommandError as error:
        if ROLE_GONE.search(error.stderr):  # the roles are proved after; without its owner, all else is, too
            plain = nature(replace(facts, owner=""))
        elif any(word in error.stderr for word in NO_LOCALE):
            # The bare tree knows few languages; in C the rows are the same, only their order in indexes is another.
            plain = f"template template0 encoding '{facts.encoding}' locale 'C'"
        else:
            raise
        server.run([*words, *_commands([f"{create} {plain}"])], 600)


def _commands(statements: list[str]) -> list[str]:
    return [f"--command={statement}" for statement in statements]


def newest(tree: Path, facts: PostgreSQLFacts) -> DatabaseServer[PostgreSQLFacts]:
    """Return how the data come into the newest server that a bare root tree has; raise UsageError for an older one."""
    major = newest_in(tree)
    if major < facts.major:
        raise UsageError(
            f"{tree} has PostgreSQL {major}, but the data are from {facts.major}", "name a newer Debian as `release`"
        )
    there = partial(replace, major=major)  # what such a server may do by itself is kept from it
    return DatabaseServer(
        lambda _: engine(major),
        lambda server, material, told: load(server, material, there(told)),
        partial(prove, there=major),
        answer,
        rows,
    )


DATABASE = DatabaseServer(lambda facts: engine(facts.major), load, prove, answer, rows, newest)
