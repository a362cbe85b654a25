"""How a control was judged, in the few ways that there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ops.interfaces.conformity import Acts, Proof, Standing


@dataclass(frozen=True)
class Judged:
    """How a control stands, why, since when, by which evidence, and what to do next."""

    standing: Standing
    message: str
    since: str = ""
    proofs: Sequence[Proof] = ()
    todo: str = ""
    acts: Acts = Acts()


def met(message: str, since: str, proofs: Iterable[Proof], acts: Acts = Acts()) -> Judged:  # noqa: B008 -- frozen
    """Return that a control is met, since a moment."""
    return Judged(Standing.MET, message, since, tuple(proofs), "", acts)


def not_met(message: str, since: str, proofs: Iterable[Proof], todo: str, acts: Acts = Acts()) -> Judged:  # noqa: B008
    """Return that a control is not met, since a moment that may be unknown, and what to do."""
    return Judged(Standing.NOT_MET, message, since, tuple(proofs), todo, acts)


def not_looked_at(message: str, proofs: Iterable[Proof] = (), todo: str = "") -> Judged:
    """Return that nobody knows how a control stands, and what to do."""
    return Judged(Standing.NOT_LOOKED_AT, message, "", tuple(proofs), todo)


def once(messages: Iterable[str]) -> str:
    """Return messages as one text, each part of them once: two controls often miss the same things."""
    parts = [part for message in messages for part in message.split("; ")]
    return "; ".join(part for n, part in enumerate(parts) if part not in parts[:n] or _MORE.fullmatch(part))


_MORE = re.compile(r"and \d+ more", re.ASCII)  # of the list that it ends, not of another


def listed(messages: Iterable[str], most: int = 4) -> str:
    """Return messages as one text, each once: the first few, and how many more there are."""
    once = list(dict.fromkeys(messages))
    more = len(once) - most
    return "; ".join([*once[:most], *([f"and {more} more"] if more > 0 else [])])
