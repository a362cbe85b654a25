"""A program between a dump and the mariadb client: it loads all, or some tables, and sees whether the dump is whole.

The client loads what there is of a dump that was cut off, and is content. Where the database gets another name, what
names it by its own is written for the new one; see own_name.py. It is run by its path.
"""

import json
import re
import subprocess  # noqa: TID251 -- runs alone, without our package
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from ops.sources.mariadb.dumping import ANY_DATE, MODE
from ops.sources.mariadb.own_name import Ambiguous, renamed, what_is_made

PIECE = 1 << 20
END = b"-- Dump completed"
# Between these lines stand triggers, routines and events, as people wrote them.
_SPECIAL, _ORDINARY = b"DELIMITER ;;", b"DELIMITER ;\n"
# A table that is locked can't take its default from a sequence, which mariadb-dump does not lock.
_LOCK = re.compile(rb"LOCK TABLES `.*` WRITE;$")
# Lines that may name the database themselves: columns that take their default from a sequence, views of older sets.
_DEFINITION = re.compile(rb"  `|/\*!50001 VIEW ")
# How mariadb-dump announces what follows; within data no line begins like that, for line ends are escaped there.
_TABLE = re.compile(rb"-- (?:Table structure for table|Dumping data for table|Sequence structure for) `(.*)`$")
_OTHER = re.compile(
    rb"-- (?:Temporary table structure for view|Final view structure for view|Dumping \w+ for database)"
)
# What is quoted as a whole, the rest of a line that is a comment, and the head of a line of rows.
_WHOLE = re.compile(rb"`(?:[^`]|``)*+`|'(?:[^'\\]|''|\\.)*+'|\"(?:[^\"\\]|\"\"|\\.)*+\"|(?:--\s|#).*", re.DOTALL)
_ROWS = re.compile(rb"(?:INSERT|REPLACE) INTO `(?:[^`]|``)*+`")
_BEGUN = re.compile(rb"[`'\"]")


def is_row(line: bytes) -> bool:
    """Whether a line of a dump, which begins in no quotation, is a row of a table."""
    return line[:1] == b"(" and not line.startswith(b"(PARTITION")


def left_open(line: bytes, before: bytes = b"") -> bytes:
    """Return the mark of a quotation that a line leaves open, given the one that is open before it; else nothing.

    A name may hold line ends, and so lines that look like others. Rows hold none, and are too many to be read here.
    """
    if before:
        line = before + line
    elif is_row(line) or _ROWS.match(line):
        return b""
    begun = _BEGUN.search(_WHOLE.sub(b"", line))
    return begun[0] if begun else b""


@dataclass(frozen=True)
class Names:
    """A database's own name, its new one, and the names of all that it has."""

    own: str
    new: str
    known: Collection[str]


def loading(client: Sequence[str], only: Sequence[str], after: Sequence[str], names: Names | None) -> list[str]:
    """Return a program that loads what it reads with `client`.

    only: these tables alone. after: statements for when all is there. names: where the database gets another name.
    """
    told = [
        *map(json.dumps, (list(only), list(after), [names.own, names.new] if names else [])),
        *(names.known if names else ()),
    ]
    return [sys.executable, "-I", "-S", __file__, str(len(told)), *told, *client]


def main(only: Sequence[str], after: Sequence[str], names: Names | None, client: Sequence[str]) -> int:
    """Feed the client; return its exit code, or 1 when the dump has no end, lacks a table or can't get another name."""
    program = subprocess.Popen(client, stdin=subprocess.PIPE)
    reading = Reading(program, {name.encode() for name in only}, names)
    try:
        wrong = reading.through()
        if not wrong and program.stdin:
            program.stdin.write("".join(f"{statement};\n" for statement in after).encode())
    except BrokenPipeError:
        wrong = ""  # the client has left, and says why
    program.communicate()
    if wrong:
        sys.stderr.write(f"{wrong}\n")
    return program.returncode or bool(wrong)


