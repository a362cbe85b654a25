"""Proving a loaded PostgreSQL database against its manifest, and the throwaway cluster that it may be in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ops.core.errors import UsageError
from ops.core.verdict import Finding, Verdict, judged, not_configured
from ops.interfaces.server import CATALOGUE_SECONDS, POLICY_SECONDS, TABLE_SECONDS, Engine, Server
from ops.sources._shared.comparison import added, defined_alike, differing, number, total
from ops.sources._shared.local_server import Local
from ops.sources._shared.row_slices import Counted
from ops.sources.postgresql import inert
from ops.sources.postgresql.contents import meant
from ops.sources.postgresql.copied import copied, copied_of_extensions
from ops.sources.postgresql.facts import (
    EXTENSIONS,
    INVALID,
    TABLES,
    DatabaseFacts,
    Setting,
    rows,
    setting,
)
from ops.sources.postgresql.integrity import sound
from ops.sources.postgresql.nature.compared import compared as as_a_whole
from ops.sources.postgresql.role_proof import roles
from ops.sources.postgresql.rows import changed, compared, counted, of_extensions
from ops.sources.postgresql.sequences import behind, set_back
from ops.sources.postgresql.session import (
    PATIENT,
    PSQL,
    Ask,
    Session,
    as_of_the_database,
    connection,
    scratch,
    steady,
    untriggered,
)
from ops.sources.postgresql.sql import PRELOADED
from ops.sources.postgresql.structure import structure
from ops.sources.postgresql.structure.compared import compared as defined
from ops.sources.postgresql.structure.earlier import earlier

_DAY = 86_400.0
# Nor is a program loaded that this server may lack.
_BARE = " ".join(f"-c {name}=" for name in PRELOADED)
GLOBALS = "globals.sql"
DUMP: Literal["database.dump"] = "database.dump"
_NOTHING = Counted({}, {})
_UPDATE = "alter extension ... update in the live database makes them alike"
_AHEAD = "all sequences are ahead of their columns"


def prove(
    server: Server, database: str, facts: DatabaseFacts, only: Sequence[str] = (), there: int = 0
) -> Iterator[tuple[str, Finding]]:
    """Compare a loaded database with its manifest, rung by rung; `only`: these tables alone were loaded.

    there: the major version of the server, where that is known to be a newer one than the data are from.
    """
    least = max(facts.major, there)
    if only:
        with beside(server, database, least) as session:
            session.seconds = TABLE_SECONDS
            with _unasked(session):
                counts = rows(session.ask)
            yield "volume", prove_some(facts, counts, only)
        return
    with beside(server, database, least) as session:
        ask = session.ask
        now = setting(ask)
        yield "structure", _structure(facts, session, now)
        yield "roles", roles(session, facts, fresh=not isinstance(server, Local))
        yield "extensions", _extensions(facts.extensions, ask(EXTENSIONS))
        known = ask(TABLES)
        session.seconds = TABLE_SECONDS
        with _unasked(session):
            found, of_others = _counted(session, known, facts)
            where = sequences(ask, facts)
        yield "volume", _volume(facts, now, found, of_others)
        both = Counted({**found.rows, **of_others.rows}, {**found.content, **of_others.content})
        yield "content", _content(facts, now, both)
        yield "sequences", where
        yield "integrity", sound(session, facts.invalid_indexes, ask(INVALID), now.major)


def _counted(session: Session, tables: Sequence[str], facts: DatabaseFacts) -> tuple[Counted, Counted]:
    """Return what tables hold, and those of extensions, as the manifest of some facts has it."""
    known, ask = facts.content or {}, session.ask
    unseen = facts.extension_rows is None  # by an earlier build
    if facts.copied:
        found = copied(session, tables, known)
        return Counted(found.rows, found.content), _NOTHING if unseen else copied_of_extensions(session, known)
    here = counted(ask, tables, known, earlier=facts.definitions is None)
    return here, _NOTHING if unseen else of_extensions(ask, known)


@contextmanager
def _unasked(session: Session) -> Iterator[None]:
    """Have a superuser's session read tables for a block, and run nothing that they define."""
    with scratch(session):
        inert.unasked(session)
        yield


def answer(server: Server, database: str, sql: str) -> float:
    """Return the one number that a query of the policy answers; raise SeawallError."""
    with beside(server, database, release(server)) as session:
        as_of_the_database(session)  # the policy's queries are written as the application writes its own
        session.seconds = POLICY_SECONDS
        lines = session.tell(sql)
    return number(lines)


def release(server: Server) -> int:
    """Return of which major version a server is; in a database where nobody's triggers are."""
    return int(server.run([*PSQL, "--dbname=template1", "--command=show server_version_num"], 60)) // 10_000


