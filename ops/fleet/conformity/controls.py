"""Judging one control by the facts of a site. Pure: the same facts give the same answer, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ops.core import clock
from ops.core.quantity import Duration, counted
from ops.core.verdict import Verdict
from ops.fleet.conformity import by_act, by_incident, by_person
from ops.fleet.conformity.facts import Facts
from ops.fleet.conformity.host_results import loud
from ops.fleet.conformity.outcome import Judged, listed, met, not_looked_at, not_met
from ops.fleet.conformity.pack import PackControl
from ops.fleet.conformity.predicates import PREDICATES
from ops.interfaces.conformity import ControlStatus, Proof, shown
from ops.policy.packs import BoundDocument

FRESH = timedelta(days=2)  # how old the newest round of checks may be; each day has one
HOST_CHECKS_FRESH = timedelta(days=35)
COLLECT = "seawall control collect"


@dataclass(frozen=True)
class Question:
    """A control, with what its site adds: the name of the duty that stands for it, and the bound document."""

    control: PackControl
    duty: str
    document: BoundDocument | None


def judge(name: str, question: Question, facts: Facts) -> ControlStatus:
    """Return how a control stands, given the facts of a site."""
    judged = _JUDGES[question.control.kind](question, facts)
    proofs, more, digest = shown(judged.proofs)
    return ControlStatus(
        name=name,
        asks=question.control.asks,
        standing=judged.standing,
        message=judged.message,
        since=judged.since,
        proofs=proofs,
        more=more,
        digest=digest,
        acts=judged.acts,
        todo=judged.todo,
    )


def _check(question: Question, facts: Facts) -> Judged:
    """Every check of a kind passes, or warns, by a round that is young enough."""
    kind, fresh = str(question.control.check), _span(question.control.at_most, FRESH)
    wanted = [
        (host, name)
        for host, policy in facts.policies.items()
        for name, spec in policy.checks.items()
        if spec.kind == kind
    ]
    if not wanted:
        return not_looked_at(f"the policy has no check of the kind {kind}", todo=f"write a check `kind: {kind}`")
    silent = {where: why for where in wanted if (why := _silent(*where, facts, fresh))}
    seen = {(host, name): facts.ledgers[host].checks[name] for host, name in wanted if (host, name) not in silent}
    bad = {where: one for where, one in seen.items() if one.verdict is Verdict.FAIL}
    proofs = list(dict.fromkeys(one.proof for one in [*bad.values(), *seen.values()]))
    if bad:
        why = listed(f"{name} of {host} fails" for host, name in bad)
        return not_met(why, min(one.since for one in bad.values()), proofs, "seawall explain CHECK, on that machine")
    if silent:
        return not_looked_at(listed(silent.values()), proofs, COLLECT)
    warned = sum(one.verdict is Verdict.WARN for one in seen.values())
    more = f", {warned} of them with a warning" if warned else ""
    since = max(one.since for one in seen.values())
    return met(f"{counted(len(seen), 'check')} of the kind {kind}{more}", since, proofs)


def _silent(host: str, name: str, facts: Facts, fresh: timedelta) -> str:
    """Return why nothing is known of a check; empty where something is."""
    ledger = facts.ledgers[host]
    if ledger.trouble:
        return ledger.trouble
    seen = ledger.checks.get(name)
    if seen is None:
        return f"no record of {host} names {name}"
    if clock.parse(seen.proof.when) < facts.at - fresh:
        return f"{host} last looked at {name} on {seen.proof.when}"
    return f"{name} of {host} is unknown" if seen.verdict is Verdict.UNKNOWN else ""


def _host_check(question: Question, facts: Facts) -> Judged:
    """All host checks of a subject pass, and were made lately."""
    subject, fresh = str(question.control.host_check), _span(question.control.at_most, HOST_CHECKS_FRESH)
    results, again = facts.host_checks, "seawall verify"
    if results.when is None or results.trouble:
        return not_looked_at(results.trouble or "no host checks were made", todo=again)
    when = clock.iso(results.when)
    if results.when < facts.at - fresh:
        return not_looked_at(f"the host checks were last made on {when}", todo=again)
    mine = [check for check in results.checks if check.subject == subject]
    proofs = [Proof(what="host checks", host="", sha256=results.sha256, when=when, message=f"{len(mine)} of {subject}")]
    if not mine:
        return not_looked_at(f"no host check of {subject} was made", proofs, again)
    passed_over = sorted(set(facts.policies) - {check.host for check in results.checks})
    wrong = loud(mine)
    failed = [f"{check.name} on {check.host}" for check in wrong if check.verdict is Verdict.FAIL]
    if failed:
        return not_met(listed(failed), when, proofs, again)
    if wrong:
        return not_looked_at(listed(f"{check.name} on {check.host}: {check.message}" for check in wrong), proofs, again)
    if passed_over:
        return not_looked_at(listed(f"no host check was made on {host}" for host in passed_over), proofs, again)
    return met(f"{counted(len(mine), 'host check')} of {subject}", when, proofs)


def _policy(question: Question, facts: Facts) -> Judged:
    """The policy fulfils a demand that has a name."""
    predicate = PREDICATES[str(question.control.policy)]
    proofs = [Proof(what="policy", host="", sha256=facts.policy_sha256, message=predicate.summary)]
    if not facts.policies:
        return not_looked_at("the inventory has no machine", todo="docs/first-hour.md says how an inventory is begun")
    lacking = list(predicate.lacking(facts.policies))
    if lacking:
        return not_met(listed(lacking), "", proofs, predicate.todo)
    return met(predicate.summary, "", proofs)


def _ledger(_: Question, facts: Facts) -> Judged:
    """Every machine's collected ledger verifies, and that of the control machine, where it has one."""
    own = facts.incidents
    heads = [ledger.head for ledger in facts.ledgers.values() if ledger.head]
    changed = [ledger.trouble for ledger in facts.ledgers.values() if ledger.tampered]
    changed += [own.trouble] if own.changed else []
    missing = [ledger.trouble for ledger in facts.ledgers.values() if ledger.trouble and not ledger.tampered]
    missing += [own.trouble] if own.broken and not own.changed else []
    missing += [
        f"the ledger of {host} has no record yet"
        for host, ledger in facts.ledgers.items()
        if not ledger.trouble and ledger.head is None
    ]
    if changed:
        return not_met(listed(changed), "", heads, "docs/ledger.md says what each kind of tampering looks like")
    old = [
        f"the newest record of {head.host} is of {head.when}"
        for head in heads
        if clock.parse(head.when) < facts.at - FRESH
    ]
    if missing or old or not heads:
        return not_looked_at(listed([*missing, *old] or ["there is no ledger"]), heads, COLLECT)
    heads += [own.head] if own.head else []
    return met(f"{counted(len(heads), 'ledger')} verified", min(head.when for head in heads), heads)


