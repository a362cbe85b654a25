"""Asking a port of a booted machine, from inside its network, which has nothing but its loopback."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ops.core.confidential import fit
from ops.core.errors import CommandError
from ops.core.run import run
from ops.core.verdict import Finding, Verdict

SECONDS = 20.0
# Runs here, in the machine's network alone: nothing of the machine's own programs is needed.
ASK = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as door:
    door.settimeout(10)
    if sys.argv[2]:
        sys.stdout.write(door.recv(400).decode("utf-8", "replace"))
"""


def door(leader: int, port: int, says: str) -> list[str]:
    """Return what asks a TCP port of a machine, by its first process."""
    return ["nsenter", f"--target={leader}", "--net", "--", sys.executable, "-c", ASK, str(port), says]


def answer(words: Sequence[str], port: int, says: str, patience: int) -> Finding:
    """Return whether a TCP port takes a connection, and says what is expected; `words` ask it."""
    try:
        said = run(words, timeout=SECONDS * patience).stdout
    except CommandError as error:
        last = (error.stderr.strip().splitlines() or ["no answer"])[-1]
        return Finding(Verdict.FAIL, f"port {port} does not answer: {fit('the probe', last)}")
    if says not in said:
        return Finding(Verdict.FAIL, f"port {port} does not send {says!r}")
    return Finding(Verdict.PASS, f"port {port} answers")
