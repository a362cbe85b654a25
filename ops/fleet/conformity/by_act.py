"""Judging by what machines did: acts that were due in the period, and the newest record of an act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from ops.core import clock
from ops.core.calendar import Calendar
from ops.core.calendar.covering import covers
from ops.core.quantity import counted
from ops.core.verdict import Verdict
from ops.evidence.completeness import Tally
from ops.fleet.conformity.facts import Facts, Last, LedgerFacts
from ops.fleet.conformity.outcome import Judged, listed, met, not_looked_at, not_met
from ops.fleet.conformity.pack import PackControl
from ops.interfaces.conformity import Acts
from ops.policy import HostPolicy
from ops.policy.model import DRILL_SPREAD

_SPARE = timedelta(days=2)  # besides, for acts that last long
RECORD_FRESH = timedelta(days=35)


@dataclass(frozen=True)
class _Wanted:
    """An act that the policy has on one asset: on which machine it is recorded, and its calendar.

    allowed: how late it may be by the policy's own words. every: how old the newest good one may be, where the policy
    itself says so.
    """

    host: str
    act: str
    asset: str
    to: str
    calendar: Calendar
    allowed: timedelta
    every: timedelta | None = None

    @property
    def name(self) -> str:
        return f"the {self.act} of {self.asset}{f' to {self.to}' if self.to else ''}"


def act(control: PackControl, facts: Facts, fresh: timedelta) -> Judged:
    """Judge whether all such acts that the policy has were done when they were due, and the newest ones are good."""
    wanted = list(_wanted(control, facts))
    named = f"{control.act} to {' or '.join(control.to)}" if control.to else str(control.act)
    if not wanted:
        return not_met(f"the policy has no {named}", "", (), f"write one into the policy: {named}")
    if sparse := [one.name for one in wanted if control.calendar and not _due_on(one, control.calendar, facts)]:
        why = f"is not due on all of these days: {control.calendar}"
        return not_met(f"{listed(sparse)} {why}", "", (), "write these days into its calendar")
    bad: list[tuple[str, str]] = []
    silent: list[str] = []
    proofs = []
    acts = Acts()
    for one in wanted:
        ledger = facts.ledgers[one.host]
        if trouble := silence(one.host, ledger, facts, fresh):
            silent.append(trouble)
            continue
        last, tally = _last(one, ledger), _tally(one, ledger)
        if tally is None:
            silent.append(f"the ledger of {one.host} ends before the period begins")
            continue
        proofs += [last.good or last.newest] if last else []
        acts += _counted(tally)
        if wrong := _wrong(one, last, tally, control, facts):
            bad.append(wrong)
    if bad:
        since = min((since for _, since in bad if since), default="")
        todo = "seawall status shows how each act stands; seawall control coverage HOST names each moment"
        return not_met(listed(message for message, _ in bad), since, proofs, todo, acts)
    if silent:
        return not_looked_at(listed(silent), proofs, "seawall control collect")
    late = f", {acts.late} late" if acts.late else ""
    message = f"{counted(len(wanted), named)}: {acts.done + acts.late} of {acts.expected} done{late}"
    return met(message, clock.iso(facts.since), proofs, acts)


def record(control: PackControl, facts: Facts) -> Judged:
    """Judge whether the newest record of an act, on any machine, is good and young enough."""
    name, fresh = str(control.record), control.at_most.span if control.at_most else RECORD_FRESH
    troubles = [ledger.trouble for ledger in facts.ledgers.values() if ledger.trouble]
    believed = [ledger for ledger in facts.ledgers.values() if not ledger.trouble]
    found = [last for ledger in believed for key, last in ledger.acts.items() if key[0] == name]
    if not found:
        return not_looked_at(listed(troubles) or f"no machine has a record of {name}", todo=f"do it once: {name}")
    last = max(found, key=lambda one: one.newest.when)
    if last.verdict is Verdict.FAIL:
        return not_met(
            f"the newest {name} failed: {last.newest.message}", last.newest.when, [last.newest], "do it again"
        )
    if last.verdict is Verdict.UNKNOWN:
        return not_looked_at(f"the newest {name} is unknown", [last.newest], "do it again")
    if troubles:  # a later one may stand in what nobody can read
        return not_looked_at(listed(troubles), [last.newest], "seawall control collect")
    if clock.parse(last.newest.when) < facts.at - fresh:
        due = clock.iso(clock.parse(last.newest.when) + fresh)
        return not_met(f"the newest {name} is of {last.newest.when}", due, [last.newest], "do it again")
    return met(f"{name} on {last.newest.host}", last.newest.when, [last.newest])


def _wanted(control: PackControl, facts: Facts) -> Iterator[_Wanted]:
    """Yield the acts of the policy that a control speaks of."""
    for host, policy in facts.policies.items():
        if control.act in {"drill", "oldest"}:
            for name, drilled in policy.drills.items():
                drill = drilled.asset.drill
                act = drill.oldest if drill and control.act == "oldest" else drill
                if act:
                    yield _Wanted(host, control.act, name, "", act.calendar, DRILL_SPREAD.span, act.every.span)
            continue
        for name, asset in policy.assets.items():
            if control.act == "backup":
                yield _Wanted(host, "backup", name, "", asset.schedule, asset.random_delay.span)
                continue
            for copy in asset.copies.values():
                if not control.to or _place(policy, copy.to) in control.to:
                    yield _Wanted(host, "copy", name, copy.to, copy.calendar, copy.grace.span)


def _place(policy: HostPolicy, repository: str) -> str:
    return policy.repositories[repository].place


def silence(host: str, ledger: LedgerFacts, facts: Facts, fresh: timedelta) -> str:
    """Return why nothing can be said of what a machine did; empty where something can."""
    if ledger.trouble:
        return ledger.trouble
    if ledger.head is None:
        return f"the ledger of {host} has no record yet"
    if clock.parse(ledger.head.when) < facts.at - fresh:
        return f"the newest record of {host} is of {ledger.head.when}"
    return ""


def _last(one: _Wanted, ledger: LedgerFacts) -> Last | None:
    """Return the newest record of an act; that of a copy which failed before it could say where to may be of any."""
    named, unnamed = ledger.acts.get((one.act, one.asset, one.to)), ledger.acts.get((one.act, one.asset, ""))
    if named is None or unnamed is None:
        return named or unnamed
    failed = unnamed.newest.n > named.newest.n and unnamed.verdict not in {Verdict.PASS, Verdict.WARN}
    return replace(unnamed, good=named.good) if failed else named


def _tally(one: _Wanted, ledger: LedgerFacts) -> Tally | None:
    for tally in ledger.tallies:
        expected = tally.act
        if (expected.act, expected.asset) == (one.act, one.asset) and (not one.to or expected.to == one.to):
            return tally
    return None


def _counted(tally: Tally) -> Acts:
    done, late, missing = len(tally.on_time), len(tally.late), len(tally.missing)
    return Acts(expected=tally.expected, done=done, late=late, missing=missing)


def _wrong(one: _Wanted, last: Last | None, tally: Tally, control: PackControl, facts: Facts) -> tuple[str, str] | None:
    """Return what is wrong with an act, and since when; None where nothing is."""
    if tally.missing:
        count = counted(len(tally.missing), "time", "times")
        return f"{one.name} is missing {count}", clock.iso(tally.missing[0])
    if last is None or last.good is None:
        return f"{one.name} was never good", ""
    if last.verdict not in {Verdict.PASS, Verdict.WARN}:
        return f"the newest {one.name.removeprefix('the ')} is {last.verdict.value}", last.newest.when
    spans = [span for span in (control.at_most.span if control.at_most else None, one.every) if span]
    if spans and clock.parse(last.good.when) < facts.at - min(spans):
        return f"{one.name} is of {last.good.when}", clock.iso(clock.parse(last.good.when) + min(spans))
    calendar = one.calendar.zoned(str(facts.zone))
    due = calendar.after(clock.parse(last.good.when), 1)[0]
    if calendar.deadline(due, one.allowed + _SPARE) < facts.at:  # of a calendar with longer gaps than the period
        return f"{one.name} was due at {clock.iso(due)}, and is of {last.good.when}", clock.iso(due)
    return None


def _due_on(one: _Wanted, demanded: Calendar, facts: Facts) -> bool:
    """Whether an act is due on each day, or in each span of days, that a calendar demands."""
    return covers(one.calendar, demanded, facts.policies[one.host].site.timezone)
