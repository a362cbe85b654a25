"""A round of checks: every check at the same time, each with its own unknown, written down and counted."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ops.core import clock, kinds
from ops.core.errors import SeawallError, Unavailable
from ops.core.printable import storable
from ops.core.verdict import Finding, Verdict, worst
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.state import HEALTH, CheckResult, HealthState, State
from ops.jobs.health import daily_record, metrics, notes
from ops.jobs.health.findings import join, kept
from ops.jobs.host import own_policy, state_files
from ops.jobs.updates import history
from ops.policy import HostPolicy
from ops.policy.model import CheckSpec

DEADLINE = 30.0  # seconds; a check that hangs, on a dead network file system say, must not hold the others
STALE = timedelta(minutes=15)  # a round is due after five minutes; then it is late by two more
NO_REPORT = timedelta(hours=26)  # from then on nobody knows anything of a machine, whatever it said before


def look_and_record() -> HealthState:
    """Make every check of the policy, write down what was seen, and return it."""
    policy, states, now = own_policy.read(), state_files.read_all(), clock.now()
    before = states.get(HEALTH)
    rounds = before.rounds if isinstance(before, HealthState) else None
    with daily_record.counting() as counts:
        kept = notes.read()
        state = replace(record(policy, look(policy, states, now, noted=kept), now), rounds=rounds)
        state = _counted(policy, state, now) if counts else state
        state_files.write(HEALTH, state)
        metrics.leave(policy, states, state)
        notes.write(kept, policy.checks)  # last: on a full disk what was seen goes before
    return state


def _counted(policy: HostPolicy, state: HealthState, now: datetime) -> HealthState:
    """Return the state with what is about its record; a round that was to leave one and could not says so."""
    try:
        state = replace(state, rounds=daily_record.counted(policy, state, now))
        history.follow(policy, state, now)  # last: what may not be gone on with was refused by then
        return state
    except (SeawallError, OSError) as error:
        lacking = entry_of("health", "health", Finding(Verdict.FAIL, f"this round could not be recorded: {error}"))
        return replace(state, checks=(*state.checks, lacking), verdict=Verdict.FAIL)


def unrecorded(state: HealthState) -> bool:
    """Whether a round that was to leave a record could not."""
    return any((entry.name, entry.kind, entry.verdict) == (HEALTH, HEALTH, Verdict.FAIL) for entry in state.checks)


def record(policy: HostPolicy, entries: Sequence[CheckResult], now: datetime) -> HealthState:
    """Return what is written down of one look at this machine."""
    verdict = worst(entry.verdict for entry in entries)
    return HealthState(host=policy.host, finished=clock.iso(now), verdict=verdict, checks=tuple(entries))


def recorded(states: Mapping[str, State], now: datetime) -> HealthState:
    """Return the newest recorded look; raise Unavailable when there is none, or it cannot be read.

    One that is too old has a further check that says so: nobody looks at this machine any more.
    """
    state = states.get(HEALTH)
    if state is None:
        own_policy.demand_server()
        raise Unavailable("no health check has run on this machine yet", "seawall health run")
    try:
        if not isinstance(state, HealthState):
            raise ValueError(state.message)
        age = now - clock.parse(state.finished)
    except ValueError as error:
        raise Unavailable(f"the results of the last round can't be read: {error}", "seawall health run") from error
    if not timedelta(0) <= age + timedelta(minutes=5) <= STALE + timedelta(minutes=5):
        message = f"the last round of checks was at {state.finished}; check seawall-health.timer"
        verdict = Verdict.FAIL if age > NO_REPORT else Verdict.UNKNOWN
        stale = entry_of("health", "health", Finding(verdict, message))
        state = replace(state, checks=(*state.checks, stale))
    return replace(state, verdict=worst(entry.verdict for entry in state.checks))


def look(
    policy: HostPolicy,
    states: Mapping[str, State],
    now: datetime,
    names: Iterable[str] | None = None,
    noted: notes.Notes | None = None,
) -> list[CheckResult]:
    """Make the named checks, or all, at the same time; return what each one saw, in the policy's order.

    noted: what the checks left for themselves in the round before; what they leave now takes its place.

    A check that raises, or does not end in time, is unknown, and the others go on; one that failed in the round before
    and does not end in time has still failed.
    """
    chosen = {name: policy.checks[name] for name in (policy.checks if names is None else names)}
    last = states.get(HEALTH)
    known = {entry.name: entry for entry in last.checks} if isinstance(last, HealthState) else {}
    before = {name: _before(name, spec, known) for name, spec in chosen.items()}
    since = {name: _since(before[name], now) for name in chosen}
    answers: queue.Queue[str] = queue.Queue()
    seen: dict[str, list[Finding]] = {name: [] for name in chosen}

    noted = {} if noted is None else noted
    own = {name: notes.of(noted, name, spec) for name, spec in chosen.items()}

    def make(name: str, spec: CheckSpec) -> None:
        for finding in kept(_made(spec, CheckContext(now, states, since[name], policy.host, own[name]))):
            seen[name].append(finding)
        answers.put(name)

    for name, spec in chosen.items():
        threading.Thread(target=make, args=(name, spec), daemon=True).start()
    ended = _gather(answers, len(chosen))
    noted |= {notes.key(name, chosen[name]): own[name] for name in ended}
    entries = []
    for name, spec in chosen.items():
        findings = [*seen[name], *([] if name in ended else [_late(before[name])])]
        entries.append(_about(spec, entry_of(name, spec.kind, join(findings))))
    return [replace(entry, since=clock.iso(since[entry.name])) for entry in entries]


def _gather(answers: queue.Queue[str], count: int) -> set[str]:
    """Return the names of the checks that ended, of so many, before the deadline."""
    ended: set[str] = set()
    deadline = time.monotonic() + DEADLINE
    while len(ended) < count:
        try:
            ended.add(answers.get(timeout=max(0.0, deadline - time.monotonic())))
        except queue.Empty:
            break
    return ended


def _late(before: CheckResult | None) -> Finding:
    """Return what is known of a check that did not end in time: one slow round makes nothing milder."""
    said = f"did not finish within {DEADLINE:.0f} s"
    if before is None or before.verdict is not Verdict.FAIL:
        return Finding(Verdict.UNKNOWN, said)
    known = before.message.rpartition(f"{said}; in the round before: ")[2]
    return Finding(Verdict.FAIL, f"{said}; in the round before: {known}")


def _before(name: str, spec: CheckSpec, known: Mapping[str, CheckResult]) -> CheckResult | None:
    """Return what was seen by a check in the round before, also where that called it by its former name."""
    asset, copy = _subject(spec)
    if name in known or not asset:
        return known.get(name)
    former = known.get(joined.former_check(spec.kind, asset, copy))
    fits = former and former.kind == spec.kind and former.asset in {asset, ""} and former.copy in {copy, ""}
    return former if fits else None


def _subject(spec: CheckSpec) -> tuple[str, str]:
    """Return the asset and the copy that a check is about, or its oldest set; empty where it is about none."""
    copy = joined.OLDEST if getattr(spec.options, "oldest", False) else str(getattr(spec.options, "copy", ""))
    return str(getattr(spec.options, "asset", "")), copy


def _about(spec: CheckSpec, entry: CheckResult) -> CheckResult:
    """Add to what was seen the asset and the copy that it is about."""
    asset, copy = _subject(spec)
    return replace(entry, asset=asset, copy=copy)


def _made(spec: CheckSpec, context: CheckContext) -> Iterator[Finding]:
    """Make one check; whatever goes wrong in it is its own unknown."""
    kind: Check[Any] = kinds.load("ops.health", spec.kind)
    yield from kind.probe(spec.options, context)


def entry_of(name: str, kind: str, finding: Finding) -> CheckResult:
    """Return a finding as what is recorded and sent."""
    figures = {what: value for what, value in finding.figures.items() if math.isfinite(value)}
    message = storable(finding.message)
    return CheckResult(name=name, kind=kind, verdict=finding.verdict, message=message, figures=figures)


def _since(before: CheckResult | None, now: datetime) -> datetime:
    """Return since when a check is asked for: what a clock that was ahead wrote down would put off for long."""
    try:
        known = clock.parse(before.since) if before and before.since else now
    except ValueError:
        return now
    return known if known <= now + clock.SKEW else now
