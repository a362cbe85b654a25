"""Security updates that are published and not installed here, and whether this machine knows of them at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.limits import demand_between, demand_warning_first
from ops.core.quantity import Duration, counted, span
from ops.core.schema import Plain
from ops.core.verdict import Finding, Verdict
from ops.health import _apt
from ops.health._notes import mapping, number
from ops.interfaces.check import Check, CheckContext

DAY = 86_400
LONGEST = Duration(366 * DAY)
LISTS = Path("/var/lib/apt/lists")
INSTALLED = Path("/var/lib/dpkg/status")
NAMED = 5
MOST_NOTED = 400
AGAIN = 3600.0  # seconds until the lists are read again after that failed


@dataclass(frozen=True)
class Options:
    """How long a security update may wait, and how old the lists of packages may be.

    warn_after: time after which an update that waits makes the check warn.
    fail_after: time after which it makes it fail.
    lists_fresh_for: time since the lists of packages were published above which nobody knows whether there are updates.
    """

    warn_after: Duration = Duration(3 * DAY)
    fail_after: Duration = Duration(14 * DAY)
    lists_fresh_for: Duration = Duration(3 * DAY)

    def __post_init__(self) -> None:
        demand_between("lists_fresh_for", self.lists_fresh_for, Duration(3600), LONGEST)
        demand_between("fail_after", self.fail_after, Duration(3600), LONGEST)
        demand_warning_first(("fail_after", self.fail_after), ("warn_after", self.warn_after))


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Compare what is installed with apt's lists of security updates, anew only when either has changed."""
    now, notes = context.now.timestamp(), context.notes
    fetched = LISTS.stat().st_mtime
    mark = f"{fetched} {INSTALLED.stat().st_mtime}"
    if notes.get("mark") != mark:
        if 0 <= now - (number(notes.get("tried")) or 0.0) < AGAIN:
            raise Unavailable("apt's lists could not be read; they are read again within an hour")
        notes["tried"] = now
        waiting = _apt.waiting(LISTS, INSTALLED)
        notes.update(mark=mark, tried=0.0, since=since(mapping(notes.get("since")), waiting, now))
    yield from judge(options, times(notes.get("since")), now, now - lists_made(LISTS))


def lists_made(folder: Path) -> float:
    """Return when the newest of the lists was made by its publisher, in seconds since 1970; 0 where there is none.

    When apt last asked for them tells nothing: behind a mirror that stands still, or is gone, it asks in vain.
    """
    dates = []
    for _, head in _apt.releases(folder):
        found = re.search(r"^Date: (.+)$", head, re.MULTILINE)
        when = parsedate_to_datetime(found[1]) if found else None
        dates.append(when.timestamp() if when else 0.0)
    return max(dates, default=0.0)


def since(before: Mapping[str, Plain], waiting: list[str], now: float) -> dict[str, Plain]:
    """Return since when each package waits; a newer version of one that waits already waits since then, too."""
    known = times(before)
    return {name: min(known.get(name, now), now) for name in waiting[:MOST_NOTED]}


def times(noted: Plain) -> dict[str, float]:
    """Return since when packages wait, as it was noted, in seconds since 1970."""
    return {name: time for name, value in mapping(noted).items() if (time := number(value)) is not None}


def judge(options: Options, waiting: Mapping[str, float], now: float, lists: float) -> Iterator[Finding]:
    """Judge since when updates wait, by package, and the age of the lists, in seconds."""
    longest = max((now - time for time in waiting.values()), default=0.0)
    figures = {"security_updates": float(len(waiting)), "waiting_seconds": float(round(longest))}
    if lists > options.lists_fresh_for.seconds:
        message = f"the newest list of packages is of {span(lists)} ago, so that newer updates are not known"
        yield Finding(Verdict.UNKNOWN, f"{message}; look at apt-daily.timer and at the mirror", figures)
    if not waiting:
        if lists <= options.lists_fresh_for.seconds:
            yield Finding(Verdict.PASS, "no security update waits", figures)
        return
    names = sorted(waiting, key=lambda name: (waiting[name], name))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    message = f"{counted(len(names), 'security update')} waiting, for {span(longest)}: {', '.join(names[:NAMED])}{more}"
    if longest > options.fail_after.seconds:
        verdict = Verdict.FAIL
    else:
        verdict = Verdict.WARN if longest > options.warn_after.seconds else Verdict.PASS
    yield Finding(verdict, message, figures)


KIND = Check(
    Options,
    probe,
    synonyms=("apt", "upgrades", "patches", "security_updates"),
    why="Known holes are used within days. A machine whose lists of packages are old says that nothing is to be done, "
    "so the age of the lists counts. Updates that are not for security may wait for the next window, and are not "
    "told.",
    remedy="Install them: `apt-get install --only-upgrade NAME`, or have `unattended-upgrades` do it. If the lists "
    "are old, look whether the mirror answers: `apt-get update`.",
)
