"""Judging by incidents: whether each was opened in time, and closed in time with what was learnt and entered.

That there was none is no evidence by itself. It counts only where every machine's ledger was read and none of them has
a check that failed for long, though the policy says of which class of fault that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.core import clock
from ops.core.quantity import counted
from ops.fleet.conformity import by_act
from ops.fleet.conformity.facts import Facts, Failed, KnownIncident
from ops.fleet.conformity.outcome import Judged, listed, met, not_looked_at, not_met
from ops.fleet.conformity.pack import PackControl
from ops.fleet.incidents.names import named
from ops.interfaces.conformity import Proof
from ops.jobs.alarms.plan import rule_of

OPENED = timedelta(days=1)  # after its discovery, where neither the clause nor the incident's class has a limit
CLOSED = timedelta(days=31)  # after it was opened
FAILS_LONG = timedelta(hours=12)  # a round a day is recorded at least: so long a failure was seen twice
COLLECT = "seawall control collect"
LIST = "seawall incident list shows what is open, and what failed checks propose"


def opened(control: PackControl, facts: Facts, fresh: timedelta) -> Judged:
    """Judge whether each incident of the period was opened in time, and each long failure with a class has one."""
    known = facts.incidents
    if known.trouble or known.head is None:
        return _unknown(facts)
    mine = [one for one in known.incidents if facts.since <= one.opened <= facts.until]
    proofs = [proof for one in mine for proof in one.proofs[:1]]
    allowed = control.at_most.span if control.at_most else None
    late = [one for one in mine if one.opened > one.discovered + _allowed(one, allowed)]
    others = _others(facts, fresh)
    bad = [*(_late(one) for one in late), *(why for why, _ in others.failed)]
    if bad:
        since = min([*(one.discovered + _allowed(one, allowed) for one in late), *(at for _, at in others.failed)])
        return not_met(listed(bad), clock.iso(since), [*proofs, *others.proofs], LIST)
    if nothing := _nothing(others, facts, [*proofs, *others.proofs]):
        return nothing
    if not mine:
        return met(_NONE, clock.iso(facts.since), [known.head, *others.proofs])
    return met(f"{counted(len(mine), 'incident')} opened in time", clock.iso(facts.since), proofs)


def closed(control: PackControl, facts: Facts, fresh: timedelta) -> Judged:
    """Judge whether each incident is closed in time: none can be without cause, lesson and what was entered."""
    known = facts.incidents
    if known.trouble or known.head is None:
        return _unknown(facts)
    allowed = control.at_most.span if control.at_most else CLOSED
    still = [one for one in known.incidents if one.closed is None]
    done = [one for one in known.incidents if one.closed and facts.since <= one.closed <= facts.until]
    proofs = [proof for one in [*still, *done] for proof in one.proofs]
    if overdue := [one for one in still if one.opened + allowed < facts.at]:
        why = listed(f"incident {one.number} is open since {clock.iso(one.opened)}" for one in overdue)
        todo = f"seawall incident close {overdue[0].number}, with cause, lesson and what was entered"
        return not_met(why, clock.iso(min(one.opened for one in overdue) + allowed), proofs, todo)
    if done:
        last = max(one.closed for one in done if one.closed)
        more = f"; {len(still)} open, not overdue" if still else ""
        said = f"{counted(len(done), 'incident')} closed with cause, lesson and what was entered{more}"
        return met(said, clock.iso(last), proofs)
    if still:
        due = clock.iso(min(one.opened for one in still) + allowed)
        why = listed(f"incident {one.number} is open" for one in still)
        return not_looked_at(f"{why}; to be closed by {due}", proofs, f"seawall incident show {still[0].number}")
    others = _others(facts, fresh)
    if others.failed:
        return not_looked_at(listed(why for why, _ in others.failed), others.proofs, LIST)
    return _nothing(others, facts, others.proofs) or met(_NONE, clock.iso(facts.since), [known.head, *others.proofs])


_NONE = "no incident in the period, and no check with a fault class failed for long"


@dataclass(frozen=True)
class _Others:
    """What the machines' ledgers say beside the incidents.

    failed: failures that no incident names, and since when one is wanted. silent: why nothing is known of a machine.
    proofs: the heads of the ledgers that were read. classed: whether any check has a fault class.
    """

    failed: list[tuple[str, datetime]]
    silent: list[str]
    proofs: list[Proof]
    classed: bool


def _others(facts: Facts, fresh: timedelta) -> _Others:
    silent: list[str] = []
    proofs: list[Proof] = []
    failed: list[tuple[str, datetime]] = []
    classed = False
    for host, policy in facts.policies.items():
        alarms = policy.alarms
        if alarms is None:
            continue
        rules = {name: rule_of(policy, alarms, name) for name in policy.checks}
        classes = {name: rule.fault_class for name, rule in rules.items() if rule and rule.fault_class}
        classed |= bool(classes)
        ledger = facts.ledgers[host]
        if trouble := by_act.silence(host, ledger, facts, fresh):
            silent.append(trouble)
            continue
        proofs += [ledger.head] if ledger.head else []
        failed += [
            (f"{one.check} of {host} failed from {clock.iso(one.since)}, with no incident", one.since)
            for one in _unnamed(host, facts)
            if one.check in classes
        ]
    return _Others(failed, silent, proofs, classed)


def _unnamed(host: str, facts: Facts) -> Iterator[Failed]:
    """Yield the long failures of a machine in the period that no incident of their time names."""
    for one in facts.ledgers[host].failed:
        if one.last < facts.since or one.since > facts.until or one.last - one.since < FAILS_LONG:
            continue
        of_then = (
            known
            for known in facts.incidents.incidents
            if known.discovered <= one.last and (known.closed is None or known.closed >= one.since)
        )
        if not any(named(host, one.check, known.affected, facts.policies) for known in of_then):
            yield one


def _nothing(others: _Others, facts: Facts, proofs: list[Proof]) -> Judged | None:
    """Return that nobody knows, where a ledger was not read, or nothing would ask for an incident; None elsewhere."""
    if others.silent:
        return not_looked_at(listed(others.silent), proofs, COLLECT)
    if not others.classed and not facts.incidents.incidents:
        why = "no incident, and no check has a fault class, so none would ask for one"
        return not_looked_at(why, proofs, "write `rules` with `fault_class` into `alarms`")
    return None


def _unknown(facts: Facts) -> Judged:
    todo = "docs/incidents.md says what the control machine needs"
    return not_looked_at(facts.incidents.trouble or "nobody looked for incidents", todo=todo)


def _allowed(one: KnownIncident, demanded: timedelta | None) -> timedelta:
    """Return how long after its discovery an incident may be opened: its limits count only once it is there."""
    return demanded or one.limit or OPENED


def _late(one: KnownIncident) -> str:
    return f"incident {one.number} was discovered at {clock.iso(one.discovered)}, and opened at {clock.iso(one.opened)}"
