"""The site as a whole: its name and its time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

from ops.core.calendar import elapses
from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.policy.model import Site
from ops.policy.rules import names


def judge(site: Site) -> Iterator[Problem]:
    """Yield what is wrong with the site."""
    if not site.name.strip():
        yield Problem("policy.site.name", "is empty; write the hospital's name, which is printed on reports")
    yield from names.one_line("policy.site.name", site.name)
    if not elapses.known(site.timezone):
        near = _near(site.timezone)
        yield Problem(
            "policy.site.timezone",
            f"{site.timezone!r} is not a time zone that this machine knows{near}; expected one such as Europe/Prague",
        )


def _near(word: str) -> str:
    """Zones without a `/` but UTC are left out: they have no summer time, or are those of another continent."""
    zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
    cities = [zone for zone in zones if zone.rpartition("/")[2].lower() == word.replace(" ", "_").lower()]
    return f", did you mean {cities[0]!r}?" if cities else nearest(word, zones)
