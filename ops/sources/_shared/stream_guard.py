"""A program between a dump and the repository that sees whether the dump is whole.

restic stores what a program writes and honours its exit code; but a dump program may be cut off and still end well,
and then only the last words of its output tell. This one passes everything on, and fails when the end is missing, so
that restic makes no snapshot. It is run by its path, alone, and imports nothing of ours.
"""

import hashlib
import subprocess
import sys
from collections.abc import Sequence

CHUNK = 1 << 20
TAIL = 4096


def watched(argv: Sequence[str], *, end: str = "", least: int = 0, digest: str = "") -> list[str]:
    """Return a program that writes what `argv` writes, and fails when that is cut off.

    end: what must stand in the last line that is not blank. least: the fewest bytes that are believed. digest: a file
    that gets the SHA-256 of all that was written, once it is whole.
    """
    return [sys.executable, "-I", "-S", __file__, end, str(least), digest, *argv]


def main(end: bytes, least: int, digest: str, argv: Sequence[str]) -> int:
    """Pass the program's output on; return its exit code, or 1 when it ended well without its end."""
    try:
        program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    except OSError as error:
        return told(f"{argv[0]} can't be started: {error.strerror}", 127)
    seen = hashlib.sha256()
    total, tail = passed_on(program, seen if digest else None)
    if code := program.wait():
        how = f"exited with code {code}" if code > 0 else f"was killed (signal {-code})"
        return told(f"{argv[0]} {how}", code if code > 0 else 1)
    if end and end not in (tail.rstrip().splitlines() or [b""])[-1]:
        return told(f"the output of {argv[0]} is truncated: {end.decode()!r} is not in its last line", 1)
    if total < least:
        return told(f"the output of {argv[0]} has {total} bytes; expected {least} or more", 1)
    if digest:
        with open(digest, "x", encoding="ascii") as file:  # noqa: PTH123 -- pathlib is slow to load
            file.write(seen.hexdigest())
    return 0


def passed_on(program: "subprocess.Popen[bytes]", seen: "hashlib._Hash | None") -> tuple[int, bytes]:
    """Write all that a program writes to our output; return how many bytes they were, and the last of them."""
    total, tail = 0, b""
    while piece := program.stdout.read1(CHUNK) if program.stdout else b"":  # type: ignore[attr-defined]
        sys.stdout.buffer.write(piece)
        if seen:
            seen.update(piece)
        total += len(piece)
        tail = (tail + piece[-TAIL:])[-TAIL:]
    sys.stdout.buffer.flush()
    return total, tail


def told(words: str, code: int) -> int:
    """Say what is wrong where restic's caller hears it."""
    sys.stderr.write(f"{words}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1].encode(), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
