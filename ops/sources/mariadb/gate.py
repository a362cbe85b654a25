"""The door before mariadb-dump: the repository's program opens it when it is ready, and the dump waits behind.

So no server is locked while restic still reads its index. The other side is `Gate` in snapshot.py: it says
`go`, or why not. What it says later ends the dump, and is told here as the reason. This program is run by its path,
alone, and imports nothing of ours.
"""

import os
import select
import subprocess  # noqa: TID251 -- runs alone, without our package
import sys
from collections.abc import Sequence
from threading import Thread

GO = "go"
GONE = "the session that fixes the instant has ended"


def gated(fifo: str, seconds: int, argv: Sequence[str]) -> list[str]:
    """Return a program that waits until it is let through the gate, and then is `argv`."""
    return [sys.executable, "-I", "-S", __file__, fifo, str(seconds), *argv]


def main(fifo: str, seconds: int, argv: Sequence[str]) -> int:
    """Wait for the word, run the program, return its exit code."""
    gate = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    word = heard(gate, seconds)
    if word != GO:
        sys.stderr.write(f"{word or GONE}\n")
        return 1
    program = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    told: list[str] = []
    listener = Thread(target=ended, args=(gate, program, told), daemon=True)
    listener.start()
    if code := program.wait():
        listener.join(0.5)
        sys.stderr.write("".join(f"{line}\n" for line in told))
    return code if code >= 0 else 1


def ended(gate: int, program: "subprocess.Popen[bytes]", told: list[str]) -> None:
    """End the program at the next word, which is why, or when there is nobody left who would use the dump."""
    told.append(heard(gate) or GONE)
    program.kill()


def heard(gate: int, seconds: int | None = None) -> str:
    """Return the next words of the other side; nothing when it says none in time or has gone."""
    ready, _, _ = select.select([gate], [], [], seconds)
    return os.read(gate, 4096).decode("utf-8", "replace").strip() if ready else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
