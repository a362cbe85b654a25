"""A psql that stays, and the words by which PostgreSQL is reached."""

from __future__ import annotations

import json
from typing import Any

from ops.core.confidential import fit
from ops.core.errors import Unavailable
from ops.core.run import Stream

_END = "seawall-end-of-answer"
PSQL = ("psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1")


def connection(database: str, **words: object) -> str:
    """Return a connection string; quoted, for a database may be called `a b"c`."""
    said = " ".join(f"{name}={quoted(str(value))}" for name, value in words.items())
    return f"{said} dbname={quoted(database)}".strip()


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

    def tell(self, statement: str) -> list[str]:
        """Run a statement and return the lines of its answer."""
        self.say(statement)
        return self.hear()

    def say(self, statement: str) -> None:
        """Give a statement to the server, and do not wait for its answer."""
        self.program.write(f"{statement}\n;\n\\echo {_END}\n")

    def hear(self) -> list[str]:
        """Return the lines that answer the oldest statement whose answer was not heard yet."""
        answer = self.program.until(_END, self.seconds)
        if answer is None:
            raise Unavailable(f"PostgreSQL: {reason(self.program)}", self.hint)
        return answer

    def ask(self, query: str) -> Any:
        """Run a query that answers one JSON document, or one number."""
        return json.loads("".join(self.tell(query)))


def reason(program: Stream) -> str:
    """Return what the server or psql said, without the picture of the statement that follows it."""
    lines = [line.strip() for line in program.last_words().splitlines() if line.strip()]
    told = [line for line in lines if "ERROR:" in line or "FATAL:" in line or line.startswith("psql: error:")]
    return fit("psql", (told or lines or ["the session ended without a message"])[-1], "\n".join(lines))
