"""What became of the acts that the policy schedules: held against what was collected of the machines' ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.completeness import ROUND, Expected, tally
from ops.evidence.ledger import HEAD
from ops.fleet.periods import book as books
from ops.fleet.periods.book import Book
from ops.fleet.periods.bounds import Bounds
from ops.interfaces.fleet_period import Collected, Scheduled
from ops.jobs.ledger import coverage
from ops.policy import HostPolicy


def known(folder: Path) -> datetime | None:
    """Return until when a collected ledger is known: when it was collected; None where nothing of it is here."""
    try:
        return datetime.fromtimestamp((folder / HEAD).stat().st_mtime, UTC)
    except OSError:
        return None


def read(folder: Path, since: datetime, until: datetime | None, found: Finding | None) -> tuple[Book, Collected]:
    """Return what a collected ledger tells, and how much of it is here.

    found: how collecting it went just now, if it was tried. What is wrong with one ledger is said of it alone.
    """
    verdict = found.verdict if found else Verdict.PASS
    message = found.message if found and found.verdict is not Verdict.PASS else ""
    if until is None:
        return Book(), Collected(verdict=verdict, message=message)
    try:
        book = books.read(folder, since, until)
    except FileNotFoundError:
        book = Book()
    except (OSError, Damaged) as error:
        why = getattr(error, "message", "") or str(error)
        return Book(), Collected(
            verdict=worst([verdict, Verdict.UNKNOWN]), message="; ".join(filter(None, [message, why]))
        )
    begins = clock.iso(book.begins) if book.begins else ""
    return book, Collected(until=clock.iso(until), begins=begins, verdict=verdict, message=message)


def acts(policy: HostPolicy, period: Bounds, now: datetime, book: Book, until: datetime | None) -> Iterator[Scheduled]:
    """Yield what became of each act of a machine that was due in a period.

    until: when its ledger was collected; what was due after that, or all where nothing was collected, is unknown. What
    was due before its ledger began was asked of nobody.
    """
    for expected in coverage.scheduled(policy, period.since, period.until):
        yield _held(policy.host, expected, period, now, book, until)
    rounds = [one for (act, _), done in book.done.items() if act == ROUND for one in done]
    zone = ZoneInfo(policy.site.timezone)
    for expected in coverage.rounds(rounds, period.since, period.until, zone):
        yield _held(policy.host, expected, period, now, book, until)


def _held(
    host: str, expected: Expected, period: Bounds, now: datetime, book: Book, until: datetime | None
) -> Scheduled:
    told = Scheduled(host=host, act=expected.act, asset=expected.asset, to=expected.to)
    if until is None:
        return replace(told, unknown=_moments(_over(expected, now)))
    begins = book.begins or until
    pairs = [pair for pair in zip(expected.due, expected.latest, strict=True) if pair[1] >= begins]
    asked = replace(expected, due=[due for due, _ in pairs], latest=[latest for _, latest in pairs])
    found = tally(asked, book.done[expected.act, expected.asset], period.until, min(until, now))
    settled = {*found.on_time, *found.late, *found.missing}
    return replace(
        told,
        on_time=_moments(found.on_time),
        late=_moments(found.late),
        missing=_moments(found.missing),
        unknown=_moments(due for due in _over(asked, now) if due not in settled),
        failed=found.failed,
    )


def _over(expected: Expected, now: datetime) -> Iterator[datetime]:
    """Yield the moments whose time is over."""
    for due, latest in zip(expected.due, expected.latest, strict=True):
        if latest <= now:
            yield due


def _moments(found: Iterable[datetime]) -> tuple[str, ...]:
    return tuple(clock.iso(moment) for moment in found)
