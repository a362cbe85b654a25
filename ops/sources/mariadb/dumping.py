"""A program between mariadb-dump and the repository: it adds what mariadb-dump can't write, and sees the end.

The mode in which a dump is loaded is widened: dates that no calendar has, as some applications store them, would become
zeros in mariadb-dump's own, a table with such a default could not be made, and columns that are computed below zero end
the load. What is added stands before the last line, the completion mark, so that a dump is whole with it or not at all.
When mariadb-dump fails, its own words are told, for restic passes on only the last ones. It is run by its path, alone,
and imports nothing of ours.
"""

import subprocess  # noqa: TID251 -- runs alone, without our package
import sys
from collections.abc import Sequence
from threading import Thread
from typing import IO

CHUNK = 1 << 20
LAST = 4096
_MODE = b"SQL_MODE='NO_AUTO_VALUE_ON_ZERO"
MODE = b"\n/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, " + _MODE + b"' */;\n"
ANY_DATE = MODE.replace(_MODE, _MODE + b",ALLOW_INVALID_DATES,NO_UNSIGNED_SUBTRACTION")


def dumping(argv: Sequence[str], end: str, addition: str) -> list[str]:
    """Return a program that writes what `argv` writes, and fails unless its last line begins with `end`.

    addition: the file whose content comes before that line.
    """
    return [sys.executable, "-I", "-S", __file__, end, addition, *argv]


def main(end: bytes, addition: str, argv: Sequence[str]) -> int:
    """Pass the program's output on; return its exit code, or 1 when it ended well without its end."""
    try:
        program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        return told(f"{argv[0]} can't be started: {error.strerror}", 127)
    assert program.stdout and program.stderr  # noqa: S101 -- both are piped
    words: list[bytes] = []
    listener = Thread(target=heard, args=(program.stderr, words))
    listener.start()
    last = passed_on(program.stdout)
    code = program.wait()
    listener.join()
    if code:
        said = b"; ".join(words[-3:]).decode("utf-8", "replace")
        how = f"exited with code {code}" if code > 0 else f"was killed (signal {-code})"
        return told(f"{argv[0]} {how}{f': {said}' if said else ''}", code if code > 0 else 1)
    if not last.lstrip(b"\n").startswith(end):
        return told(f"the output of {argv[0]} is truncated: {end.decode()!r} is not in its last line", 1)
    with open(addition, "rb") as file:  # noqa: PTH123 -- pathlib is slow to load
        sys.stdout.buffer.write(file.read() + last.lstrip(b"\n"))
    sys.stdout.buffer.flush()
    return 0


def passed_on(output: IO[bytes]) -> bytes:
    """Write all but the last line that is not blank; return that one."""
    kept = output.read(CHUNK).replace(MODE, ANY_DATE, 1)
    while piece := output.read(CHUNK):
        kept += piece
        cut = max(len(kept) - LAST, 0)
        sys.stdout.buffer.write(kept[:cut])
        kept = kept[cut:]
    cut = kept.rstrip().rfind(b"\n") + 1
    sys.stdout.buffer.write(kept[:cut])
    return kept[cut:]


def heard(errors: IO[bytes], words: list[bytes]) -> None:
    """Keep the last lines of a program's errors."""
    for line in errors:
        words.append(line.strip()[:1000])
        del words[:-3]


def told(words: str, code: int) -> int:
    """Say what is wrong where restic's caller hears it."""
    sys.stdout.buffer.flush()
    sys.stderr.write(f"{words}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1].encode(), sys.argv[2], sys.argv[3:]))
