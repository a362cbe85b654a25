"""Asking a PostgreSQL server one question by its socket, as a role that may see its figures and nothing else."""

from __future__ import annotations

from ops.core.errors import CommandError, SeawallError, Unavailable
from ops.core.names import AbsolutePath
from ops.core.run import run

_TIMEOUT = 15.0
_MOST_PRINTED = 1 << 16
_DOWN = ("no such file or directory", "connection refused", "is the server running", "the database system is")
_SETTINGS = {"PGCONNECT_TIMEOUT": "10", "PGCLIENTENCODING": "UTF8", "PGOPTIONS": "-c search_path=", "LC_ALL": "C"}


class Down(SeawallError):
    """The server does not run: a failure, and nothing that is unknown."""


def ask(question: str, role: str, port: int, socket: AbsolutePath | None) -> str:
    """Return what a server answers; raise Down where it does not run, Unavailable where it can't be asked.

    socket: the folder of its socket; by default, the distribution's.
    """
    words = ["psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1", f"--port={port}", "--dbname=postgres"]
    words += [f"--username={role}", *([f"--host={socket}"] if socket else [])]
    try:
        return run(words, timeout=_TIMEOUT, env=_SETTINGS, most=_MOST_PRINTED, input=f"{question};\n").stdout
    except CommandError as error:
        said = error.stderr.rpartition("FATAL: ")[2].strip().splitlines()[-1:] or ["no message"]
        if any(word in error.stderr.lower() for word in _DOWN):
            raise Down(f"the server at port {port} is down: {said[0].strip()}") from error
        raise Unavailable(f"the server at port {port} does not answer: {said[0].strip()}") from error
