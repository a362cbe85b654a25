"""Asking the UPS server (NUT's upsd) over TCP with `LIST`, which needs no account; what it says is not judged here."""

from __future__ import annotations

import math
import shlex
import socket
import time
from dataclasses import dataclass, field

from ops.core.errors import Unavailable

TIMEOUT = 5.0
LONGEST_ANSWER = 1 << 18
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def names(host: str, port: int) -> list[str]:
    """Return the names of the devices of an upsd; raise Unavailable."""
    return [words[1] for words in _ask(host, port, "LIST UPS") if words[0] == "UPS" and len(words) > 1]


def variables(host: str, port: int, name: str) -> dict[str, str]:
    """Return what a device says, by variable; raise Unavailable, also when what is known of it is too old."""
    lines = _ask(host, port, f"LIST VAR {name}")
    return {words[2]: words[3] for words in lines if words[0] == "VAR" and len(words) == 4}  # noqa: PLR2004 -- VAR ups name "value"


def commands(host: str, port: int, name: str) -> list[str]:
    """Return the names of the commands that a device takes; raise Unavailable."""
    return [words[2] for words in _ask(host, port, f"LIST CMD {name}") if words[0] == "CMD" and len(words) > 2]  # noqa: PLR2004 -- CMD ups name


@dataclass(frozen=True)
class Account:
    """An account of an upsd."""

    name: str
    password: str = field(repr=False)


def instruct(host: str, port: int, account: Account, name: str, command: str) -> None:
    """Give a device a command; raise Unavailable where upsd does not take it.

    The password goes in clear: only for an upsd of this machine.
    """
    where = f"upsd on {host}"
    deadline = time.monotonic() + TIMEOUT
    said = (f"USERNAME {account.name}", f"PASSWORD {account.password}", f"INSTCMD {name} {command}")
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT) as connection:
            for line in said:
                connection.sendall(f"{line}\n".encode())
                answer = _read(connection, b"\n", deadline).decode("utf-8", "replace").strip()
                if not answer.startswith("OK"):
                    raise Unavailable(f"{where} answers {answer[:80] or 'nothing'} to {line.split()[0]}")
    except OSError as error:
        raise Unavailable(f"{where} cannot be reached: {error.strerror or error}") from error


def signal_of(machine: str) -> str:
    """Return the name of the device by which a conductor tells a machine to stop."""
    return f"seawall-{machine}"


def number(text: str | None) -> float | None:
    """Return a variable as a number; some devices write dashes or words instead."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _ask(host: str, port: int, question: str) -> list[list[str]]:
    """Put one question to upsd; return the lines of its answer, each as words."""
    where = f"upsd on {host}"
    deadline = time.monotonic() + TIMEOUT
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT) as connection:
            connection.sendall(f"{question}\n".encode())
            answer = _read(connection, f"END {question}\n".encode(), deadline)
    except TimeoutError as error:
        raise Unavailable(f"{where} does not answer within {TIMEOUT:.0f} s") from error
    except OSError as error:
        raise Unavailable(f"{where} cannot be reached: {error.strerror or error}") from error
    text = answer.decode("utf-8", "replace")
    if text.startswith("ERR "):
        raise Unavailable(f"{where} answers {text.strip()[:80]}")
    if f"\nEND {question}\n" not in f"\n{text}":
        raise Unavailable(f"{where} sends an incomplete answer; is it a UPS server?")
    try:
        return [words for line in text.splitlines() if (words := shlex.split(line))]
    except ValueError as error:
        raise Unavailable(f"{where} sends an answer that is not part of the protocol") from error


def _read(connection: socket.socket, end: bytes, deadline: float) -> bytes:
    """Read until the answer is whole, or is an error, or has no end."""
    answer = b""
    while not answer.endswith(end) and len(answer) < LONGEST_ANSWER:
        if answer.startswith(b"ERR ") and answer.endswith(b"\n"):
            break
        connection.settimeout(max(deadline - time.monotonic(), 0.01))
        piece = connection.recv(65536)
        if not piece:
            break
        answer += piece
    return answer
