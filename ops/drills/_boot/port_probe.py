"""Asking a port of a booted machine, from inside its network, which has nothing but its loopback."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ops.core.confidential import fit
from ops.core.errors import CommandError
from ops.core.limits import demand_port
from ops.core.run import run
from ops.core.verdict import Finding, Verdict, judged

SECONDS = 20.0
MOST = 1 << 20  # characters of an answer; what is longer is not read to its end
_PATH = re.compile(r"/[!-~]*")
_STATUS = re.compile(r"HTTP/1\.[01] ([0-9]{3})\b")
# Runs here, in the machine's network alone: nothing of the machine's own programs is needed.
ASK = f"""
import socket, sys
port, says, get = sys.argv[1:]
with socket.create_connection(("127.0.0.1", int(port)), 10) as door:
    door.settimeout(10)
    said = b""
    if get:
        door.sendall(f"GET {{get}} HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n".encode("ascii"))
        while len(said) < {MOST} and (piece := door.recv(65536)):
            said += piece
    elif says:
        said = door.recv(400)
    sys.stdout.write(said.decode("utf-8", "replace"))
"""


@dataclass(frozen=True)
class Door:
    """A TCP port of the machine that must answer.

    port: its number.
    says: what the first words from it must hold; nothing: that it takes a connection is enough.
    get: what is requested there by HTTP, such as `/statistics`; it must be answered with 200, and `says` is looked for
        in what comes.
    number: the key of a number in that answer, which must be a JSON object.
    at_least: the smallest acceptable number.
    """

    port: int
    says: str = ""
    get: str = ""
    number: str = ""
    at_least: float | None = None

    @property
    def name(self) -> str:
        """The name of its proof step."""
        return f"port {self.port}{self.get}"

    def demand(self) -> None:
        """Raise ValueError for what can't be asked."""
        demand_port("answers: port", self.port)
        if self.get and not _PATH.fullmatch(self.get):
            raise ValueError(f"answers: get: expected a path without spaces such as /statistics, found {self.get!r}")
        if self.number and not self.get:
            raise ValueError(f"answers: number {self.number!r} needs get: the request whose answer holds it")
        if (self.at_least is None) != (not self.number):
            raise ValueError("answers: number and at_least belong together: which number, and what it must be")


def door(leader: int, asked: Door) -> list[str]:
    """Return what asks a TCP port of a machine, by its first process."""
    words = [str(asked.port), asked.says, asked.get]
    return ["nsenter", f"--target={leader}", "--net", "--", sys.executable, "-c", ASK, *words]


def serves(words: Sequence[str], patience: int) -> bool:
    """Whether what is requested by HTTP is answered with 200 by now; `words` ask it."""
    try:
        return _status(_said(words, patience)) == "200"
    except CommandError:
        return False


def answer(words: Sequence[str], asked: Door, patience: int) -> Finding:
    """Return whether a TCP port takes a connection, and says what is expected; `words` ask it."""
    try:
        said = _said(words, patience)
    except CommandError as error:
        last = (error.stderr.strip().splitlines() or ["no answer"])[-1]
        return Finding(Verdict.FAIL, f"{asked.name} does not answer: {fit('the probe', last)}")
    if asked.get and (status := _status(said)) != "200":
        return Finding(Verdict.FAIL, f"{asked.name} answers {status or 'in no HTTP'}")
    body = said.partition("\n\n")[2] if asked.get else said
    if asked.says not in body:
        return Finding(Verdict.FAIL, f"{asked.name} does not send {asked.says!r}")
    if asked.at_least is None:
        return Finding(Verdict.PASS, f"{asked.name} answers")
    found = _number(body, asked.number)
    if found is None:
        return Finding(Verdict.FAIL, f"{asked.name} sends no number {asked.number}")
    few = [f"must be {asked.at_least:g} or more"] if found < asked.at_least else []
    told = f"{asked.number} is {found:g}"
    return judged([f"{told}; {words}" for words in few], told)


def _said(words: Sequence[str], patience: int) -> str:
    return run(words, timeout=SECONDS * patience, most=4 * MOST).stdout.replace("\r\n", "\n")


def _status(said: str) -> str:
    found = _STATUS.match(said)
    return found[1] if found else ""


def _number(body: str, key: str) -> float | None:
    """Return the number that a JSON object has under a key; None for anything else, which may be anybody's."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = told.get(key) if isinstance(told, dict) else None
    if not isinstance(found, int | float) or isinstance(found, bool):
        return None
    try:
        number = float(found)
    except OverflowError:  # JSON's whole numbers have no end
        return None
    return number if math.isfinite(number) else None
