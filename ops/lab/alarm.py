"""An alarm that a person can watch: a service stops, somebody is told and sees to it, and is told that it is over."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from ops.core.errors import Unavailable
from ops.lab.furnish import INBOX
from ops.lab.inbox import READ, Letter, letters_in
from ops.lab.lab import Lab
from ops.lab.steps import Named, Step
from ops.policy import HostPolicy

LONGEST = 150.0  # seconds for a message, of which a look at the alarms comes each minute
LOOK = "systemctl start seawall-health.service && systemctl start seawall-alarms.service"
NUMBER = re.compile(r"\(incident (\d+)\)")


@dataclass(frozen=True)
class Watched:
    """A check of one unit on a machine of the lab, of which people are told at once."""

    host: str
    check: str
    unit: str


def steps(policies: Mapping[str, HostPolicy]) -> Iterator[Named]:
    """Yield the steps that raise an alarm and clear it; none where no machine has a check that is told at once."""
    watched = next(told_at_once(policies), None)
    if watched:
        yield f"stop {watched.unit} on {watched.host}: somebody is told", partial(_raised, watched)
        yield f"somebody sees to it, {watched.unit} is back: that is told", partial(_cleared, watched)


def told_at_once(policies: Mapping[str, HostPolicy]) -> Iterator[Watched]:
    """Yield each check of a single unit that a rule names which waits for nothing."""
    for host, policy in policies.items():
        rules = policy.alarms.rules if policy.alarms else ()
        quick = {name for rule in rules if rule.raise_count == 1 and rule.hold.seconds == 0 for name in rule.checks}
        for name, check in policy.checks.items():
            expected: Sequence[str] = check.options.get("expected", ()) if isinstance(check.options, Mapping) else ()
            if name in quick and check.kind == "units" and len(expected) == 1 and expected[0].endswith(".service"):
                yield Watched(host, name, str(expected[0]))


def letters(lab: Lab, watched: Watched) -> list[Letter]:
    """Return what the inbox has of a check."""
    about = f" {watched.host}: {watched.check} "
    return [one for one in letters_in(lab.machine(INBOX).ssh(READ).stdout) if about in one.subject]


def awaited(lab: Lab, watched: Watched, fits: Callable[[Letter], bool], before: int) -> Letter:
    """Return the first message of a check behind so many that fits; raise Unavailable when none comes in time."""
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        for letter in letters(lab, watched)[before:]:
            if fits(letter):
                return letter
        time.sleep(0.5)
    raise Unavailable(f"nobody was told of {watched.check} on {watched.host} within {LONGEST:.0f} s")


def _raised(watched: Watched, step: Step) -> str:
    before = len(letters(step.lab, watched))
    started = time.monotonic()
    try:
        step.on(watched.host, f"systemctl stop {watched.unit}")
        step.on(watched.host, LOOK)
        letter = awaited(step.lab, watched, lambda one: one.state in {"raised", "again"}, before)
    except BaseException:
        step.on(watched.host, f"systemctl start {watched.unit}")
        raise
    return f"{letter.subject}, to {', '.join(letter.people)}, after {time.monotonic() - started:.0f} s"


def _cleared(watched: Watched, step: Step) -> str:
    known = letters(step.lab, watched)
    number = NUMBER.search(known[-1].subject) if known else None
    try:
        if number:
            said = "--by 'the person on call' --reason 'it is being started again'"
            step.on(watched.host, f"seawall ack {number[1]} {said}")
    finally:
        step.on(watched.host, f"systemctl start {watched.unit}")
    step.on(watched.host, LOOK)
    return awaited(step.lab, watched, lambda one: one.state == "cleared", len(known)).subject
