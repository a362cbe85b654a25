"""The clock of this machine against those of all others: what a machine says of ages is worth as much as its clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ops.core import clock, kinds
from ops.core.errors import SeawallError
from ops.core.quantity import span
from ops.core.schema import decode, encode
from ops.core.verdict import Finding, Verdict, worst
from ops.interfaces import joined
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.state import ARRIVALS, GAPS, HEALTH, CheckResult, State
from ops.interfaces.status_answer import StatusAnswer
from ops.jobs.health.findings import join
from ops.jobs.health.job import NO_REPORT, STALE
from ops.policy import HostPolicy
from ops.policy.model import CheckSpec

CLOCK = "clock"
MILD = (Verdict.PASS, Verdict.WARN)


def compared(status: MachineStatus, asked: datetime, answered: datetime) -> MachineStatus:
    """Return the status of a machine, in which no age counts that a clock told which differs from this machine's.

    asked, answered: between which moments, by the clock of this machine, it told its own time.
    """
    if status.told is None or not (wrong := _apart(status.told.time, asked, answered)):
        return status
    checks = [_doubted(entry, wrong) for entry in status.told.checks]
    finding = CheckResult(
        name=CLOCK, kind=CLOCK, verdict=Verdict.UNKNOWN, message=f"{wrong}; so no age it tells counts"
    )
    return _with(status.told, [*checks, finding])


def _apart(told: str, asked: datetime, answered: datetime) -> str:
    """Return by how much a machine's clock differs, in words; empty where it may be right."""
    try:
        when = clock.parse(told)
    except ValueError:
        return "it tells no time"
    behind, ahead = asked - when, when - answered
    if behind > clock.SKEW + timedelta(seconds=1):  # it tells whole seconds
        return f"its clock is {span(behind.total_seconds())} behind the clock of the control machine"
    if ahead > clock.SKEW:
        return f"its clock is {span(ahead.total_seconds())} ahead of the clock of the control machine"
    return ""


def _doubted(entry: CheckResult, wrong: str) -> CheckResult:
    """Return a check of an age that a doubtful clock told: what fails by it is no better for that."""
    if entry.verdict not in MILD or not _of_ages(entry.kind):
        return entry
    return replace(entry, verdict=Verdict.UNKNOWN, message=f"{wrong}; by its own: {entry.message}")


def judged_anew(
    status: MachineStatus, policy: HostPolicy, now: datetime, told: datetime | None = None
) -> MachineStatus:
    """Return the status of a machine, with what it tells of its acts judged by the clock of this machine, too.

    now: by that clock. So nothing passes that is older than the policy allows, whatever the machine itself says.
    told: when it told its status, where it was not asked just now: its last round of checks was young enough then.
    """
    if status.told is None:
        return status
    # Of a drill of an oldest set no state is told: what the machine itself says of it, counts.
    judged = {name: spec for name, spec in policy.checks.items() if _of_ages(spec.kind) and not _of_oldest(spec)}
    wanted = {_key(spec): (name, spec) for name, spec in judged.items()}
    states = _states(status.told)
    checks = []
    for entry in status.told.checks:
        named = wanted.get((entry.kind, entry.asset, entry.copy))
        checks.append(_worse(entry, _finding(*named, entry, states, (now, policy.host))) if named else entry)
    return _with(status.told, [*checks, *_stale(status.told, told or now)])


def _worse(entry: CheckResult, finding: Finding) -> CheckResult:
    if finding.verdict.severity <= entry.verdict.severity:
        return entry
    return replace(entry, verdict=finding.verdict, message=f"{finding.message} (by the clock of the control machine)")


def _finding(
    name: str, spec: CheckSpec, entry: CheckResult, states: Mapping[str, State], at: tuple[datetime, str]
) -> Finding:
    """Judge one check by what the machine told of its acts; at: when, and which machine that is."""
    found: list[Finding] = []
    try:
        kind: Check[Any] = kinds.load("ops.health", spec.kind)
        options = decode(kind.options, encode(spec.options), name)
        since = clock.parse(entry.since) if entry.since else None
        for finding in kind.probe(options, CheckContext(at[0], states, since, at[1])):
            found.append(finding)  # noqa: PERF402 -- one by one: what comes before an error stays
    except SeawallError as error:
        found.append(Finding(Verdict.UNKNOWN, error.message))
    except Exception as error:  # noqa: BLE001 -- whatever a machine told is that machine's unknown
        found.append(Finding(Verdict.UNKNOWN, f"can't be judged: {str(error) or type(error).__name__}"))
    return join(found)


def _key(spec: CheckSpec) -> tuple[str, str, str]:
    """Return what a check is about: releases call the same check by different names."""
    options = encode(spec.options)
    named = options if isinstance(options, Mapping) else {}
    copy = joined.OLDEST if named.get("oldest") else str(named.get("copy", ""))
    return spec.kind, str(named.get("asset", "")), copy


def _of_oldest(spec: CheckSpec) -> bool:
    return _key(spec)[2] == joined.OLDEST and spec.kind == "drill_age"


def _of_ages(kind: str) -> bool:
    """Whether a kind of check only judges when something was done last."""
    return kind in kinds.kinds("ops.health") and bool(kinds.load("ops.health", kind).recorded)


def _states(told: StatusAnswer) -> dict[str, State]:
    """Return the states that a machine told, by the names that they have there."""
    found: dict[str, State | None] = {GAPS: told.gaps, ARRIVALS: told.arrivals}
    for name, asset in told.assets.items():
        found[joined.backup(name)] = asset.backup
        found[joined.log(name)] = asset.log
        found |= {joined.copy(name, copy): state for copy, state in asset.copies.items()}
    found |= {joined.drill(name): drill.state for name, drill in told.drills.items()}
    return {name: state for name, state in found.items() if state is not None}


def _stale(told: StatusAnswer, now: datetime) -> list[CheckResult]:
    """Return that nobody looks at a machine any more, where it does not say so itself."""
    if any(entry.name in {HEALTH, CLOCK} for entry in told.checks):
        return []
    verdict = Verdict.UNKNOWN
    try:
        age = now - clock.parse(told.health_time or "")
        if -clock.SKEW <= age <= STALE + clock.SKEW:
            return []
        verdict = Verdict.FAIL if age > NO_REPORT else Verdict.UNKNOWN
    except ValueError:
        pass
    message = f"its last round of checks was at {told.health_time or 'no known time'}; check seawall-health.timer there"
    return [CheckResult(name=HEALTH, kind=HEALTH, verdict=verdict, message=message)]


def _with(told: StatusAnswer, checks: list[CheckResult]) -> MachineStatus:
    verdict = worst([told.verdict, *(entry.verdict for entry in checks)])
    return MachineStatus(verdict=verdict, told=replace(told, checks=tuple(checks), verdict=verdict))
