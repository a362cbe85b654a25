"""What the report shows of a machine's gaps: what no asset covers, and what is excused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gap:
    """Something that no asset covers. excused: why that may be, and until when; empty when nobody says so."""

    name: str
    words: str
    excused: str


def gaps(state: Mapping[str, Any] | None) -> tuple[Gap, ...]:
    """Given the state that the last look left, return what it found, gaps first; a torn state shows none."""
    entries = [entry for part in ("gaps", "excused") for entry in (state or {}).get(part) or []]
    return tuple(_gap(entry) for entry in entries)


def _gap(entry: Mapping[str, Any]) -> Gap:
    said = [entry.get(key) for key in ("words", "size", "expired")]
    excused = f"until {entry['until']}: {entry['reason']}" if entry.get("until") else ""
    return Gap(str(entry.get("name")), ", ".join(str(part) for part in said if part), excused)
