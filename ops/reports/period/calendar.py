"""The calendar of a period: what was expected of each act, and what was done, late, missing or is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from ops.core import clock
from ops.core.verdict import Verdict, worst
from ops.interfaces.fleet_period import Period, Scheduled
from ops.reports import figures
from ops.reports.catalogue import tr, trn
from ops.reports.period.model import Cell, Row, Sum
from ops.reports.times import Times, day

DUE = ("on_time", "late", "missing", "unknown")
VERDICTS = {"on_time": Verdict.PASS, "late": Verdict.WARN, "missing": Verdict.FAIL, "unknown": Verdict.UNKNOWN}
MARKS = {"on_time": "✓", "late": "!", "missing": "✕", "unknown": "?"}
_NOTHING = Cell(None, "", "")


def name_of(act: Scheduled) -> str:
    """Return what is done, in words: the round of checks is no asset's."""
    if act.act == "copy":
        return tr("copy to {repository}", repository=act.to)
    words = {"backup": tr("backup"), "drill": tr("drill"), "oldest": tr("drill of the oldest set")}
    return {**words, "check": tr("round of checks")}.get(act.act, act.act)


def about(act: Scheduled) -> str:
    """Return what an act is about: an asset, or the machine whose checks they are."""
    return act.host if act.act == "check" else act.asset


def columns(period: Period, times: Times) -> tuple[tuple[str, str], ...]:
    """Return the columns of a period: days, or months of a yearly report; each with a short and a full name."""
    return tuple((short, full) for _, short, full in _columns(period, times))


def _columns(period: Period, times: Times) -> list[tuple[str, str, str]]:
    """Return the columns with their keys: the beginning of each of their days in ISO 8601."""
    first, last = (clock.parse(moment).astimezone(times.zone) for moment in (period.since, period.until))
    days = [first.date() + timedelta(days=number) for number in range((last.date() - first.date()).days + 1)]
    if last.time().isoformat() == "00:00:00" and len(days) > 1:
        days.pop()  # the period ends as this day begins
    if period.kind != "yearly":
        return [(one.isoformat(), str(one.day), day(one.isoformat())) for one in days]
    months = dict.fromkeys(f"{one:%Y-%m}" for one in days)
    return [(month, month[5:], tr("{year}-{month}", year=month[:4], month=month[5:])) for month in months]


def rows(period: Period, times: Times) -> tuple[Row, ...]:
    """Return the rows of the calendar, the worst on top."""
    keys = [key for key, _, _ in _columns(period, times)]
    made = [(_row(act, keys, times), act) for act in period.acts]
    order = {"backup": 0, "copy": 1, "drill": 2}
    made.sort(key=lambda one: (-one[0].verdict.severity, one[0].about, order.get(one[1].act, 3), one[1].to))
    return tuple(row for row, _ in made)


def _row(act: Scheduled, keys: Sequence[str], times: Times) -> Row:
    length = len(keys[0]) if keys else 0
    found: dict[str, dict[str, int]] = {}
    for what in DUE:
        for moment in getattr(act, what):
            key = _day(moment, times).isoformat()[:length]
            counts = found.setdefault(key, dict.fromkeys(DUE, 0))
            counts[what] += 1
    counts = {what: len(getattr(act, what)) for what in DUE}
    done, whole = counts["on_time"] + counts["late"], sum(counts.values())
    return Row(
        about=about(act),
        act=name_of(act),
        verdict=_verdict(counts),
        tally=tr("{done} of {whole}", done=figures.count(done), whole=figures.count(whole)),
        cells=tuple(_cell(found[key]) if key in found else _NOTHING for key in keys),
    )


def _day(moment: str, times: Times) -> date:
    return clock.parse(moment).astimezone(times.zone).date()


def _verdict(counts: Mapping[str, int]) -> Verdict:
    return worst(VERDICTS[what] for what, count in counts.items() if count) if any(counts.values()) else Verdict.PASS


def _cell(counts: Mapping[str, int]) -> Cell:
    verdict = _verdict(counts)
    loud = next(what for what in ("missing", "unknown", "late", "on_time") if counts[what])
    count = counts[loud]
    number = str(count) if count > 1 and loud != "on_time" else ""
    return Cell(verdict, f"{number}{MARKS[loud]}", ", ".join(_told(counts)))


def _told(counts: Mapping[str, int]) -> Iterator[str]:
    said = {
        "on_time": trn("{count} in time", "{count} in time", counts["on_time"]),
        "late": trn("{count} late", "{count} late", counts["late"]),
        "missing": trn("{count} missing", "{count} missing", counts["missing"]),
        "unknown": trn("{count} not known", "{count} not known", counts["unknown"]),
    }
    yield from (said[what] for what in DUE if counts[what])


def sums(acts: Iterable[Scheduled]) -> tuple[Sum, ...]:
    """Return all acts of each kind in figures."""
    found: dict[str, dict[str, int]] = {}
    for act in acts:
        counts = found.setdefault(act.act, dict.fromkeys((*DUE, "failed"), 0))
        for what in DUE:
            counts[what] += len(getattr(act, what))
        counts["failed"] += act.failed
    titles = {"backup": tr("Backups"), "copy": tr("Copies"), "drill": tr("Drills"), "check": tr("Rounds of checks")}
    titles["oldest"] = tr("Drills of the oldest set")
    return tuple(_sum(titles[act], found[act]) for act in titles if act in found)


def _sum(title: str, counts: Mapping[str, int]) -> Sum:
    due = {what: counts[what] for what in DUE}
    return Sum(
        what=title,
        verdict=_verdict(due),
        expected=figures.count(sum(due.values())),
        **{what: figures.count(count) for what, count in counts.items()},
    )
