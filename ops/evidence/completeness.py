"""Whether all that was to be done was done: what was due in a period, held against what the ledger has of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import Unavailable
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.ledger import NAME
from ops.evidence.lines import each, said

GOOD = (Verdict.PASS.value, Verdict.WARN.value)
ROUND = "check"  # to have looked is this act, whatever was seen


@dataclass(frozen=True)
class Expected:
    """Something that was to be done on an asset.

    to: of a copy, the repository. due: every moment of the period. latest: for each, until when it is still in time.
    """

    act: str
    asset: str
    to: str
    due: Sequence[datetime]
    latest: Sequence[datetime]


@dataclass(frozen=True)
class Completed:
    """A record of an act, as far as it tells whether what was expected was done."""

    act: str
    asset: str
    to: str
    began: datetime
    good: bool


@dataclass(frozen=True)
class Tally:
    """How an expected act was done: its moments, by what became of them; and attempts that were not good."""

    act: Expected
    on_time: tuple[datetime, ...]
    late: tuple[datetime, ...]
    missing: tuple[datetime, ...]
    failed: int

    @property
    def expected(self) -> int:
        """How often it was to be done."""
        return len(self.on_time) + len(self.late) + len(self.missing)

    @property
    def verdict(self) -> Verdict:
        """Missing is fail, late is warn; where nothing was due yet, nothing was looked at."""
        if self.missing:
            return Verdict.FAIL
        if self.late:
            return Verdict.WARN
        return Verdict.PASS if self.expected else Verdict.UNKNOWN


def records(directory: Path) -> list[Completed]:
    """Return what a ledger has of all acts, in its order; lines that are none are verification's to name."""
    try:
        return [done for line in each(directory / NAME) if (done := completed_by(line))]
    except FileNotFoundError:
        return []
    except PermissionError as error:
        raise Unavailable(f"this account may not read the ledger in {directory}", "run as root") from error


def completed_by(line: bytes) -> Completed | None:
    """Return what a line of a ledger says was done, None when it says nothing of that."""
    try:
        return completed(said(line))
    except ValueError:
        return None


def completed(found: Mapping[str, Any]) -> Completed | None:
    """Return what a record says was done; of its facts only where a copy went is read, for there are many records."""
    try:
        began = clock.parse(found.get("started") or found["when"])
        facts = found.get("facts")
        to = str(facts.get("repository", "")) if isinstance(facts, dict) else ""
        good = found["result"] in GOOD or found["act"] == ROUND
        return Completed(str(found["act"]), str(found["subject"]), to, began, good)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def tally(expected: Expected, all_done: Sequence[Completed], until: datetime, now: datetime) -> Tally:
    """Hold one expected act against what was done up to the end of a period, as seen now.

    A moment counts as done by the first good act that began between it and the next one. What may still be done in
    time is not expected yet.
    """
    mine = [done for done in all_done if (done.act, done.asset) == (expected.act, expected.asset)]
    if expected.act == "copy":
        mine = [done for done in mine if not done.to or done.to == expected.to]
    good = sorted(done.began for done in mine if done.good)
    on_time, late, missing = [], [], []
    for due, latest, following in zip(expected.due, expected.latest, [*expected.due[1:], until], strict=False):
        at = bisect_left(good, due)
        began = good[at] if at < len(good) and good[at] < max(following, latest) else None
        if began is not None and began <= latest:
            on_time.append(due)
        elif began is not None:
            late.append(due)
        elif latest <= now:
            missing.append(due)
    first = expected.due[0] if expected.due else until
    failed = sum(not done.good and first <= done.began <= until for done in mine)
    return Tally(expected, tuple(on_time), tuple(late), tuple(missing), failed)


@dataclass(frozen=True)
class Coverage:
    """What the policy expected of a machine in a period, and what its ledger has of it.

    tallies: for each thing expected. broken: what is wrong with the ledger itself. since, until: the period, in UTC.
    zone: the site's.
    """

    tallies: Sequence[Tally]
    broken: Sequence[Finding]
    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def verdict(self) -> Verdict:
        """The worst of all; pass where nothing was expected."""
        verdicts = [one.verdict for one in self.tallies if one.expected] + [one.verdict for one in self.broken]
        return worst(verdicts) if self.tallies else Verdict.PASS
