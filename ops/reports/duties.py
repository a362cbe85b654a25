"""Duties as people read them: what a person is to do, by which day, and when it was last done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import DutyStatus
from ops.reports.catalogue import tr, trn
from ops.reports.times import Times, day


@dataclass(frozen=True)
class DutyLine:
    """One duty. about: its name, with the machine whose it is; when: how it stands, in a few words.

    done: when it was last attested, by whom and on which machine. trouble: what is wrong, and whom to call; empty
    where nothing is.
    """

    verdict: Verdict
    about: str
    what: str
    who: str
    when: str
    done: str
    trouble: str = ""


def lines(duties: Iterable[DutyStatus], times: Times) -> tuple[DutyLine, ...]:
    """Given the duties of a site, return what is shown of them: the worst first, then the one that is due next."""
    ordered = sorted(duties, key=lambda duty: (-duty.verdict.severity, duty.due or "9", duty.name, duty.host))
    return tuple(_line(duty, times) for duty in ordered)


def _line(duty: DutyStatus, times: Times) -> DutyLine:
    when = _when(duty, times)
    call = tr("call {name}, {phone}", name=duty.who, phone=duty.phone) if duty.phone else ""
    trouble = "" if duty.verdict is Verdict.PASS else "; ".join(filter(None, [when, duty.message, call]))
    return DutyLine(
        verdict=duty.verdict,
        about=tr("{duty} on {host}", duty=duty.name, host=duty.host) if duty.host else duty.name,
        what=duty.what,
        who=duty.who,
        when=when,
        done=_done(duty, times),
        trouble=trouble,
    )


def _when(duty: DutyStatus, times: Times) -> str:
    if duty.standing == "unknown":
        return tr("by when is unknown")
    if duty.standing == "ended":
        return _ended(duty)
    if not duty.due:
        return tr("not due again before it ends on {day}", day=day(duty.until)) if duty.done else tr("never done")
    days = (date.fromisoformat(duty.due) - times.now.astimezone(times.zone).date()).days
    if duty.standing == "overdue":
        return trn(
            "{count} day overdue: was due by {day}", "{count} days overdue: was due by {day}", -days, day=day(duty.due)
        )
    if days == 0:
        return tr("due today")
    if duty.standing == "soon":
        return trn("due in {count} day, by {day}", "due in {count} days, by {day}", days, day=day(duty.due))
    return tr("due by {day}", day=day(duty.due))


def _ended(duty: DutyStatus) -> str:
    if duty.verdict is Verdict.PASS:
        return tr("ended on {day}", day=day(duty.until))
    if not duty.due:
        return tr("ended on {day}, never done", day=day(duty.until))
    return tr("ended on {day}, not done: was due by {due}", day=day(duty.until), due=day(duty.due))


def _done(duty: DutyStatus, times: Times) -> str:
    if not duty.done:
        return tr("never")
    return tr("{when} by {name} on {host}", when=times.when(duty.done), name=duty.by, host=duty.on)
