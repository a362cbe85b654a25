"""Texts from elsewhere made fit to be kept and shown: nothing in them moves a cursor or begins a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.core.schema import Plain

LONGEST = 1 << 16  # characters of one text that is kept
INSTEAD = "\N{REPLACEMENT CHARACTER}"
_BLANKS = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"


def printable(text: str, instead: str = INSTEAD) -> str:
    """Return a text in which a mark stands for each character that can't be printed: control characters, line ends."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in _BLANKS else instead for letter in text)


def storable(text: str) -> str:
    """Return a text as a file can hold it and a reader accepts it: whole letters, and not too many of them."""
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}…"


def all_printable(data: Plain) -> Plain:
    """Return plain data with every text in it, and every key, made printable."""
    if isinstance(data, str):
        return printable(data)
    if isinstance(data, Mapping):
        return {printable(name): all_printable(part) for name, part in data.items()}
    if isinstance(data, Sequence):
        return [all_printable(part) for part in data]
    return data
