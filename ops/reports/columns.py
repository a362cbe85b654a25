"""Text in columns of a terminal or a printer, where a Chinese letter is as wide as two others."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence

# What stays on one line: a Chinese letter, or a word of others, each with the marks that close it.
_CHINESE, _CLOSING = r"\u2e80-\uffef", r"\u3001\u3002\u201d\uff01\uff09\uff0c\uff1a\uff1b\uff1f"
_PIECES = re.compile(rf"(?:[{_CHINESE}]|[^\s{_CHINESE}]+)[{_CLOSING}]*\s*")


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def padded(text: str, columns: int) -> str:
    """Return a text with blanks behind it, so that it takes at least so many columns."""
    return text + " " * (columns - width(text))


def wrapped(text: str, columns: int, indent: str) -> list[str]:
    """Return a text as lines of at most so many columns, with the indent; words stay whole where they can."""
    if width(text) == len(text):
        return textwrap.wrap(text, columns, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    lines = [""]
    for piece in _PIECES.findall(" ".join(text.split())):
        if lines[-1] and width(indent + lines[-1] + piece.rstrip()) > columns:
            lines.append("")
        lines[-1] += piece
    return [f"{indent}{line.rstrip()}" for line in lines]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines whose columns stand below each other."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(padded(cell, most) for cell, most in zip(row, widths, strict=True)).rstrip() for row in rows]
