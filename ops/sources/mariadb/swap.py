"""A loaded database in the place of the live one, which is kept under another name: all of it or nothing.

MariaDB gives no database another name, but moves all tables of two databases in one statement. What it does not move
(views, routines, triggers and events) is made anew around that. Before anything live is touched all is written down, so
that whatever fails can be put back. When nobody is left to do it, after a kill, whoever restores next does it first,
maybe days later: where the tables had not moved by putting back, else by going on, for they may have been used since.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from ops.core.errors import Damaged, SeawallError, Stopped
from ops.core.files import sync_directory, write_atomically
from ops.core.run import run
from ops.sources.mariadb.database import (
    drop_triggers,
    drop_unmoved,
    follow_sequences,
    move_tables,
    nature_of,
    tables_of,
    wake,
)
from ops.sources.mariadb.own_name import dump_renamed
from ops.sources.mariadb.session import DAY, LARGEST, LOADING, Session, name, program, text
from ops.sources.mariadb.structure import names
from ops.sources.mariadb.views import statements, views

NOTES = Path("/var/backups")
MARK = "seawall: this restore is not finished"
PREFIX = "seawall-in-place-"
LEFT = "look at {}: it says where everything is; put the database right by hand, and remove that file"


def sleeping(events: Sequence[str]) -> list[str]:
    """Return the statements that put events to sleep."""
    return [f"alter event {name(event)} disable" for event in events]


@dataclass(frozen=True)
class Wish:
    """Which databases behind a socket change places.

    restored: the loaded database. live: the place. kept: where the tables of the live one go. awake: the events that
    are to happen. late: rights that accounts which this restore made get once the tables are there. there: whether
    there was a live one.
    """

    socket: str
    live: str
    restored: str
    kept: str
    awake: tuple[str, ...]
    late: str
    there: bool


@dataclass(frozen=True)
class Swap(Wish):
    """What is being done, as the note says it.

    nature, fresh_nature: what the live and the restored database are made like. old, fresh: their tables. words: what
    makes the rest of the live one again; aside: the same where it is kept; fresh_words: the same of the restored one
    in its new place. had, has: the names of all that the live one and the restored one have.
    """

    nature: str
    fresh_nature: str
    old: tuple[str, ...]
    fresh: tuple[str, ...]
    words: str
    aside: str
    fresh_words: str
    had: tuple[str, ...]
    has: tuple[str, ...]

    @property
    def note(self) -> Path:
        """The file that says all this."""
        return NOTES / f"{PREFIX}{_label(self.live)}-{_digest(self.socket, self.live)}.json"

    @property
    def text_of_kept(self) -> Path:
        """The file with what makes the rest of the old database, for as long as that lacks some of it."""
        return NOTES / f"seawall-{_label(self.kept)}-{_digest(self.socket, self.kept)}.sql"

    def move(self, session: Session) -> None:
        """Move both databases' tables in one statement; nothing is moved when it fails."""
        for database in (self.restored, self.live):
            drop_triggers(session, database)
        move_tables(session, [(self.live, self.kept, self.old), (self.restored, self.live, self.fresh)])

    def moved(self, session: Session) -> bool | None:
        """Whether the tables have changed their places; None where others have changed so much that nobody can tell."""
        live, kept = set(tables_of(session, self.live)), set(tables_of(session, self.kept))
        if {*self.fresh} <= live and {*self.old} <= kept:
            return True
        return False if {*self.old} <= live and not kept else None

    def furnish(self, session: Session, *, force: bool = False) -> None:
        """Make the rest of the restored database in its new place, whatever of it is there; force: what can be made."""
        drop_triggers(session, self.live)
        drop_unmoved(session, self.live)
        session.tell(f"alter database {name(self.live)} {self.fresh_nature}")
        loaded(self.socket, self.live, self.fresh_words, force=force)
        follow_sequences(session, self.restored, self.live)
        wake(session, self.live, self.awake)

    def end(self, session: Session) -> list[str]:
        """Forget the note: the live database is the new one now. Furnish the old one, and return what it lacks."""
        self._forget()
        if not self.there:
            session.tell(f"drop database if exists {name(self.kept)}")
        lost = sorted({*self.had} - _settled(session, self)) if self.there else []
        if not lost:
            self.text_of_kept.unlink(missing_ok=True)
        return lost

    def undo(self, session: Session) -> None:
        """Put back what was, whatever was done already."""
        for database in (self.live, self.kept):
            drop_triggers(session, database)
        kept = tables_of(session, self.kept)
        if kept if self.old else {*self.fresh} & {*tables_of(session, self.live)}:
            back = [(self.live, self.restored, self.fresh), (self.kept, self.live, kept)]
            move_tables(session, back)
            drop_unmoved(session, self.live)
        loaded(self.socket, self.live, self.words, force=True)
        follow_sequences(session, self.kept, self.live)
        if not tables_of(session, self.kept):
            session.tell(f"drop database if exists {name(self.kept)}")
        if not self.there and not tables_of(session, self.live):
            session.tell(f"drop database {name(self.live)}")
        self._forget()
        self.text_of_kept.unlink(missing_ok=True)

    def _forget(self) -> None:
        self.note.unlink()
        sync_directory(NOTES)  # else a power cut could bring it back


