"""What the module `files` knows of one file: what is wanted, what is there, what is to be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class Wrong(Exception):
    """What keeps a file from its place."""


@dataclass(frozen=True)
class Wanted:
    """A file or folder as it should be; a folder has no content. An id is None where nobody has the name yet."""

    path: Path
    content: bytes | None
    names: tuple[str, str]
    ids: tuple[int | None, int | None]
    mode: int
    format: str | None
    validate: str
    keep: bool
    secret: bool
    notify: list[str]


@dataclass(frozen=True)
class There:
    """What is at its place now: nothing, or something with or without content."""

    exists: bool = False
    content: bytes | None = None
    ids: tuple[int, int] = (-1, -1)
    mode: int = -1


@dataclass
class Step:
    """What is to be done about one of them, and, once prepared, the file that waits beside its place."""

    wanted: Wanted
    there: There
    differs: list[str] = field(default_factory=list)
    ready: Path | None = None
