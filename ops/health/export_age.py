"""Whether an export was delivered since it was last due, and whether its recipient said that it arrived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.core import clock
from ops.core.calendar import Calendar
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict, worst
from ops.health._age import act_state, day, moment, span, trouble, zone
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.export import ExportFacts, ReceiptFacts, unacknowledged


@dataclass(frozen=True)
class Options:
    """Which export, and when it is due.

    export: name of the export.
    calendar: when it is due.
    grace: how long after it was due an export is not yet late.
    timezone: time zone of the calendar.
    acknowledged_by: the contact who says that it arrived; by default, nobody has to.
    acknowledge_within: how long after the delivery that must be said.
    key_sha256: of the recipient's key in the policy; by default, it is the one that was used last.
    """

    export: str
    calendar: Calendar
    grace: Duration = Duration(86_400)
    timezone: str = "UTC"
    acknowledged_by: str = ""
    acknowledge_within: Duration = Duration(7 * 86_400)
    key_sha256: str = ""


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the states that the last export and the last acknowledgement left."""
    state = act_state(context, joined.export(options.export), options.export)
    good = state.good(ExportFacts) if state else None
    finding = _delivered(options, good, context)
    if good:
        finding = _joined(finding, _acknowledged(options, good, context), _key(options, good, context.now))
    problem = trouble(state) if state else None
    if problem is None:
        yield finding
    else:
        verdict = worst([finding.verdict, Verdict.WARN])
        yield Finding(verdict, f"{finding.message}; latest attempt: {problem}", finding.figures)


def _joined(first: Finding, *more: Finding | None) -> Finding:
    told = [first, *(one for one in more if one)]
    message = "; ".join(one.message for one in told)
    return Finding(worst([one.verdict for one in told]), message, first.figures)


def _delivered(options: Options, good: ExportFacts | None, context: CheckContext) -> Finding:
    """An export must have been delivered, of data taken since it was last due."""
    start = moment(good.time, "time", context.now) if good else context.since or context.now
    due = options.calendar.zoned(options.timezone).after(start)[0]
    late = due + options.grace.span <= context.now
    told = day(due.astimezone(zone(options.timezone)))
    if good is None:
        said = f"no export yet; one was due {told}" if late else f"none yet, first due {told}"
        return Finding(Verdict.FAIL if late else Verdict.WARN, said)
    age = context.now - start
    said = f"exported {span(age)} ago" + (f", late: it was due {told}" if late else f", next due {told}")
    return Finding(Verdict.FAIL if late else Verdict.PASS, said, {"age_seconds": age.total_seconds()})


def _acknowledged(options: Options, good: ExportFacts, context: CheckContext) -> Finding | None:
    """Each delivered export must be acknowledged in time, also when a younger one has been."""
    if not options.acknowledged_by:
        return None
    open_ = unacknowledged(good.waiting, _receipt(options, context))
    within = options.acknowledge_within.span
    late = [one for one in open_ if moment(one.when, "when", context.now) + within <= context.now]
    if late:
        first = min(late, key=lambda one: one.when)
        since = span(context.now - clock.parse(first.when))
        many = f" ({len(late)} such)" if len(late) > 1 else ""
        said = f"{options.acknowledged_by} has not acknowledged {first.file}{many}, delivered {since} ago"
        return Finding(Verdict.FAIL, said)
    if open_:
        until = day(clock.parse(min(one.when for one in open_)) + within)
        return Finding(Verdict.PASS, f"{options.acknowledged_by} has until {until} to acknowledge it")
    return Finding(Verdict.PASS, "acknowledged")


def _receipt(options: Options, context: CheckContext) -> ReceiptFacts | None:
    state = act_state(context, joined.receipt(options.export), options.export)
    return state.good(ReceiptFacts) if state else None


def _key(options: Options, good: ExportFacts, now: datetime) -> Finding | None:
    """A key that ends before the next time stops the next export: that takes weeks to mend, and is told before."""
    if not good.key_expires or options.key_sha256 not in {"", good.key_sha256}:
        return None  # it never ends, or the policy has another one by now, which the next export looks at
    due = options.calendar.zoned(options.timezone).after(now)[0]
    ends = clock.parse(good.key_expires)
    if ends > due + timedelta(days=1):
        return None
    return Finding(Verdict.WARN, f"the recipient's key ends {day(ends)}, before the next export is made")


KIND = Check(
    Options,
    probe,
    derived=True,
    why="A registry or an authority waits for data by a day; what did not leave, or did not arrive, is found out when "
    "somebody asks for it months later.",
    remedy="`journalctl -u seawall-export-NAME` says why the last attempt failed; mend that, then `sudo seawall export "
    "NAME`. If it was delivered, ask the recipient, then `seawall export acknowledge NAME --by CONTACT`; `seawall "
    "export NAME --resend` sends the same bytes again.",
)
