"""What dpkg writes down of each package that it replaces, by the machine's own clock and zone, in plain lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) upgrade (\S{1,200}) (\S{1,200}) (\S{1,200})")
_MOST = 64 << 20  # bytes of a log that is read at once
TOGETHER = 600.0  # seconds between two packages that still are of one update


@dataclass(frozen=True)
class Replaced:
    """A package that was replaced. name: with its architecture, such as `curl:amd64`."""

    when: datetime
    name: str
    old: str
    new: str


def replaced(log: Path) -> list[Replaced]:
    """Return what a log and the one before it tell of, the oldest first; raise OSError when there is no log.

    A package that was only installed again is not among them. Debian begins a new log each month.
    """
    found: list[Replaced] = []
    for path in (log.with_name(f"{log.name}.1"), log):
        try:
            found += _read(path)
        except FileNotFoundError:
            if path == log:
                raise
    return sorted(found, key=lambda one: one.when)


def _read(path: Path) -> Iterator[Replaced]:
    with path.open("rb") as file:
        for line in file.read(_MOST).decode("utf-8", "replace").splitlines():
            told = _LINE.fullmatch(line)
            if told and told[3] != told[4] and (when := _moment(told[1])):
                yield Replaced(when, told[2], told[3], told[4])


def _moment(text: str) -> datetime | None:
    """Return a local time in UTC, of an hour that comes twice the second one; None for a day that no calendar has."""
    try:
        return datetime.fromisoformat(text).replace(fold=1).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def runs(lines: Iterable[Replaced]) -> Iterator[list[Replaced]]:
    """Yield what was replaced together, the oldest first: no long pause lies between two of it."""
    run: list[Replaced] = []
    for line in lines:
        if run and (line.when - run[-1].when).total_seconds() > TOGETHER:
            yield run
            run = []
        run.append(line)
    if run:
        yield run
