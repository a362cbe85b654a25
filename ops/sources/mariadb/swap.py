"""A loaded database in the place of the live one, which is kept under another name: all of it or nothing.

MariaDB gives no database another name, but moves all tables of two databases in one statement. What it does not move
(views, routines, triggers and events) is made anew around that. Before anything live is touched all is written down, so
that whatever fails can be put back; when nobody is left to do it, after a kill, whoever restores next does it first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ops.core.announce import announce
from ops.core.document import Limits, parse
from ops.core.errors import Damaged, SeawallError, Stopped
from ops.core.files import write_atomically
from ops.core.run import run
from ops.sources.mariadb.own_name import dump_renamed, renamed
from ops.sources.mariadb.session import DAY, LARGEST, LOADING, Session, name, program, text
from ops.sources.mariadb.structure import names
from ops.sources.mariadb.views import statements, views

NOTES = Path("/var/backups")
MARK = "seawall: this restore is not finished"
_PREFIX = "seawall-in-place-"
_LIMITS = Limits(bytes=256 << 20, depth=4, entries=4_000_000, text=128 << 20)


def sleeping(events: Sequence[str]) -> list[str]:
    """Return the statements that put events to sleep."""
    return [f"alter event {name(event)} disable" for event in events]


@dataclass(frozen=True)
class Swap:
    """What is being done on the server behind a socket, as the note says it.

    restored: the loaded database, whose tables are `fresh`. live: the place, whose tables are `old`. kept: where these
    go, made like `nature`; empty when there is no live one. words: what makes the rest of the live one again.
    """

    socket: str
    live: str
    restored: str
    kept: str
    nature: str
    old: Sequence[str]
    fresh: Sequence[str]
    words: str

    @property
    def note(self) -> Path:
        """The file that says all this."""
        return NOTES / f"{_PREFIX}{self.label}.json"

    @property
    def label(self) -> str:
        """The name of the live database as part of a file's."""
        return "".join(one if one.isalnum() else "_" for one in self.live)

    def move(self, session: Session) -> None:
        """Move both databases' tables in one statement; nothing is moved when it fails."""
        for database in (self.restored, self.live):
            _without_triggers(session, database)
        _renamed(session, [(self.live, self.kept, self.old), (self.restored, self.live, self.fresh)])

    def undo(self, session: Session) -> None:
        """Put back what was, whatever was done already."""
        for database in filter(None, (self.live, self.kept)):
            _without_triggers(session, database)
        kept = _tables(session, self.kept) if self.kept else []
        moved = not _tables(session, self.restored) if self.fresh else bool(kept)
        if moved:
            back = [(self.live, self.restored, self.fresh), (self.kept, self.live, kept)]
            _renamed(session, back)
            _emptied(session, self.live)
        loaded(self.socket, self.live, self.words, force=True)
        _defaults(session, self.kept or self.restored, self.live)
        if self.kept and not _tables(session, self.kept):
            session.tell(f"drop database if exists {name(self.kept)}")
        self.note.unlink()


def unfinished(session: Session, socket: str) -> None:
    """Put back what a swap on this server left that was killed."""
    for note in sorted(NOTES.glob(f"{_PREFIX}*.json")):
        told = parse(note.read_bytes(), _LIMITS, str(note))
        if isinstance(told, dict) and told.get("socket") == socket:
            swap = Swap(**told)
            swap.undo(session)
            announce(f"{swap.live}: an interrupted restore in place was undone; the live data are as they were")


def put_in_place(session: Session, socket: str, restored: str, live: str, kept: str, awake: Sequence[str]) -> list[str]:
    """Put a loaded database in the place of the live one, which is then `kept`; return what that one lacks.

    awake: the events that are to happen. The text of what is lacking stays in /var/backups. Raise Damaged when it
    can't be done; then all is as it was.
    """
    session.tell(f"alter database {name(restored)} comment {text(MARK)}")
    fresh, unclear = dump_renamed(_rest(session, socket, restored), restored, live, _known(session, restored))
    if unclear:
        raise Damaged(f"{', '.join(unclear)} can't be told from {live} by name; nothing live was touched")
    rest = _rest(session, socket, live, force=True)
    had = _known(session, live)
    aside, _ = dump_renamed(rest, live, kept, had)
    old = _tables(session, live)
    swap = Swap(socket, live, restored, kept, _nature(session, live), old, _tables(session, restored), rest)
    write_atomically(swap.note, json.dumps(asdict(swap)))
    try:
        session.tell(f"create database {name(kept)} {swap.nature}")
        swap.move(session)
        _emptied(session, live)
        session.tell(f"alter database {name(live)} {_nature(session, restored)}")
        loaded(socket, live, fresh)
        _defaults(session, restored, live)
        _awake(session, live, awake)
    except (SeawallError, Stopped) as error:
        _put_back(session, swap, error)
    text_of_kept = NOTES / f"seawall-{swap.label}.sql"
    write_atomically(text_of_kept, rest)
    swap.note.unlink()  # the live database is the new one now; what follows is of the old one alone
    lost = sorted(had - _settled(session, swap, aside))
    if not lost:
        text_of_kept.unlink()
    return lost


