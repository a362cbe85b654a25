"""Whether the disks of a rotation take their turns: which one is due to come and leave, and which one is not back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.core import clock
from ops.core.calendar import Calendar
from ops.core.errors import Damaged
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health._age import day, moment, span, trouble, unreadable, zone
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.disk import ARRIVAL, READING, DiskFacts
from ops.interfaces.state import ActState


@dataclass(frozen=True)
class Options:
    """Which disks take turns, and when.

    repository: the repository that they are.
    disks: their names, in the order in which they take turns.
    calendar: when the next one is due to be brought up to date and to leave.
    timezone: time zone of the calendar.
    warn: how long after it was due a disk is late; one of a window is not late before the window's end.
    fail: how long after it was due that is a failure.
    """

    repository: str
    disks: tuple[str, ...]
    calendar: Calendar
    timezone: str = "UTC"
    warn: Duration = Duration(86_400)
    fail: Duration = Duration(7 * 86_400)


@dataclass(frozen=True)
class _Disk:
    """A disk as its state tells. here: whether it came and did not leave. facts: of the last time that it left good."""

    name: str
    state: ActState | None
    facts: DiskFacts | None
    left: datetime | None
    due: datetime | None

    @property
    def here(self) -> bool:
        return self.state is not None and self.state.kind in {ARRIVAL, READING}


def probe(options: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the states that the disks left: whose turn it is, and what is wrong with any of them."""
    disks = [_disk(options, context, name) for name in options.disks]
    yield _turn(options, disks, context)
    for disk in disks:
        yield from _one(options, disk, context.now)


def _disk(options: Options, context: CheckContext, name: str) -> _Disk:
    state = context.states.get(joined.disk(options.repository, name))
    if state is None:
        return _Disk(name, None, None, None, None)
    if not isinstance(state, ActState):
        raise unreadable(state)
    if state.host and context.host and state.host != context.host:
        raise Damaged(f"the state of the disk {name} is of the machine {state.host}, and not of {context.host}")
    facts = state.good(DiskFacts)
    if facts is None:
        return _Disk(name, state, None, None, None)
    return _Disk(name, state, facts, moment(facts.left, "left", context.now), _time(facts.due))


def _turn(options: Options, disks: list[_Disk], context: CheckContext) -> Finding:
    """Judge whether a disk left good since one was due to, and say which one is next."""
    left = [disk.left for disk in disks if disk.left]
    since = max(left) if left else context.since or context.now
    next_one = min(disks, key=lambda disk: (disk.left is not None, disk.left or since), default=None)
    if next_one is None:
        return Finding(Verdict.UNKNOWN, "the policy names no disk")
    due = options.calendar.zoned(options.timezone).after(since)[0]
    last = f"the last disk left {span(context.now - since)} ago" if left else "no disk left good yet"
    here = [disk.name for disk in disks if disk.here]
    whose = f"{here[0]} is here, and did not leave" if here else f"the turn of {next_one.name}"
    figures = {"age_seconds": (context.now - since).total_seconds()} if left else {}
    verdict, late = _late(options, due, context.now)
    when = f"due {day(due.astimezone(zone(options.timezone)))}"
    return Finding(verdict, f"{last}; {whose}, {when}{late}", figures)


def _one(options: Options, disk: _Disk, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with one disk."""
    if disk.state and (told := trouble(disk.state)):
        verdict = Verdict.FAIL if disk.state.damaged else Verdict.WARN
        known = "damaged" if disk.state.damaged else "not good"
        yield Finding(verdict, f"{disk.name} is {known}: {told}")
    elif disk.facts and disk.due and not disk.here:
        verdict, late = _late(options, disk.due, now)
        if verdict is not Verdict.PASS:
            when = day(disk.due.astimezone(zone(options.timezone)))
            yield Finding(verdict, f"{disk.name} was due back {when}{late}; {disk.facts.hands} took it")


def _late(options: Options, due: datetime, now: datetime) -> tuple[Verdict, str]:
    """Return how late it is by now, where something was due: a window's end counts, where it has one."""
    calendar = options.calendar.zoned(options.timezone)
    warns = calendar.deadline(due, options.warn.span)
    fails = max(calendar.deadline(due, options.fail.span), warns + (options.fail.span - options.warn.span))
    if now >= fails:
        return Verdict.FAIL, f", overdue by {span(now - due)}"
    if now >= warns:
        return Verdict.WARN, f", late by {span(now - due)}"
    return Verdict.PASS, " (today)" if now >= due and now - due < timedelta(days=1) else ""


def _time(text: str) -> datetime:
    try:
        return clock.parse(text)
    except ValueError as error:
        raise Damaged("the state can't be read: due is not a time") from error


KIND = Check(
    Options,
    probe,
    derived=True,
    synonyms=("disks", "removable", "usb", "overdue"),
    why="A disk that hangs on the server all the time burns with it, and one that nobody brought back is missed on the "
    "day when it is needed. Disks take turns only if somebody says whose turn it is.",
    remedy="`seawall disk list` shows where each disk is. Bring the one whose turn it is: `seawall disk arrive`, "
    "`update`, `leave`. For one that is lost, take it out of the policy, and change the password of its repository.",
)
