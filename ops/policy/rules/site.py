"""The site as a whole: its name, its time zone and its language."""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from ops.core.calendar import elapses
from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.policy.model import Site
from ops.policy.rules import names
from ops.reports import languages

DATABASE = Path("/usr/share/zoneinfo")
EVERYWHERE = ("UTC", "Etc/")  # of what is named after no city, this is in every release's package


def judge(site: Site) -> Iterator[Problem]:
    """Yield what is wrong with the site."""
    if not site.name.strip():
        yield Problem("policy.site.name", "is empty; write the hospital's name, which is printed on reports")
    yield from names.one_line("policy.site.name", site.name)
    path, zone = "policy.site.timezone", site.timezone
    if not elapses.known(zone):
        what = f"is not a time zone that this machine knows{_near(zone)}"
        yield Problem(path, f"{zone!r} {what}; expected one such as Europe/Prague")
    elif _cities() and zone not in _cities() and not zone.startswith(EVERYWHERE):
        now = _renamed(zone)
        what = f"is not a time zone that every Debian release knows{f', did you mean {now!r}?' if now else ''}"
        yield Problem(path, f"{zone!r} {what}; expected one such as Europe/Prague")
    if wrong := languages.refusal(site.language):
        yield Problem("policy.site.language", f"{site.language!r} {wrong}")


@functools.cache
def _cities() -> frozenset[str]:
    """Return the zones that are named after a city and belong to a country; none where their list is not installed."""
    try:
        lines = (DATABASE / "zone.tab").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(line.split("\t")[2] for line in lines if line and not line.startswith("#"))


def _renamed(zone: str) -> str:
    """Return what a zone is called now; empty where nothing says so."""
    try:
        lines = (DATABASE / "tzdata.zi").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    links = (line.split() for line in lines if line.startswith("L "))
    return next((now for _, now, before in links if before == zone and now in _cities()), "")


def _near(word: str) -> str:
    """Zones without a `/` but UTC are left out: they have no summer time, or are those of another continent."""
    zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
    cities = [zone for zone in zones if zone.rpartition("/")[2].lower() == word.replace(" ", "_").lower()]
    return f", did you mean {cities[0]!r}?" if cities else nearest(word, zones)
