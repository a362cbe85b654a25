"""Whether an asset was copied since the copy was last due, with data that were recent enough then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.core.calendar import Calendar
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict, worst
from ops.health._age import act_state, day, moment, span, trouble, zone
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.outcome import CopyFacts

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Options:
    """Which copy, and when it is due.

    asset: name of the asset.
    copy: name of the copy.
    calendar: when it is due.
    grace: how long after it was due a copy is not yet late; one of a window is not late before the window's end.
    timezone: time zone of the calendar.
    rpo: the maximum age of the data when they are copied; by default, any age.
    to: the repository that it must be in; by default, any one.
    """

    asset: str
    copy: str
    calendar: Calendar
    grace: Duration = Duration(86_400)
    timezone: str = "UTC"
    rpo: Duration | None = None
    to: str = ""


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the state that the last copy left."""
    state = act_state(context, joined.copy(options.asset, options.copy), options.asset)
    good = state.good(CopyFacts) if state else None
    problem = trouble(state) if state else None
    finding = _none_yet(options, context) if good is None else _judge(options, good, context.now)
    if state is None or problem is None:
        yield finding
    else:
        # What was found damaged stays so until a copy has read it good, however young the last good one is.
        verdict = worst([finding.verdict, Verdict.FAIL if state.damaged else Verdict.WARN])
        yield Finding(verdict, f"{finding.message}; latest attempt: {problem}", finding.figures)


def _none_yet(options: Options, context: CheckContext) -> Finding:
    """A copy that never was is late only when it was due since the policy asks for it."""
    due, deadline, until = _next(options, context.since or context.now)
    if deadline <= context.now:
        return Finding(Verdict.FAIL, f"no copy yet; one was due {day(due)}{until}")
    return Finding(Verdict.WARN, f"none yet, first due {day(due)}{until}")


def _judge(options: Options, good: CopyFacts, now: datetime) -> Finding:
    """The copy must have been made since it was due; its data are from before, as old as the RPO allows."""
    data = moment(good.time, "time", now)
    copied = moment(good.copied, "copied", now) if good.copied else data
    figures = {
        "age_seconds": (now - copied).total_seconds(),
        "data_age_seconds": (now - data).total_seconds(),
    }
    message = f"copied {span(now - copied)} ago"
    due, deadline, until = _next(options, copied)
    elsewhere = bool(options.to) and good.repository != options.to
    if elsewhere:  # the policy's `to` changed: from the next time that it is due, it must be there
        message = f"none yet in {options.to}, the last one went to {good.repository or 'nobody knows where'}"
        figures = {}
    if deadline <= now:
        return Finding(Verdict.FAIL, f"{message}, late: it was due {day(due)}{until}", figures)
    if elsewhere:
        return Finding(Verdict.WARN, f"{message}; due {day(due)}{until}", figures)
    if options.rpo and copied - data > options.rpo.span:
        old = f"{message}, with data that were {span(copied - data)} old; RPO {options.rpo}"
        return Finding(Verdict.FAIL, old, figures)
    return Finding(Verdict.PASS, f"{message}, data {span(now - data)} old", figures)


def _next(options: Options, start: datetime) -> tuple[datetime, datetime, str]:
    """Return when the copy is first due after a start, until when it is in time, and its window's end in words."""
    calendar = options.calendar.zoned(options.timezone)
    due, there = calendar.after(start)[0], zone(options.timezone)
    end = calendar.deadline(due, timedelta(0))
    until = f" to {day((end - _SECOND).astimezone(there))}" if end > due else ""
    return due.astimezone(there), calendar.deadline(due, options.grace.span), until


KIND = Check(
    Options,
    probe,
    recorded=True,
    derived=True,
    why="A copy at another place is what is left after a fire, or after somebody broke in; it is late long before "
    "anybody misses it.",
    remedy="`journalctl -u seawall-copy-ASSET-COPY` says why the last attempt failed. Mend that, then run `seawall "
    "copy ASSET --to REPOSITORY`.",
)
