"""Texts from elsewhere made fit to be kept and shown: nothing in them moves a cursor or begins a line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ops.core.schema import Plain

LONGEST = 1 << 16  # characters of one text that is kept
INSTEAD = "\N{REPLACEMENT CHARACTER}"
_BLANKS = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"

# Of C0, DEL and C1 all but a plain line end and a tab; line ends of Unicode; what turns letters around; half letters.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Letters that are nothing to see, so that a name with one looks like another, or like none.
_UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_SEEN_AT_ONCE = re.compile(f"[^{_UNSEEN}]*")


def seen(text: str) -> bool:
    """Whether each character of a text can be printed, and seen or known by its width: a blank is, a filler is not."""
    return text.isprintable() and (text.isascii() or bool(_SEEN_AT_ONCE.fullmatch(text)))


def printable(text: str, instead: str = INSTEAD) -> str:
    """Return a text in which a mark stands for each character that can't be printed: controls, fillers."""
    if seen(text):
        return text
    return "".join(letter if seen(letter) or letter in _BLANKS else instead for letter in text)


def control_character(text: str) -> str:
    """Return which control character a text has first, such as `U+001B`; "" when there is none.

    A plain line end and a tab are none here: texts of several lines and queries hold them.
    """
    found = _CONTROL.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def storable(text: str) -> str:
    """Return a text as a file can hold it and a reader accepts it: whole letters, and not too many of them."""
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"


def as_json(data: Any, indent: int | None = None) -> str:
    """Return data as JSON that can be shown: letters as they are, and what can't be printed by its number."""
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    if seen(text):
        return text
    return "".join(letter if seen(letter) or letter == "\n" else json.dumps(letter)[1:-1] for letter in text)


def all_printable(data: Plain) -> Plain:
    """Return plain data with every text in it, and every key, made printable."""
    if isinstance(data, str):
        return printable(data)
    if isinstance(data, Mapping):
        return {printable(name): all_printable(part) for name, part in data.items()}
    if isinstance(data, Sequence):
        return [all_printable(part) for part in data]
    return data
