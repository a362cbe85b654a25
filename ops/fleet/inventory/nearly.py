"""Words that are one of ours but for a slip of the hand: told by how few letters differ."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONG = 10  # letters, from which two slips still leave no doubt
_SLIPS = 3  # too many


def slips(word: str, other: str) -> int:
    """Return by how many letters missing, added, changed or swapped with their neighbour two words differ."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        further, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == wanted:
                cost = min(cost, further[j - 2] + 1)
            row.append(cost)
    return row[-1]


def nearly(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a word is but for a slip, two in a long one; None when it is none, or itself known."""
    words = list(known)
    near = [(slips(word, other), other) for other in words if abs(len(other) - len(word)) < _SLIPS]
    close = [(count, other) for count, other in near if count < (_SLIPS if len(other) >= _LONG else _SLIPS - 1)]
    return min(close)[1] if close and word not in words else None


def same(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that differs from another only in capitals, separators or an s at its ends."""
    return next((other for other in known if other != word and _bare(other) == _bare(word)), None)


def _bare(word: str) -> str:
    return "".join(part.removesuffix("s") for part in re.split(r"[\W_]+", word.lower()))