def put_in_place(session: Session, wish: Wish) -> list[str]:
    """Put a loaded database in the place of the live one, which is then kept; return what that one lacks.

    The text of what is lacking stays in /var/backups. Raise Damaged when it can't be done; then all is as it was.
    """
    socket, restored, live, kept = wish.socket, wish.restored, wish.live, wish.kept
    session.tell(f"alter database {name(restored)} comment {text(MARK)}")
    fresh, unclear = dump_renamed(rest_of(session, socket, restored), restored, live, known(session, restored))
    if unclear:
        raise Damaged(f"{', '.join(unclear)} can't be told from {live} by name; nothing live was touched")
    rest = rest_of(session, socket, live, force=True)
    had = known(session, live)
    swap = Swap(
        **vars(wish),
        nature=nature_of(session, live),
        fresh_nature=nature_of(session, restored),
        old=(*tables_of(session, live),),
        fresh=(*tables_of(session, restored),),
        words=rest,
        aside=dump_renamed(rest, live, kept, had)[0],
        fresh_words=fresh,
        had=(*sorted(had),),
        has=(*sorted(known(session, restored)),),
    )
    if swap.note.exists():
        raise Damaged(
            f"an earlier restore in place of {live} was interrupted and has not ended", LEFT.format(swap.note)
        )
    write_atomically(swap.text_of_kept, rest)  # before anything is touched: afterwards the disk may be full
    write_atomically(swap.note, json.dumps(asdict(swap)))
    try:
        session.tell(f"create database {name(kept)} {swap.nature}")
        swap.move(session)
        swap.furnish(session)
    except (SeawallError, Stopped) as error:
        _put_back(session, swap, error)
    return swap.end(session)


def _label(database: str) -> str:
    """Return the name of a database as part of a file's."""
    return "".join(one if one.isalnum() else "_" for one in database)


def _digest(*words: str) -> str:
    return sha256("\0".join(words).encode()).hexdigest()[:8]


def _settled(session: Session, swap: Swap) -> set[str]:
    """Make the rest of the old database where it is kept, as far as can be; return the names of all it has then."""
    with suppress(SeawallError):
        session.tell(f"drop database {name(swap.restored)}")
        loaded(swap.socket, swap.kept, swap.aside, force=True)
        follow_sequences(session, swap.live, swap.kept)
        wake(session, swap.kept, ())
    return known(session, swap.kept)


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


def rest_of(session: Session, socket: str, database: str, *, force: bool = False) -> str:
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


def known(session: Session, database: str) -> set[str]:
    """Return the names of all that a database has."""
    session.tell(f"use {name(database)}")
    return names(session)
