"""Names and words that all databases of a server share, told by one of them, whose encoding may be another.

The server keeps roles, settings and comments on databases as the bytes that it was given in whatever database somebody
was connected to, and takes them for letters of the database that is asked. So the bytes are told, and read here.
"""

from __future__ import annotations

import re
from typing import Any

_MARK = "\\x"
_WINDOWS = re.compile(r"WIN(?=\d)")
NO_LETTER = "\ufffd"  # in the place of each byte that nobody can read


def told(sql: str) -> str:
    """Return the expression that tells a word's bytes; one that is null stays it."""
    return f"'\\x' || encode(replace(({sql})::text, '\\', '\\\\')::bytea, 'hex')"


def letters(answer: Any, encoding: str) -> Any:
    """Return an answer with all words read that were told as bytes, in UTF-8 or else the encoding of the database."""
    if isinstance(answer, str):
        return _read(bytes.fromhex(answer[len(_MARK) :]), encoding) if answer.startswith(_MARK) else answer
    if isinstance(answer, list):
        return [letters(one, encoding) for one in answer]
    if isinstance(answer, dict):
        return {letters(name, encoding): letters(one, encoding) for name, one in answer.items()}
    return answer


def as_listed(name: str, encoding: str) -> str:
    """Return a name as it is read from a list of pg_restore, which is in the encoding of the database."""
    try:
        return name.encode(_codec(encoding), "replace").decode("utf-8", "replace")
    except LookupError:
        return name


def _read(word: bytes, encoding: str) -> str:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return word.decode(_codec(encoding), "replace")
        except LookupError:  # of SQL_ASCII, and what Python does not know
            return word.decode("utf-8", "replace")


def _codec(encoding: str) -> str:
    return _WINDOWS.sub("cp", encoding)