class Reading:
    """A dump being read, line by line, and what of it is wanted written to the client."""

    def __init__(self, program: "subprocess.Popen[bytes]", only: set[bytes], names: Names | None) -> None:
        self.program = program
        self.only = only
        self.names = names
        self.wanted = True
        self.missing = set(only)
        self.words = b""
        self.open = b""  # the mark of a quotation in which the next line begins
        self.special = False  # whether it is within what people wrote
        self.block: list[bytes] | None = None  # of a trigger, a routine or an event

    def through(self) -> str:
        """Read all; return what is wrong with it."""
        beginning, last = True, b""
        while piece := sys.stdin.buffer.readline(PIECE):
            own = beginning and not self.open  # a line of the dump itself, not of a name in it
            if beginning:
                last = piece if piece.strip() else last
            if own:
                self._look(piece)
            try:
                self._pass_on(piece, own)
            except Ambiguous:
                return self._unclear()
            if beginning and not (own and is_row(piece)):
                self._follow(piece)
            beginning = piece.endswith(b"\n")
        if not last.startswith(END):
            return "the dump is truncated: its last line is not the completion mark"
        if self.open or self.special:
            return "the dump has a name, a text or a routine without an end"
        if self.missing:
            return f"the dump has no table {b', '.join(sorted(self.missing)).decode()}"
        return ""

    def _follow(self, line: bytes) -> None:
        """See whether the next line begins within a name or a text, or within what people wrote."""
        if self.special:
            self.special = not line.startswith(_ORDINARY)
        elif not self.open and line.startswith(_SPECIAL):
            self.special = True
        else:
            self.open = left_open(line, self.open)

    def _look(self, piece: bytes) -> None:
        """See what begins with a line; what people wrote into a routine may look like anything."""
        if not self.only or self.special or not piece.startswith(b"-- "):
            return
        if found := _TABLE.match(piece.rstrip()):
            name = found[1].replace(b"``", b"`")
            self.wanted = name in self.only
            self.missing.discard(name)
        elif _OTHER.match(piece):
            self.wanted = False

    def _pass_on(self, piece: bytes, beginning: bool) -> None:
        """Write a piece to the client; what a trigger, a routine or an event says comes as a whole."""
        if beginning and self.block is None and _LOCK.match(piece.rstrip()):
            return
        if beginning and not self.special and piece == MODE[1:]:
            piece = ANY_DATE[1:]  # for older sets, and dumps that others made
        if self.names is None:
            self._write(piece)
        elif self.block is not None:
            if beginning and piece.startswith(_ORDINARY):
                words, self.block = self.block, None
                self._write(self._renamed(b"".join(words)) + piece)
            else:
                self.block.append(piece)
        elif beginning and piece.startswith(_SPECIAL):
            self._write(piece)
            self.block = []
        else:
            self._write(
                self._renamed(piece, plain=piece.startswith(b"  `"))
                if beginning and _DEFINITION.match(piece)
                else piece
            )

    def _renamed(self, words: bytes, *, plain: bool = False) -> bytes:
        if self.names is None or self.names.own.encode() not in words:
            return words
        self.words = words
        sql = words.decode("utf-8", "surrogateescape")
        names = self.names
        return renamed(sql, names.own, names.new, names.known, plain=plain).encode("utf-8", "surrogateescape")

    def _unclear(self) -> str:
        what = what_is_made(self.words.decode("utf-8", "replace"))
        own = self.names.own if self.names else ""
        return (
            f"{what} uses the name {own} for its database and for something else, so that it can't be loaded under"
            " another name"
        )

    def _write(self, words: bytes) -> None:
        if self.wanted and self.program.stdin:
            self.program.stdin.write(words)


def started(argv: Sequence[str]) -> int:
    """Load as `loading` says."""
    count = int(argv[0])
    only, after, names = (json.loads(told) for told in argv[1:4])
    known = frozenset(argv[4 : count + 1])
    return main(only, after, Names(names[0], names[1], known) if names else None, argv[count + 1 :])


if __name__ == "__main__":
    sys.exit(started(sys.argv[1:]))
