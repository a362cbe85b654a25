"""Which reports were made here on which day, and how long each UPS would have lasted then: beside the inventory.

So that a missing sign-off is seen, and how long a battery lasts can be followed over the years.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import Damaged
from ops.core.files import write_json
from ops.core.schema import encode
from ops.fleet.inventory import REPORTS
from ops.interfaces.fleet_period import Kind
from ops.interfaces.fleet_status import FleetStatus

VERSION = 1
MOST = 800  # days: two years, and the weeks until somebody has looked
MOST_PAGES = 40  # of a day
LIMITS = Limits(bytes=64 << 20, depth=6, entries=2_000_000, text=4096)
LONGEST = 30 * 86_400.0  # seconds; no battery lasts longer
RUNTIME = "runtime_seconds"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A report that was made. sha256: of the page of HTML."""

    kind: Kind
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day in the site's zone. time: of its last report, in UTC. runtimes: seconds, by `MACHINE CHECK`."""

    day: str
    time: str
    pages: tuple[Page, ...] = ()
    runtimes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Kept:
    days: tuple[Day, ...]


def place(inventory: Path) -> Path:
    """Return the file for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / REPORTS


def read(path: Path) -> tuple[Day, ...]:
    """Return the days that a file holds, the earliest first; raise Damaged."""
    if not os.path.lexists(path):
        return ()
    told = demand_version(parse(read_file(path, LIMITS.bytes, str(path)), LIMITS, str(path)), VERSION, str(path))
    return tuple(sorted(decode(_Kept, told, str(path)).days, key=lambda day: day.day))


def note(inventory: Path, status: FleetStatus, kind: Kind, pages: Sequence[str]) -> None:
    """Add the pages of HTML that were made of a status, with what each UPS said. Raise OSError.

    A file that can't be read is moved aside: what it holds may still be of use to somebody.
    """
    path = place(inventory)
    now = clock.parse(status.time).astimezone(ZoneInfo(status.timezone or "UTC"))
    day = now.date().isoformat()
    try:
        days = read(path)
    except Damaged:
        _put_aside(path)
        days = ()
    before = next((one for one in days if one.day == day), Day(day=day, time=status.time))
    made = [Page(kind=kind, sha256=hashlib.sha256(page.encode()).hexdigest()) for page in pages]
    today = replace(
        before,
        time=status.time,
        pages=tuple(dict.fromkeys([*before.pages, *made]))[-MOST_PAGES:],
        runtimes={**before.runtimes, **runtimes(status)},
    )
    kept = sorted([*(one for one in days if one.day != day), today], key=lambda one: one.day)[-MOST:]
    write_json(path, {"version": VERSION, "days": encode(kept)})


def runtimes(status: FleetStatus) -> dict[str, float]:
    """Return how many seconds each UPS says that it lasts; one whose figure makes no sense is left out."""
    found: dict[str, float] = {}
    for host, machine in status.machines.items():
        for check in machine.told.checks if machine.told else ():
            seconds = check.figures.get(RUNTIME)
            if check.kind == "ups" and seconds is not None and 0 < seconds <= LONGEST:
                name = f"{host} {check.name}"
                found[name] = min(seconds, found.get(name, LONGEST))
    return found


def _put_aside(path: Path) -> None:
    names = (path.with_name(f"{path.name}.unreadable-{number}") for number in itertools.count(1))
    path.rename(next(name for name in names if not os.path.lexists(name)))
