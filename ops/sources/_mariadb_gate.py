"""The door before mariadb-dump: the repository's program opens it when it is ready, and the dump waits behind.

So no server is locked while restic still reads its index. The other side is `Gate` in _mariadb_instant.py: it says
`go`, or why not. What it says later, when it ends a dump that runs, is told here as the reason. This program is run
by its path, alone, and imports nothing of ours.
"""

import os
import select
import subprocess  # noqa: TID251 -- runs alone, without our package
import sys
from collections.abc import Sequence

GO = "go"


def gated(fifo: str, seconds: int, argv: Sequence[str]) -> list[str]:
    """Return a program that waits until it is let through the gate, and then is `argv`."""
    return [sys.executable, "-I", "-S", __file__, fifo, str(seconds), *argv]


def main(fifo: str, seconds: int, argv: Sequence[str]) -> int:
    """Wait for the word, run the program, return its exit code."""
    gate = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    word = heard(gate, seconds)
    if word != GO:
        sys.stderr.write(f"{word or 'the session that was to fix the instant has ended'}\n")
        return 1
    code = subprocess.run(argv, stdin=subprocess.DEVNULL, check=False).returncode
    if code and (word := heard(gate, 0)):
        sys.stderr.write(f"{word}\n")
    return code if code >= 0 else 1


def heard(gate: int, seconds: int) -> str:
    """Return the next words of the other side; nothing when it says none in time or has gone."""
    ready, _, _ = select.select([gate], [], [], seconds)
    return os.read(gate, 4096).decode("utf-8", "replace").strip() if ready else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
