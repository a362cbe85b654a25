"""Run a program inside an emulated machine: `python3 _ask.py FOLDER PROGRAM...`; FOLDER has the sockets of its ports.

Input, output, errors and exit code are the program's own. One port serves one program at a time; the first
that is free is taken.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

MARK = b"\0seawall-asks\0"
HEAD = struct.Struct(">cII")
_PAUSE_SECONDS = 0.1


def main(words: Sequence[str]) -> int:
    """Ask for the program, pass on what it says, and return its exit code."""
    folder, *argv = words
    number = secrets.randbits(32)
    with _free(Path(folder)) as lock, socket.socket(socket.AF_UNIX) as port:
        port.connect(lock.name.removesuffix(".lock"))
        port.sendall(MARK + _frame(b"c", number, b"\0".join(os.fsencode(word) for word in argv)))
        threading.Thread(target=_feed, args=[port, number], daemon=True).start()
        for kind, body in _frames(port, number):
            if kind == b"x":
                return int(body)
            os.write(1 if kind == b"o" else 2, body)
    sys.stderr.write("the machine or its agent stopped\n")
    return 255


def _free(folder: Path) -> IO[str]:
    """Return the lock of a port that nobody uses, held."""
    while True:
        for place in sorted(folder.glob("port*")):
            if place.suffix == ".lock":
                continue
            lock = place.with_name(f"{place.name}.lock").open("a", encoding="ascii")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            return lock
        time.sleep(_PAUSE_SECONDS)


def _feed(port: socket.socket, number: int) -> None:
    while chunk := os.read(0, 1 << 12):
        port.sendall(_frame(b"i", number, chunk))
    port.sendall(_frame(b"e", number, b""))


def _frame(kind: bytes, number: int, body: bytes) -> bytes:
    return HEAD.pack(kind, number, len(body)) + body


def _frames(port: socket.socket, number: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield what answers this question; what is left of another one's is passed over."""
    with port.makefile("rb") as heard:
        while len(head := heard.read(HEAD.size)) == HEAD.size:
            kind, whose, length = HEAD.unpack(head)
            body = heard.read(length)
            if whose == number:
                yield kind, body


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