@contextmanager
def beside(server: Server, database: str, major: int = 0) -> Iterator[Session]:
    """Open a session that only reads, with definitions written in full.

    major: the least that the server is of; from 17 on, a trigger may run, or forbid, when somebody connects.
    """
    words = connection(database, client_encoding="UTF8", options=f"{PATIENT} {_BARE}{untriggered(major)}")
    with server.talk([*PSQL, f"--dbname={words}"], _DAY) as program:
        session = Session(program, seconds=CATALOGUE_SECONDS)
        session.tell("set default_transaction_read_only = on")
        steady(session)
        yield session


def prove_some(facts: DatabaseFacts, there: Mapping[str, int], only: Sequence[str]) -> Finding:
    """Compare the rows of the tables that alone were restored, named with or without their schema."""
    named = {word: meant(word, [*facts.rows, *facts.sequences]) for word in only}
    wanted = {table: facts.rows[table] for tables in named.values() for table in tables if table in facts.rows}
    none = [f"the set has no table {word}" for word, tables in named.items() if not tables]
    return judged([*none, *differing(wanted, there)], total(wanted))


def _volume(facts: DatabaseFacts, there: Setting, found: Counted, of_others: Counted) -> Finding:
    wrong = [*differing(facts.rows, found.rows), *added(facts.rows, found.rows)]
    kept = facts.extension_rows or {}
    wrong += [*differing(kept, of_others.rows), *added(kept, of_others.rows)]
    if there.large_objects != facts.large_objects:
        wrong.append(f"{there.large_objects} large objects, but had {facts.large_objects}")
    return judged(wrong, total(facts.rows))


def _structure(facts: DatabaseFacts, session: Session, there: Setting) -> Finding:
    if there.encoding != facts.encoding:
        return judged([f"the encoding is {there.encoding}, but was {facts.encoding}"], "")
    if facts.definitions is None:
        found = defined_alike(facts.structure, earlier(session.ask))
    else:
        found = defined(session, facts.definitions, structure(session.ask), facts.invalid_indexes)
    return as_a_whole(session, facts, there, found)


def sequences(ask: Ask, facts: DatabaseFacts) -> Finding:
    """Compare where the sequences are; one that was behind its column already is as it was."""
    late = behind(ask)
    # A manifest without that word has them where they were: one that is there is not set back.
    known = [name for name in late if facts.behind is None or name in facts.behind]
    wrong = [*set_back(ask, facts.sequences), *(words for name, words in late.items() if name not in known)]
    was = f"; behind already when they were taken: {', '.join(known)}" if known else ""
    return judged(wrong, ("no sequence was set back" if known else _AHEAD) + was)


def _content(facts: DatabaseFacts, there: Setting, found: Counted) -> Finding:
    if facts.content is None:
        return not_configured("the set has no digests of rows")
    if there.major != facts.major:
        return not_configured("the release differs, and may write the same rows differently")
    return judged(changed(facts, found, there.large_objects), compared(facts))


def _extensions(wanted: Mapping[str, str], found: Mapping[str, str]) -> Finding:
    """Demand all extensions; which version a server makes anew is not in a dump, and need not be the one that was."""
    wrong = [f"{name} {version} is missing" for name, version in wanted.items() if name not in found]
    others = [
        f"{name} is {found[name]}, but was {version}"
        for name, version in wanted.items()
        if found.get(name, version) != version
    ]
    if others and not wrong:
        return Finding(Verdict.WARN, f"{'; '.join(others)}: a server makes the version that it has; {_UPDATE}")
    return judged([*wrong, *others], f"{len(wanted)} extensions, as in the manifest")


def newest_in(tree: Path) -> int:
    """Return the newest major version that a bare root tree has a server of; raise UsageError where it has none."""
    found = [int(path.name) for path in (tree / "usr/lib/postgresql").glob("[0-9]*") if path.name.isdecimal()]
    if not found:
        raise UsageError(f"{tree} contains no PostgreSQL", "`release` in the policy selects the tree")
    return max(found)


def engine(major: int) -> Engine:
    """Return the throwaway server of a version."""
    programs = f"/usr/lib/postgresql/{major}/bin"
    return Engine(
        name=f"PostgreSQL {major}",
        user="postgres",
        initialise=(
            f"{programs}/initdb",
            *("--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-D", "/mnt/data"),
        ),
        start=(
            f"{programs}/postgres",
            *("-D", "/mnt/data", "-c", "listen_addresses=", "-c", "unix_socket_directories=/mnt/socket"),
            *("-c", "archive_mode=off", "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"),
            *("-c", "fsync=off", "-c", "full_page_writes=off"),  # what is thrown away need not survive a power cut
        ),
        environment={"PGHOST": "/mnt/socket", "PGUSER": "postgres"},
        ready=("psql", "-XAtq", "--no-password", "--dbname=postgres", "--command=select 1"),
    )
