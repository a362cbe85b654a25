"""Finding the kinds of a thing: the kind named in the policy is a file in that thing's package.

A kind's module is loaded only when a policy names it; to add a kind is to add a file.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import itertools
import pkgutil
from typing import Any

from ops.core.errors import Problem

LONGEST_LIST = 200  # letters of the names in a message


def kinds(package: str) -> list[str]:
    """Given a package such as `ops.health`, return the names of its kinds."""
    return [*_modules(tuple(importlib.import_module(package).__path__))]


@functools.lru_cache(maxsize=32)
def _modules(path: tuple[str, ...]) -> tuple[str, ...]:
    """To look through folders takes long, and a policy names kinds hundreds of times."""
    return tuple(sorted(one.name for one in pkgutil.iter_modules(path) if not one.name.startswith("_")))


def load(package: str, kind: str) -> Any:
    """Return the constant `KIND` of a kind's module; raise UnknownKind when there is no such file."""
    known = kinds(package)
    if kind not in known:
        raise UnknownKind(package, kind, known)
    return importlib.import_module(f"{package}.{kind}").KIND


class UnknownKind(Exception):
    """A kind that no file stands for."""

    def __init__(self, package: str, kind: str, known: list[str]) -> None:
        near = _meant(package, kind, known) or nearest(kind, known)
        more = "" if near else "; docs/add-a-kind.md shows how to add one"
        super().__init__(f"unknown kind {kind!r}{near}; known kinds: {_listed(known)}{more}")
        self.package = package

    def problem(self, path: str) -> Problem:
        """Return this as a problem of the policy at a path."""
        return Problem(path, str(self))


def _listed(known: list[str]) -> str:
    """Return names in a line, and how many more there are than fit into it."""
    fits = sum(1 for length in itertools.accumulate(len(name) + len(", ") for name in known) if length <= LONGEST_LIST)
    more = f" and {len(known) - fits} more" if fits < len(known) else ""
    return f"{', '.join(known[:fits])}{more}"


def _meant(package: str, word: str, known: list[str]) -> str:
    """Return the same hint where a kind says that people call it by this word."""
    plain = word.lower().replace("-", "_").replace(" ", "_")
    meant = next((name for name in known if plain in getattr(load(package, name), "synonyms", ())), "")
    return f", did you mean {meant!r}?" if meant else ""


def nearest(word: str, known: list[str]) -> str:
    """Return `, did you mean 'x'?` for the nearest known word, or nothing when none is near."""
    spelled = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), spelled, n=1, cutoff=0.6)
    return f", did you mean {spelled[near[0]]!r}?" if near else ""
