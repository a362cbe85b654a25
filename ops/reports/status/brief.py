"""As much of what one machine tells as fits beside the others: what it tells more must not push those out of sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ops.core.verdict import worst
from ops.reports.catalogue import trn
from ops.reports.status.model import Line

MOST_LINES = 60  # of one machine or asset, the worst; the machines of inventories/hospital have fewer than 20
LONGEST = 2_000  # characters of a message


def few(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the first lines, none of them too long, and how many more there are."""
    shown = tuple(replace(line, message=brief(line.message)) for line in lines[:MOST_LINES])
    if not (rest := lines[MOST_LINES:]):
        return shown
    words = trn("{count} more", "{count} more", len(rest))
    return (*shown, Line(worst(line.verdict for line in rest), "…", words))


def brief(text: str) -> str:
    """Return a text, or its beginning where it is too long."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
