"""Where SQL names its own database, and the same SQL for a database of another name.

mariadb-dump leaves the database's name out of most statements; but what people wrote into triggers, routines and events
stays as they wrote it, and the server itself writes the name before sequences. Such SQL would change the live data
from a copy. A name is found only outside texts and comments, and only before something that the database has: of
`lab.id` nobody can say whether `lab` is a database or the alias of a table.
"""

import re
from collections.abc import Callable, Collection

_NAME = r'(?:`(?:[^`]|``)*`|"(?:[^"\\]|"")*"(?=\s*\.)|(?<=\.)"(?:[^"\\]|"")*"|[\w$]+)'
_TOKEN = re.compile(
    rf"""
    (?P<comment>--(?=\s)[^\n]*|\#[^\n]*|/\*(?!M?!).*?\*/)
    | (?P<chain>{_NAME}(?:\s*\.\s*{_NAME})*)
    | (?P<text>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# Between these lines mariadb-dump writes what people wrote.
_BLOCK = re.compile(r"^(DELIMITER ;;\n)(.*?)(^DELIMITER ;\n)", re.MULTILINE | re.DOTALL)
_MADE = re.compile(r"(?i)\b(?:trigger|procedure|function|package(?: body)?|event|view)\s+\S+")
_PART = re.compile(_NAME)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Ambiguous(Exception):
    """The name stands in a statement both for the database and for something else."""


def renamed(sql: str, own: str, new: str, known: Collection[str], *, plain: bool = False) -> str:
    """Return a statement for a database of another name; raise Ambiguous where that can't be told.

    known: the names of all that the database has: tables, views, sequences, routines, triggers and events. plain:
    whether the server itself wrote this, of a column, and means the database wherever it says more than a name.
    """

    def other(first: str) -> str:
        related = new.startswith(own) or own.startswith(new)
        bare = _PLAIN.fullmatch(first) and _PLAIN.fullmatch(new) and related
        return new if bare else f"`{new.replace('`', '``')}`"

    changed = _changed(sql, own, known, other)
    if changed != sql and not plain and own in map(_unquoted, _chains(sql)):
        raise Ambiguous
    return changed


def dump_renamed(dump: str, own: str, new: str, known: Collection[str]) -> tuple[str, list[str]]:
    """Return the triggers, routines and events of a dump for another name, and those for which that can't be told."""
    unclear: list[str] = []

    def other(block: re.Match[str]) -> str:
        try:
            return f"{block[1]}{renamed(block[2], own, new, known)}{block[3]}"
        except Ambiguous:
            unclear.append(what_is_made(block[2]))
            return ""

    return _BLOCK.sub(other, dump), unclear


def what_is_made(sql: str) -> str:
    """Return what a statement makes, as it says that."""
    found = _MADE.search(sql)
    return found[0] if found else "a statement"


def without(sql: str, own: str, known: Collection[str]) -> str:
    """Return a statement without the name of its own database: the same whatever the database is called."""
    return _changed(sql, own, known, lambda _first: "")


def named_in(sql: str, own: str) -> set[str]:
    """Return what a statement names in its own database, where it says that this is meant."""
    chains = map(_PART.findall, _chains(sql))
    return {_unquoted(parts[1]) for parts in chains if len(parts) > 1 and _unquoted(parts[0]) == own}


def _chains(sql: str) -> list[str]:
    return [found[0] for found in _TOKEN.finditer(sql) if found.lastgroup == "chain"]


def _changed(sql: str, own: str, known: Collection[str], other: Callable[[str], str]) -> str:
    """Return the statement with another word, or none, for the database; own: its name."""
    pieces: list[str] = []
    for found in _TOKEN.finditer(sql):
        piece = found[0]
        if found.lastgroup == "chain" and (not pieces or pieces[-1] != "@"):
            parts = _PART.findall(piece)
            first, second, *further = [*map(_unquoted, parts), "", ""]
            if first == own and second and (any(further) or second in known):
                word = other(parts[0])
                piece = word + piece[len(parts[0]) :] if word else piece[len(parts[0]) :].lstrip()[1:].lstrip()
        pieces.append(piece)
    return "".join(pieces)


def _unquoted(part: str) -> str:
    if part.startswith(("`", '"')):
        return part[1:-1].replace(part[0] * 2, part[0])
    return part
