"""Each fault raises one message, in time and with its cause, and none is left when it is mended."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from certificates import made
from fault_list import FAULTS
from faults import Fault
from watched_inputs import Inputs
from watched_rounds import Watched, policy
from watched_site import ROUND, START, Machine, checks

from ops.alarms.model import Event, Kind
from ops.core import kinds

PAGE = Path(__file__).parents[3] / "docs/faults-seen.md"
QUARTER = timedelta(hours=6)
MOST = 16  # rounds until the message
STAYS = 2  # rounds for which the fault stays after it
OVER = 6  # rounds in which the alarm must be over
NEWS = {Kind.RAISED, Kind.WORSE, Kind.AGAIN, Kind.PASSED}


@dataclass(frozen=True)
class Course:
    """What became of a fault. news: of it, while it was there; seen: what was not well then; minutes: until the first.

    before: what was told before its limit was passed. left: what is open at the end; over: what was told of it then.
    """

    fault: Fault
    before: tuple[Kind, ...]
    news: tuple[Event, ...]
    seen: dict[str, str]
    minutes: float
    over: tuple[Kind, ...]
    left: int
    incidents: int


@dataclass
class Courses(dict[str, Course]):
    """What became of each fault, by what happens; it is played when it is first asked for, so that one costs little."""

    machine: Machine

    def __missing__(self, what: str) -> Course:
        (fault,) = (one for one in FAULTS if one.what == what)
        return self.setdefault(what, played(self.machine, fault))


@pytest.fixture(scope="module")
def courses() -> Iterator[dict[str, Course]]:
    """All faults, each on a machine that was well before."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(dir=memory) as folder, pytest.MonkeyPatch.context() as patch:
        with closing(Machine(Path(folder), patch, lambda begins, ends: made(begins, ends)[0])) as machine:
            yield Courses(machine)


def played(machine: Machine, fault: Fault) -> Course:
    """Watch a healthy machine, let the fault happen, let it stay for some rounds, and mend it."""
    site = Watched(machine, policy(checks(machine.folder, machine.port)))
    only = (fault.check, *fault.also)
    site.round(Inputs(site.now + ROUND))
    assert site.verdicts() == {}, "the machine of tests/watched_site.py is not well to begin with"
    for _ in range(fault.before):
        inputs = Inputs(site.now + QUARTER)
        fault.course(inputs, (inputs.now - START - ROUND).total_seconds())
        site.round(inputs, QUARTER, only)
    begun, before = site.now, len(site.told)
    stayed, seen = 0, dict[str, str]()
    for number in range(MOST):
        inputs = Inputs(site.now + ROUND)
        fault.course(inputs, (inputs.now - START - ROUND).total_seconds())
        fault.spoil(inputs, (inputs.now - begun).total_seconds())
        site.round(inputs, only=only if number else ())
        stayed += len(site.told) > before
        seen = site.verdicts() if stayed == 1 else seen
        if stayed > STAYS:
            break
    told = site.told[before:]
    minutes = (told[0][0] - begun).total_seconds() / 60 if told else 0.0
    mended = len(site.told)
    mend(site, fault)
    news = tuple(event for _, event in told if event.kind in NEWS)
    over = tuple(event.kind for _, event in site.told[mended:])
    earlier = tuple(event.kind for _, event in site.told[:before])
    return Course(fault, earlier, news, seen, minutes, over, len(site.open()), len(site.memory.incidents))


def mend(site: Watched, fault: Fault) -> None:
    """Let the machine be well again, and time pass until that is known."""
    for _ in range(4 if fault.told_on else 0):
        after = timedelta(days=fault.told_on / 4)
        site.round(Inputs(site.now + after), after, (fault.check, *fault.also))
    for number in range(OVER):
        site.round(Inputs(site.now + ROUND), only=(fault.check, *fault.also) if number < OVER - 1 else ())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_is_told_once_in_time_and_with_its_cause(courses: dict[str, Course], fault: Fault) -> None:
    course = courses[fault.what]
    assert course.seen[fault.check] == fault.verdict
    assert set(course.seen) == {fault.check, *fault.also}, "another check speaks, or one does not"
    (event,) = course.news
    assert 0 < course.minutes <= fault.minutes
    assert {alarm.check for alarm in event.alarms} == set(course.seen)
    assert any(fault.cause in alarm.message for alarm in event.alarms if alarm.check == fault.check)
    assert course.incidents == 1, "one incident from beginning to end"
    assert set(course.before) <= {Kind.RAISED, Kind.NEXT, Kind.PAPER, Kind.REMINDER}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_that_is_mended_is_over_and_told_so_once(courses: dict[str, Course], fault: Fault) -> None:
    course = courses[fault.what]
    assert (course.over.count(Kind.CLEARED), course.left) == (1, 0)
    assert not NEWS & set(course.over)


def test_every_kind_of_check_is_among_them_and_there_are_enough() -> None:
    site = checks(Path("/nowhere"), 1)
    every = set(kinds.kinds("ops.health"))
    assert {kind for kind, _ in site.values()} == every, "add the kind to checks() in tests/watched_site.py"
    assert {fault.check for fault in FAULTS} == set(site), "add a fault of the check to tests/fault_list.py"
    assert len({fault.what for fault in FAULTS}) == len(FAULTS) >= 60


def test_the_page_is_what_was_seen(courses: dict[str, Course]) -> None:
    site = checks(Path("/nowhere"), 1)
    rows = [
        f"| {fault.what} | [{site[fault.check][0]}](checks.md#{site[fault.check][0]}) | {fault.limit} "
        f"| {fault.verdict} | {courses[fault.what].minutes:.0f} min | {fault.cause} |"
        for fault in FAULTS
    ]
    fresh = HEAD.format(count=len(FAULTS), longest=max(fault.minutes for fault in FAULTS)) + "\n".join(rows) + "\n"
    if os.environ.get("SEAWALL_WRITE_PAGES"):
        PAGE.write_text(fresh, "utf-8")
    assert PAGE.read_text("utf-8") == fresh, "the page differs: run this test with SEAWALL_WRITE_PAGES=1"


HEAD = """\
# Faults that were told

<!-- Generated from what was seen by: SEAWALL_WRITE_PAGES=1 pytest tests/unit/alarms/test_faults.py -->

For whoever wants to know whether the alarms can be trusted. A server with a check of every kind is well; then one thing
is wrong with it, and later that is mended. Each of these {count} faults was told once, by one message; no other check
spoke, but those that look at the same thing, in the same message. Once it was mended, one message said so, and nothing
was left. Time is played, not waited for; the checks, the
rounds of five minutes and the alarms are the real ones. What a program would say is what the real one prints.

The time is from the moment at which the limit is passed to the message: a round sees it within five minutes, and the
next one confirms it, for a blip calls nobody. Where a check itself waits for several rounds, or looks at something once
an hour only, it is longer. What is to be told faster, or later, a rule of the policy says ([alarms.md](alarms.md)).
Limits are the defaults ([checks.md](checks.md)); those of backups, copies, drills and disks are the example policy's.

| fault | check | limit | verdict | told after | words of the message |
| --- | --- | --- | --- | --- | --- |
"""
