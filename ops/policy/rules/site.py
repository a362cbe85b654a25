"""The site as a whole: its name and its time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

from ops.core.calendar import elapses
from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.policy.model import Site


def judge(site: Site) -> Iterator[Problem]:
    """Yield what is wrong with the site."""
    if not site.name.strip():
        yield Problem("policy.site.name", "is empty; write the hospital's name, which is printed on reports")
    if not elapses.known(site.timezone):
        near = nearest(site.timezone, sorted(zoneinfo.available_timezones()))
        yield Problem(
            "policy.site.timezone",
            f"{site.timezone!r} is not a time zone that this machine knows{near}; expected one such as Europe/Prague",
        )
