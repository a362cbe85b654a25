"""One thing that a snapshot lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EntryKind = Literal["file", "symlink"]


@dataclass(frozen=True)
class Entry:
    """A file or a link as a snapshot has it; time of change in microseconds since 1970, mode as `chmod` takes it."""

    path: str
    kind: EntryKind
    size: int
    changed: int
    mode: int
    owner: tuple[int, int]
