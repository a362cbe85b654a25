"""Names and values as PostgreSQL's SQL has them; all that a set says goes to a server through these."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ops.core.errors import Damaged

# Settings that hold a list of names, which the server keeps quoted name by name.
PRELOADED = ("local_preload_libraries", "session_preload_libraries")  # programs that a server loads for each session
LISTS = ("search_path", "temp_tablespaces", *PRELOADED)
_FOLDED = LISTS[:2]  # names of things in the database: those without quotes are in lower case
PRIVILEGES = ("CONNECT", "CREATE", "TEMPORARY")  # on a database
_UNFIT = re.compile("[\0\ud800-\udfff]")
_MEMBER = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^\s",]+))\s*(?:,(?=.)|$)', re.DOTALL)


def identifier(name: str) -> str:
    """Return a name as SQL wants it."""
    return '"' + _whole(name).replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL wants it, whatever the server takes a backslash for."""
    quoted = "'" + _whole(text).replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def setting(word: str, value: str) -> str:
    """Return `"name" to value` from what the server keeps of a setting; raise Damaged for a list that is none."""
    if word not in LISTS:
        return f"{identifier(word)} to {literal(value)}"
    return f"{identifier(word)} to {', '.join(map(literal, _members(word, value))) or literal('')}"


def search_path(value: str, further: Sequence[str]) -> str:
    """Return the statement that sets what the server keeps of a search path, with further schemas behind."""
    found = dict.fromkeys([*_members("search_path", value), *further])
    return f"set search_path to {', '.join(map(literal, found))}"


def privilege(word: str) -> str:
    """Return a privilege on a database; raise Damaged for anything else."""
    if word not in PRIVILEGES:
        raise Damaged(f"the manifest has a grant of {word[:40]!r}, which is no privilege on a database")
    return word


def _members(word: str, value: str) -> list[str]:
    found, place = [], 0
    while place < len(value):
        member = _MEMBER.match(value, place)
        if member is None or member.end() == place:
            raise Damaged(f"the manifest's setting {word} is no list of names")
        name, plain = member.groups()
        found.append(name.replace('""', '"') if plain is None else plain.lower() if word in _FOLDED else plain)
        place = member.end()
    return found


def _whole(text: str) -> str:
    # psql reads lines up to a zero byte: a quote behind it would be lost, and what follows would be outside.
    if _UNFIT.search(text):
        raise Damaged("the set has a name or value that PostgreSQL can't hold")
    return text
