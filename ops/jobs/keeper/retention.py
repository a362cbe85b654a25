"""The nightly plan of which sets leave the repositories that this machine keeps. Planning alone: nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.document import read_file
from ops.core.errors import Damaged, SeawallError, UsageError
from ops.core.files import write_json
from ops.core.names import Digest, HostName
from ops.core.printable import storable
from ops.core.verdict import Verdict
from ops.evidence.query import past
from ops.health.retention import Options, findings
from ops.interfaces import leaving
from ops.interfaces.keeper_outcome import RetentionFacts
from ops.interfaces.leaving import KeptSet, RetentionPlan
from ops.interfaces.planned import RETENTION, PlannedRepository, RetentionState
from ops.interfaces.state import written
from ops.jobs.health.findings import join
from ops.jobs.host import folders, state_files
from ops.jobs.keeper import handed, planning
from ops.jobs.keeper.arrivals import demand_client, demand_keeper
from ops.jobs.run.handover import offered, taken_over
from ops.jobs.run.job import Ended, Outcome, actor, perform
from ops.jobs.run.override import Override
from ops.jobs.run.systemd_unit import run_in_unit
from ops.keeper import register as registers
from ops.keeper import repository
from ops.keeper.guard import Bounds
from ops.keeper.register import Night, Register
from ops.keeper.whole import holdings
from ops.policy import HostPolicy

UNIT, ACT = "seawall-retention.service", "retention-plan"
REGISTER, PLANS = "register.sqlite", "retention"
GUARD = "nothing leaves a repository while something about it is unusual"
MOST_ODD = 100  # so many cards that do not count are noted; all of them are counted


@dataclass(frozen=True)
class PlanOverride(Override):
    """That the guard is passed for one client's repository, in one plan."""

    client: str = ""


def plan(wish: PlanOverride | None = None) -> Ended:
    """Make the plans of all clients, through the unit where a person starts it; the exit code is the verdict's."""
    policy = demand_keeper()
    with offered(ACT, wish):
        if ended := run_in_unit(UNIT, RETENTION, ended_code=Verdict.UNKNOWN.exit_code):
            return ended
    wish = taken_over(ACT, PlanOverride) or wish
    made: list[RetentionState] = []
    outcome = perform(
        RETENTION, ACT, policy.host, policy.host, lambda: _work(policy, wish, made), failed=Verdict.UNKNOWN
    )
    if outcome.good is None or not made:
        _refuse(policy, f"the last plan could not be made: {outcome.message}")
        return Ended.here(outcome, outcome.verdict.exit_code)
    return Ended(made[0].verdict.exit_code, written(made[0]), outcome.message)


def override(client: str, reason: str, approver: str) -> Ended:
    """Make the plans anew, and let the guard be passed for one client's repository in this one."""
    demand_client(demand_keeper(), client)
    return plan(PlanOverride(GUARD, reason, actor(), approver, client))


def plans(client: str | None) -> dict[str, RetentionPlan]:
    """Return the plans as they lie here, of one client or of all; raise UsageError where there is none."""
    policy = demand_keeper()
    if client:
        demand_client(policy, client)
    found = {name: made for name in ([client] if client else policy.clients) if (made := _before(name))}
    if not found:
        raise UsageError("nothing was planned yet", "seawall retention plan")
    return found


def text(made: RetentionPlan) -> str:
    """Return a plan for a person: what leaves, when and why, and what stays."""
    lines = [f"refused  {made.client}: {why}" for why in made.refused]
    lines += [_line("leaves", one) for one in made.leaves]
    lines += [_line("stays", one) for one in made.stays]
    return storable("\n".join(lines or [f"{made.client}: no whole set is known"]))


def _line(word: str, one: KeptSet) -> str:
    arrived = clock.iso(datetime.fromtimestamp(one.arrived, UTC))
    when = f", not before {clock.iso(datetime.fromtimestamp(one.due, UTC))}" if one.due else ""
    proven = ", proven" if one.proven else ""
    return f"{word:<8} {one.asset} {one.set[:8]} of {arrived}{proven}: {one.why}{when}"


