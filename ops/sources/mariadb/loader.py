"""A program between a dump and the mariadb client: it loads all, or some tables, and sees whether the dump is whole.

The client loads what there is of a dump that was cut off, and is content. It is run by its path, alone, and imports
nothing of ours.
"""

import json
import re
import subprocess  # noqa: TID251 -- runs alone, without our package
import sys
from collections.abc import Sequence

PIECE = 1 << 20
END = b"-- Dump completed"
# How mariadb-dump announces what follows; within data no line begins like that, for line ends are escaped there.
_TABLE = re.compile(rb"-- (?:Table structure for table|Dumping data for table|Sequence structure for) `(.*)`$")
_OTHER = re.compile(
    rb"-- (?:Temporary table structure for view|Final view structure for view|Dumping \w+ for database)"
)


def loading(client: Sequence[str], only: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return a program that loads what it reads with `client`; `after`: statements for when all is there."""
    return [sys.executable, "-I", "-S", __file__, json.dumps(list(only)), json.dumps(list(after)), *client]


def main(only: Sequence[str], after: Sequence[str], client: Sequence[str]) -> int:
    """Feed the client; return its exit code, or 1 when the dump has no end or lacks a table."""
    program = subprocess.Popen(client, stdin=subprocess.PIPE)
    try:
        last, missing = fed(program, {name.encode() for name in only})
        wrong = ""
        if not last.startswith(END):
            wrong = "the dump is truncated: its last line is not the completion mark"
        elif missing:
            wrong = f"the dump has no table {b', '.join(sorted(missing)).decode()}"
        elif program.stdin:
            program.stdin.write("".join(f"{statement};\n" for statement in after).encode())
    except BrokenPipeError:
        wrong = ""  # the client has left, and says why
    program.communicate()
    if wrong:
        sys.stderr.write(f"{wrong}\n")
    return program.returncode or bool(wrong)


def fed(program: "subprocess.Popen[bytes]", only: set[bytes]) -> tuple[bytes, set[bytes]]:
    """Write what is wanted to the client; return the last line and the tables that were not met."""
    wanted, beginning, last, missing = True, True, b"", set(only)
    while piece := sys.stdin.buffer.readline(PIECE):
        if beginning and only and piece.startswith(b"-- "):
            if found := _TABLE.match(piece.rstrip()):
                name = found[1].replace(b"``", b"`")
                wanted = name in only
                missing.discard(name)
            elif _OTHER.match(piece):
                wanted = False
        if wanted and program.stdin:
            program.stdin.write(piece)
        if beginning and piece.strip():
            last = piece
        beginning = piece.endswith(b"\n")
    return last, missing


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]))