def _document(question: Question, facts: Facts) -> Judged:
    """The bound document is valid on the day that is spoken of."""
    bound = question.document
    if bound is None:
        return not_looked_at("no approved document is bound to this pack", todo="write `document` of the pack")
    name = f"{bound.code}, revision {bound.revision}, approved on {bound.approved} by {bound.approver}"
    proofs = [Proof(what="document", host="", sha256=str(bound.sha256), when=f"{bound.approved}", message=name)]
    today = facts.at.astimezone(facts.zone).date()
    if bound.valid_until is None:
        return not_looked_at("nobody wrote until when the document is valid", proofs, "write its `valid_until`")
    if today > bound.valid_until.date:
        why = f"the document was valid until {bound.valid_until}"
        return not_met(why, str(bound.valid_until), proofs, "have it revised and approved, then bind the new one")
    return met(f"valid until {bound.valid_until}", str(bound.approved), proofs)


def _planned(question: Question, _: Facts) -> Judged:
    """Nothing looks at it yet."""
    return not_looked_at(
        f"nothing looks at this yet: {question.control.planned}",
        todo="put a duty in its place under `clauses`, or write an `excuse` with an end",
    )


def _act(question: Question, facts: Facts) -> Judged:
    return by_act.act(question.control, facts, FRESH)


def _record(question: Question, facts: Facts) -> Judged:
    return by_act.record(question.control, facts)


def _duty(question: Question, facts: Facts) -> Judged:
    return by_person.duty(question.control, question.duty, facts)


def _incidents(question: Question, facts: Facts) -> Judged:
    judged = by_incident.opened if question.control.incidents == "opened" else by_incident.closed
    return judged(question.control, facts, FRESH)


def _span(duration: Duration | None, usual: timedelta) -> timedelta:
    return duration.span if duration else usual


_JUDGES: Mapping[str, Callable[[Question, Facts], Judged]] = {
    "check": _check,
    "host_check": _host_check,
    "act": _act,
    "record": _record,
    "duty": _duty,
    "policy": _policy,
    "ledger": _ledger,
    "document": _document,
    "incidents": _incidents,
    "planned": _planned,
}
