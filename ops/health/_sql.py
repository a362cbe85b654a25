"""Asking another server one question in SQL, as its own client does, within a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ops.core.errors import CommandError, CommandTimeout, Unavailable
from ops.core.printable import printable
from ops.core.run import run

MOST_PRINTED = 1 << 16
PROGRAMS: Mapping[str, str] = {"postgresql": "psql", "mariadb": "mariadb"}


@dataclass(frozen=True)
class Question:
    """What is asked, where, and as whom. secret_file: of the client's own form; empty: without a password."""

    speaks: str
    host: str
    port: int
    tls: bool
    query: str
    user: str
    database: str
    secret_file: str


def demand_client(speaks: str) -> None:
    """Raise Unavailable where the client is not installed: that says nothing about the server."""
    if not shutil.which(PROGRAMS[speaks]):
        raise Unavailable(f"{PROGRAMS[speaks]} is not installed here; without it nobody can ask")


def ask(question: Question, seconds: float) -> str:
    """Return what the client prints of the answer; raise Unavailable when there is none within so many seconds."""
    words, settings = _CLIENTS[question.speaks](question, seconds)
    where = f"{question.host}:{question.port}"
    try:
        return run(words, timeout=seconds, env=settings, most=MOST_PRINTED, input=f"{question.query};\n").stdout
    except CommandTimeout as error:
        raise Unavailable(f"{where} does not answer the query in time") from error
    except CommandError as error:
        said = " ".join(printable((error.stderr.strip().splitlines() or ["no message"])[-1]).split())
        raise Unavailable(f"{where} does not answer the query: {said[:200]}") from error


def _postgresql(one: Question, seconds: float) -> tuple[list[str], dict[str, str]]:
    words = ["psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1", f"--host={one.host}", f"--port={one.port}"]
    words += [f"--username={one.user}", f"--dbname={one.database or 'postgres'}"]
    settings = {
        "PGCONNECT_TIMEOUT": f"{max(2, round(seconds))}",
        "PGSSLMODE": "require" if one.tls else "prefer",
        "PGOPTIONS": f"-c default_transaction_read_only=on -c statement_timeout={round(seconds * 1000)}",
        **({"PGPASSFILE": one.secret_file} if one.secret_file else {}),
    }
    return words, settings


def _mariadb(one: Question, seconds: float) -> tuple[list[str], dict[str, str]]:
    # Which file of settings is read must be said first.
    words = ["mariadb", f"--defaults-file={one.secret_file}" if one.secret_file else "--no-defaults"]
    words += ["--protocol=tcp", f"--host={one.host}", f"--port={one.port}", f"--user={one.user}"]
    words += [f"--connect-timeout={max(1, round(seconds))}", "--batch", "--skip-column-names", "--binary-mode"]
    words += ["--init-command=set session transaction read only", *(["--ssl"] if one.tls else [])]
    return [*words, *([f"--database={one.database}"] if one.database else [])], {}


_CLIENTS: Mapping[str, Callable[[Question, float], tuple[list[str], dict[str, str]]]] = {
    "postgresql": _postgresql,
    "mariadb": _mariadb,
}