def _settled(session: Session, swap: Swap, words: str) -> set[str]:
    """Make the rest of the old database where it is kept, as far as can be; return the names of all it has then."""
    with suppress(SeawallError):
        session.tell(f"drop database {name(swap.restored)}")
        loaded(swap.socket, swap.kept, words, force=True)
        _defaults(session, swap.live, swap.kept)
        _awake(session, swap.kept, ())
    return _known(session, swap.kept)


def _put_back(session: Session, swap: Swap, error: BaseException) -> None:
    why = str(error).partition("\n")[0]
    try:
        swap.undo(session)
    except SeawallError as further:
        raise Damaged(
            f"{swap.live} could not be replaced: {why}; putting it back failed, too: {further.message}",
            f"nothing is lost: run the same command again; {swap.note} says where everything is",
        ) from error
    raise Damaged(
        f"{swap.live} could not be replaced, and is as it was: {why}",
        f"the restored data are in {swap.restored}; restore again when the reason is gone",
    ) from error


def _rest(session: Session, socket: str, database: str, *, force: bool = False) -> str:
    """Return what makes views, routines, triggers and events; force: also where some of them are broken."""
    session.tell(f"use {name(database)}")
    found = views(session, database, names(session))
    words = [*program("mariadb-dump", socket, "root"), "--default-character-set=utf8mb4", LARGEST, "--no-data"]
    words += ["--skip-lock-tables", "--no-tablespaces", "--no-create-info", "--routines", "--events", "--triggers"]
    words += [*(["--force"] if force else []), *(f"--ignore-table={database}.{view}" for view in found)]
    dump = run([*words, "--", database], timeout=DAY, ok=(0, 2) if force else (0,)).stdout
    return "\n".join([dump, *statements([*found.values()]), ""])


def loaded(socket: str, database: str, words: str, *, force: bool = False) -> None:
    """Run statements in a database; force: go on after errors."""
    client = [*program("mariadb", socket, "root"), *LOADING, f"--database={database}", *(["--force"] if force else [])]
    run(client, timeout=DAY, input=words, ok=(0, 1) if force else (0,))


def _known(session: Session, database: str) -> set[str]:
    session.tell(f"use {name(database)}")
    return names(session)


def _renamed(session: Session, moves: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    words = [
        f"{name(source)}.{name(table)} to {name(target)}.{name(table)}"
        for source, target, tables in moves
        for table in tables
    ]
    if words:
        session.tell(f"rename table {', '.join(words)}")


def _without_triggers(session: Session, database: str) -> None:
    for trigger in _names(session, "trigger_name", "triggers", "trigger_schema", database):
        session.tell(f"drop trigger {name(database)}.{name(trigger)}")


def _emptied(session: Session, database: str) -> None:
    """Drop what is not moved and is made anew: no table is among it."""
    own = name(database)
    for view in _names(session, "table_name", "views", "table_schema", database):
        session.tell(f"drop view {own}.{name(view)}")
    for sort in ("FUNCTION", "PROCEDURE", "PACKAGE"):
        for routine in _names(
            session, "routine_name", f"routines where routine_type = '{sort}'", "routine_schema", database
        ):
            session.tell(f"drop {sort} {own}.{name(routine)}")
    for event in _names(session, "event_name", "events", "event_schema", database):
        session.tell(f"drop event {own}.{name(event)}")


def _awake(session: Session, database: str, events: Sequence[str]) -> None:
    for event in _names(session, "event_name", "events", "event_schema", database):
        status = "enable" if event in events else "disable"
        session.tell(f"alter event {name(database)}.{name(event)} {status}")


def _defaults(session: Session, before: str, database: str) -> None:
    """Let columns that take their default from a sequence take it from the one that moved with them."""
    sequences = set(_names(session, "table_name", "tables where table_type = 'SEQUENCE'", "table_schema", database))
    query = (
        "select json_array(table_name, column_name, column_default) from information_schema.columns"
        f" where table_schema = {text(database)} and column_default like '%nextval(%'"
    )
    tables = _tables(session, database)  # a view's columns tell the same default
    for table, column, default in session.ask(query) if sequences else ():
        if table not in tables:
            continue
        other = renamed(default, before, database, sequences, plain=True)
        if other != default:
            place = f"{name(database)}.{name(table)} alter column {name(column)}"
            session.tell(f"alter table {place} set default {other}")


def _tables(session: Session, database: str) -> list[str]:
    return _names(session, "table_name", "tables where table_type <> 'VIEW'", "table_schema", database)


def _nature(session: Session, database: str) -> str:
    query = "select json_array(default_character_set_name, default_collation_name) from information_schema.schemata"
    charset, collation = session.one(f"{query} where schema_name = {text(database)}")
    return f"character set {charset} collate {collation}"


def _names(session: Session, column: str, where: str, schema: str, database: str) -> list[str]:
    """Return names of one sort in a database."""
    table, _, condition = where.partition(" where ")
    more = f" and {condition}" if condition else ""
    query = f"select json_quote({column}) from information_schema.{table} where {schema} = {text(database)}"
    return [str(found) for found in session.ask(f"{query}{more}")]
