"""A psql that stays, and the words by which PostgreSQL is reached."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ops.core.confidential import fit
from ops.core.errors import Unavailable
from ops.core.run import Stream

Ask = Callable[[str], Any]

PSQL = ("psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1")
_LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout")
# From the first statement on, whatever the database and its roles have for themselves.
PATIENT = " ".join(f"-c {word}" for word in ("role=none", *(f"{name}=0" for name in _LIMITS)))
_UNLIMITED = dict.fromkeys((*_LIMITS, "transaction_timeout"), "0")
_LOGIN_TRIGGERS = 17
# In which every session that reads facts has values and definitions written, so that both sides are.
_STEADY = {
    **_UNLIMITED,
    "search_path": "",
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmlbinary": "base64",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "escape_string_warning": "off",
    "transform_null_equals": "off",
    "row_security": "off",
}
# A database in SQL_ASCII holds bytes of any encoding, which the server can't turn into UTF-8: it sends them as such.
RAW = """
select pg_catalog.set_config('client_encoding', 'SQL_ASCII', false)
where pg_catalog.current_setting('server_encoding') operator(pg_catalog.=) 'SQL_ASCII'
"""


def connection(database: str, **words: object) -> str:
    """Return a connection string; quoted, for a database may be called `a b"c`."""
    said = " ".join(f"{name}={quoted(str(value))}" for name, value in words.items())
    return f"{said} dbname={quoted(database)}".strip()


_QUIET = """
select coalesce(json_agg(format('alter event trigger %I disable', evtname)), '[]')
from pg_catalog.pg_event_trigger where evtenabled <> 'D'
"""


def untriggered(major: int) -> str:
    """Return the option for a superuser's session that wakes no event trigger, nor one that forbids to connect.

    major: the least that the server is of; one of before 17 knows neither.
    """
    return " -c event_triggers=off" if major >= _LOGIN_TRIGGERS else ""


def quoted(value: str) -> str:
    """Return a value as connection strings want it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Session:
    """A psql that stays: asked in SQL, it answers one JSON document for each query."""

    def __init__(self, program: Stream, hint: str = "", seconds: float | None = None) -> None:
        """Take over a psql; seconds: for how long one answer is waited for, by default as long as it takes."""
        self.program = program
        self.hint = hint
        self.seconds = seconds
        # Values may hold line ends: none of them can hold what nobody knows.
        self._end = f"seawall-end-of-answer-{secrets.token_hex(16)}"

    def tell(self, statement: str) -> list[str]:
        """Run a statement and return the lines of its answer."""
        self.say(statement)
        return self.hear()

    def say(self, statement: str) -> None:
        """Give a statement to the server, and do not wait for its answer."""
        self.program.write(f"{statement}\n;\n\\echo {self._end}\n")

    def hear(self) -> list[str]:
        """Return the lines that answer the oldest statement whose answer was not heard yet."""
        answer = self.program.until(self._end, self.seconds)
        if answer is None:
            raise Unavailable(f"PostgreSQL: {reason(self.program)}", self.hint)
        return answer

    def blocks(self, statement: str) -> Iterator[bytes]:
        """Run a statement that copies rows out, and yield their lines as they are, many at once; see `Stream`."""
        self.say(statement)
        if not (yield from self.program.blocks_until(self._end.encode(), self.seconds)):
            raise Unavailable(f"PostgreSQL: {reason(self.program)}", self.hint)

    def ask(self, query: str) -> Any:
        """Run a query that answers one JSON document, or one number."""
        return json.loads("".join(self.tell(query)))


def reason(program: Stream) -> str:
    """Return what the server or psql said, without the picture of the statement that follows it."""
    lines = [line.strip() for line in program.last_words().splitlines() if line.strip()]
    told = [line for line in lines if "ERROR:" in line or "FATAL:" in line or line.startswith("psql: error:")]
    return fit("psql", (told or lines or ["the session ended without a message"])[-1], "\n".join(lines))


def steady(session: Session) -> None:
    """Set all that what a session reads could depend on; names are written in full."""
    _set(session, _STEADY)
    session.tell(RAW)


def wary(session: Session) -> None:
    """Have nobody's view or foreign table read that was put in the place of a table since the server listed it."""
    _set(session, {"restrict_nonsystem_relation_kind": "view, foreign-table"})


def unhurried(session: Session) -> None:
    """Have a session and its transactions last as long as they need."""
    _set(session, _UNLIMITED)


def as_of_the_database(session: Session) -> None:
    """Leave a session to what the database has for itself, but for limits of time and for writing."""
    session.tell("reset all; set default_transaction_read_only = on")
    _set(session, _UNLIMITED)
    session.tell(RAW)


def _set(session: Session, settings: Mapping[str, str]) -> None:
    """Set each of some settings that the server knows."""
    pairs = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
    session.tell(
        "select pg_catalog.set_config(s.name, w.value, false) from pg_catalog.pg_settings s join (values"
        f" {pairs}) w(name, value) on pg_catalog.lower(s.name) operator(pg_catalog.=) w.name"
    )


@contextmanager
def scratch(session: Session) -> Iterator[None]:
    """Let a superuser's session make things for a block, which wake no event trigger and are gone afterwards."""
    session.tell("begin transaction read write")
    for statement in session.ask(_QUIET):
        session.tell(statement)
    yield
    session.tell("rollback")
