"""The words with which restic is started."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

RESTIC = "restic"


def program(environment: Mapping[str, str]) -> list[str]:
    """Return the words that start restic with an environment of its own; what they say is no secret."""
    told = ["env", *(f"{name}={value}" for name, value in environment.items())] if environment else []
    return [*told, RESTIC]


def is_restic(argv: Sequence[str]) -> bool:
    """Whether a program is restic, be it with an environment."""
    words = itertools.dropwhile(lambda word: word == "env" or "=" in word, argv)
    return next(words, "") == RESTIC


def literally(path: str) -> str:
    """Return a pattern that means exactly this path."""
    return re.sub(r"([\\\\*?\[\]])", r"\\\1", path)


def labels(tags: Sequence[str], host: str) -> list[str]:
    """Return the words that give a snapshot its host and its tags."""
    return ["--host", host, *(word for tag in tags for word in ("--tag", tag))]
