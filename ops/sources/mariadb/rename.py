"""Moving all of a database into another one: tables keep their data, everything else is made anew where they go.

MariaDB moves tables and sequences from one database to another, all or none, in a moment. It does not move views,
routines and events, and no table that has a trigger. These are written down first, in a file that outlives us.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged, SeawallError, Stopped
from ops.core.files import write_atomically
from ops.core.run import run
from ops.sources.mariadb.session import DAY, LARGEST, LOADING, Session, name, program, text

NOTES = Path("/var/backups")


def sleeping(events: Sequence[str]) -> list[str]:
    """Return the statements that put events to sleep."""
    return [f"alter event {name(event)} disable" for event in events]


@dataclass(frozen=True)
class Move:
    """Everything from one database into another, which is made when `nature` says how."""

    session: Session
    socket: str
    source: str
    target: str
    nature: str

    def done(self, awake: Sequence[str] = ()) -> None:
        """Do it; of the events only those named are awake afterwards."""
        words = self._words()
        note = NOTES / f"seawall-{self._label()}.sql"
        write_atomically(note, words)
        try:
            if self.nature:
                self.session.tell(f"create database {name(self.target)} {self.nature}")
            self._tables(words)
            self._load(self.target, words)
            for event in self._names("event_name", "events", "event_schema", self.target):
                status = "enable" if event in awake else "disable"
                self.session.tell(f"alter event {name(self.target)}.{name(event)} {status}")
            self._empty()
        except (SeawallError, Stopped) as error:
            why = str(error).partition("\n")[0]
            raise Damaged(f"{why}; views, routines, triggers and events are in {note}") from error
        note.unlink()

    def _label(self) -> str:
        return "".join(letter if letter.isalnum() else "_" for letter in self.target)

    def _tables(self, words: str) -> None:
        """Move the tables and sequences in one statement; when that fails the triggers are put back."""
        for trigger in self._names("trigger_name", "triggers", "trigger_schema", self.source):
            self.session.tell(f"drop trigger {name(self.source)}.{name(trigger)}")
        tables = self._names("table_name", "tables where table_type <> 'VIEW'", "table_schema", self.source)
        moves = [f"{name(self.source)}.{name(table)} to {name(self.target)}.{name(table)}" for table in tables]
        if not moves:
            return
        try:
            self.session.tell(f"rename table {', '.join(moves)}")
        except (SeawallError, Stopped):
            self._load(self.source, words)
            raise

    def _words(self) -> str:
        """Return what makes views, routines, triggers and events."""
        views = self._names("table_name", "views", "table_schema", self.source)
        base = [*program("mariadb-dump", self.socket, "root"), "--default-character-set=utf8mb4", LARGEST]
        base += ["--no-data", "--skip-lock-tables", "--no-tablespaces"]
        words = run([*base, "--skip-triggers", "--", self.source, *views], timeout=DAY).stdout if views else ""
        others = ["--no-create-info", "--routines", "--events", "--triggers"]
        ignored = [f"--ignore-table={self.source}.{view}" for view in views]
        return words + run([*base, *others, *ignored, "--", self.source], timeout=DAY).stdout

    def _load(self, database: str, words: str) -> None:
        client = [*program("mariadb", self.socket, "root"), *LOADING, f"--database={database}"]
        run(client, timeout=DAY, input=words)

    def _empty(self) -> None:
        """Drop what could not be moved and was made anew: no table is among it."""
        own = name(self.source)
        for view in self._names("table_name", "views", "table_schema", self.source):
            self.session.tell(f"drop view {own}.{name(view)}")
        for sort in ("FUNCTION", "PROCEDURE"):
            wanted = f"routines where routine_type = '{sort}'"
            for routine in self._names("routine_name", wanted, "routine_schema", self.source):
                self.session.tell(f"drop {sort} {own}.{name(routine)}")
        for event in self._names("event_name", "events", "event_schema", self.source):
            self.session.tell(f"drop event {own}.{name(event)}")

    def _names(self, column: str, where: str, schema: str, database: str) -> list[str]:
        """Return names of one sort in a database."""
        table, _, condition = where.partition(" where ")
        more = f" and {condition}" if condition else ""
        query = f"select json_quote({column}) from information_schema.{table} where {schema} = {text(database)}"  # noqa: S608
        return [str(found) for found in self.session.ask(f"{query}{more}")]