def _work(policy: HostPolicy, wish: PlanOverride | None, made: list[RetentionState]) -> Outcome:
    """Enter what arrived, plan for each client, and write the plans; the record ties the register to the ledger."""
    if wish:
        wish.record(policy.host, wish.client)
    noted = next(iter(past(folders.state() / "ledger", RETENTION, policy.host, RetentionFacts, 1)), RetentionFacts())
    known = Night(noted.night, Digest(noted.register)) if noted.night else None
    with registers.opened(folders.state() / "state" / REGISTER) as register:
        night = _night(policy, register, known)
        accepted = wish is not None or not night.register
        if night.register and accepted:
            register.accept()
        seen = {HostName(host): _client(policy, host, night, register, wish) for host in policy.clients}
        now = register.close(night.now)
    facts = RetentionFacts(
        night=now.n if accepted or known is None else known.n,
        register=now.digest if accepted or known is None else known.digest,
        stays=sum(one.stays for one in seen.values()),
        leaves=sum(one.leaves for one in seen.values()),
        refused={str(host): one.refused for host, one in seen.items() if one.refused},
    )
    state = _state(policy, seen, now.n)
    state_files.write(RETENTION, state)
    made.append(state)
    return Outcome(state.verdict, state.message, facts, facts)


def _night(policy: HostPolicy, register: Register, known: Night | None) -> planning.Night:
    options = policy.checks[RETENTION].options
    assert isinstance(options, Options)  # noqa: S101 -- of its kind
    changed = ""
    try:
        if known:
            register.demand(known)
    except Damaged as error:
        changed = error.message
    return planning.Night(
        now=clock.now().timestamp(),
        zone=ZoneInfo(policy.site.timezone),
        notice=float(options.notice.seconds),
        bounds=Bounds(options.shrinks, options.grows, options.anew),
        clock=planning.unsynchronised(),
        register=changed,
    )


def _client(
    policy: HostPolicy, host: str, night: planning.Night, register: Register, wish: PlanOverride | None
) -> PlannedRepository:
    """Enter what a client's repository has, and plan for it; what is overridden holds for this plan alone."""
    base, before = folders.repositories(), _before(host)
    if not (base / host).exists():
        return PlannedRepository()  # it has none yet; whoever backs up judges that
    try:
        with repository.opened(base, host) as folder:
            register.listed(host, repository.files(folder), night.latest)
        told = handed.judged(register, host, policy.clients[host], night.latest)
    except (SeawallError, OSError) as error:
        why = storable(str(error))
        _write(replace(before or RetentionPlan(client=HostName(host), made=0, stays=(), leaves=()), refused=(why,)))
        return PlannedRepository(trouble=why, refused=(why,))
    held = holdings(told.sets, told.drills, *register.snapshots(host))
    made = planning.planned(night, host, policy.kept.get(host, {}), held, register, before)
    overridden = wish is not None and wish.client == host
    if overridden:  # without a clock no age is known, and so nobody may pass that
        made = replace(made, refused=tuple(why for why in made.refused if why == night.clock))
    _write(made)
    odd = [*told.odd, *held.odd]
    return PlannedRepository(
        stays=len(made.stays),
        leaves=len(made.leaves),
        proven=sum(one.proven for one in made.stays),
        first=min((one.due for one in made.leaves if one.due), default=None),
        refused=made.refused,
        overridden=overridden,
        odd=tuple(storable(one) for one in odd[:MOST_ODD]),
        odd_count=len(odd),
        unknown=held.unknown,
    )


def _state(policy: HostPolicy, seen: Mapping[HostName, PlannedRepository], night: int) -> RetentionState:
    state = RetentionState(
        host=policy.host,
        finished=clock.iso(clock.now()),
        verdict=Verdict.UNKNOWN,
        repositories=seen,
        night=night,
    )
    finding = join(list(findings(state)))
    return replace(state, verdict=finding.verdict, message=storable(finding.message))


def _refuse(policy: HostPolicy, why: str) -> None:
    """Let nothing leave by plans that lie here: a later one could not be made, or left no record."""
    for host in policy.clients:
        if before := _before(host):
            _write(replace(before, refused=(storable(why),)))


def _before(host: str) -> RetentionPlan | None:
    """Return the plan that lies here; None where there is none that can be read."""
    path = folders.state() / "state" / PLANS / f"{host}.json"
    try:
        return leaving.read(read_file(path, leaving.LIMITS.bytes, str(path), owned=True), str(path))
    except (SeawallError, OSError):
        return None


def _write(made: RetentionPlan) -> None:
    folder = folders.state() / "state" / PLANS
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    write_json(folder / f"{made.client}.json", leaving.written(made), mode=0o640)
