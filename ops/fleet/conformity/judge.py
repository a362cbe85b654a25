"""Judging packs by the facts of a site: each clause by its controls, then by the site's exceptions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from ops.core import clock
from ops.core.verdict import Verdict
from ops.fleet.conformity import controls
from ops.fleet.conformity.controls import Question
from ops.fleet.conformity.facts import Facts
from ops.fleet.conformity.host_results import loud
from ops.fleet.conformity.outcome import once
from ops.fleet.conformity.pack import UNCOUNTED, Clause, Pack, PackControl
from ops.interfaces.conformity import Acts, ClauseStatus, Conformity, ControlStatus, PackStatus, Standing
from ops.policy.pack_defaults import means
from ops.policy.packs import ClauseExcuse, ClauseUse, PackUse

_WORST = (Standing.NOT_MET, Standing.NOT_LOOKED_AT, Standing.MET)
Cache = dict[tuple[PackControl, str, str], ControlStatus]


@dataclass(frozen=True)
class UsedPack:
    """A pack as a site uses it: its own numbers and controls are in it already."""

    name: str
    pack: Pack
    use: PackUse


def judge(packs: Sequence[UsedPack], facts: Facts) -> Conformity:
    """Return how every clause of some packs stands, given the facts of a site."""
    site = next(iter(facts.policies.values())).site if facts.policies else None
    cache: Cache = {}
    return Conformity(
        time=clock.iso(facts.at),
        site=site.name if site else "",
        timezone=site.timezone if site else "UTC",
        language=site.language if site else "en",
        since=clock.iso(facts.since),
        until=clock.iso(facts.until),
        findings=tuple(_findings(facts)),
        packs=tuple(_pack(used, facts, cache) for used in packs),
    )


def _findings(facts: Facts) -> list[str]:
    """Return what is wrong with the evidence as a whole."""
    found = list(dict.fromkeys(ledger.trouble for ledger in facts.ledgers.values() if ledger.trouble))
    if facts.incidents.broken:
        found.append(facts.incidents.trouble)
    if facts.host_checks.trouble:
        found.append(facts.host_checks.trouble)
    if failed := [check for check in loud(facts.host_checks.checks) if check.verdict is Verdict.FAIL]:
        found.append(f"{len(failed)} host checks fail; seawall verify names them")
    return found


def _pack(used: UsedPack, facts: Facts, cache: Cache) -> PackStatus:
    pack, bound = used.pack, used.use.document
    today = facts.at.astimezone(facts.zone).date()
    clauses = tuple(_clause(used, number, clause, facts, cache) for number, clause in pack.clauses.items())
    return PackStatus(
        name=used.name,
        title=pack.title,
        code=bound.code if bound else pack.code,
        revision=bound.revision if bound else pack.revision,
        language=pack.language,
        bound=bound is not None,
        document=str(bound.sha256) if bound else "",
        complete=pack.complete,
        words_are_ours=pack.words_are_ours,
        findings=(*_of_document(used, today), *_of_excuses(used, today)),
        clauses=clauses,
    )


def _of_document(used: UsedPack, today: date) -> list[str]:
    """Return what is wrong with the document that a pack stands for."""
    pack, bound = used.pack, used.use.document
    if bound is None:
        if pack.valid_until and today > pack.valid_until.date:
            return [f"the document that this pack was made from was valid until {pack.valid_until}"]
        return []
    found = []
    if pack.code and bound.code != pack.code:
        found.append(f"the pack was made from {pack.code}, the bound document is {bound.code}")
    if pack.revision and bound.revision != pack.revision:
        why = "compare them clause by clause"
        found.append(f"the pack was made from revision {pack.revision}, the bound document is {bound.revision}: {why}")
    if bound.valid_until and today > bound.valid_until.date:
        found.append(f"the bound document was valid until {bound.valid_until}")
    if bound.approved.date > today:
        found.append(f"the bound document was not approved before {bound.approved}")
    return found


def _of_excuses(used: UsedPack, today: date) -> list[str]:
    of_clauses = [
        f"the exception of {number} ended on {clause.excuse.until}: meet the clause, or decide again"
        for number, clause in used.use.clauses.items()
        if clause.excuse and clause.excuse.until.date < today
    ]
    of_numbers = [
        f"the exception of {key} ended on {excuse.until}: meet the number, or decide again"
        for key, excuse in used.use.exceptions.items()
        if excuse.until.date < today
    ]
    return of_clauses + of_numbers


def _clause(used: UsedPack, number: str, clause: Clause, facts: Facts, cache: Cache) -> ClauseStatus:
    own = used.use.clauses.get(number, ClauseUse())
    stood = tuple(_control(used, name, control, facts, cache) for name, control in clause.controls.items())
    standing = next(word for word in _WORST if any(control.standing is word for control in stood))
    deciding = [control for control in stood if control.standing is standing]
    less = _less(used, number)
    ended = [key for key, one in less.items() if not _holding(one, facts)]
    if ended:
        standing = Standing.NOT_MET
    excuse = _holding(own.excuse, facts) if standing is not Standing.MET else next(iter(less.values()), None)
    return ClauseStatus(
        number=number,
        demand=clause.demand,
        original=clause.original,
        kind=clause.kind,
        standing=Standing.EXCUSED if excuse else standing,
        counts=clause.kind not in UNCOUNTED,
        since=_since(standing, deciding),
        until=str(excuse.until) if excuse else "",
        message=once(
            [
                *_excused(excuse),
                *(f"the policy demands less in {key}, and the exception of that has ended" for key in ended),
                *(control.message for control in deciding),
            ]
        ),
        todo=once(control.todo for control in stood if control.todo),
        controls=stood,
        acts=reduce(Acts.__add__, (control.acts for control in stood), Acts()),
    )


def _less(used: UsedPack, number: str) -> dict[str, ClauseExcuse]:
    """Return the exceptions from numbers of a clause: where there is one, the clause is met by its controls alone."""
    numbers = [key for key, default in used.pack.defaults.items() if default.clause == number]
    return {key: one for key, one in used.use.exceptions.items() if any(means(number, key) for number in numbers)}


def _control(used: UsedPack, name: str, control: PackControl, facts: Facts, cache: Cache) -> ControlStatus:
    """Judge a control; many clauses ask the same, and it is judged once."""
    duty = used.use.duties.get(name, name) if control.duty else ""
    key = (control, duty, used.name if control.document else "")
    if key not in cache:
        cache[key] = controls.judge(name, Question(control, duty, used.use.document), facts)
    found = cache[key]
    return found if found.name == name else replace(found, name=name)


def _since(standing: Standing, deciding: Sequence[ControlStatus]) -> str:
    """Return since when a clause stands so: met by the last control that came to be, not met by the first."""
    known = [control.since for control in deciding if control.since]
    if not known:
        return ""
    return max(known) if standing is Standing.MET else min(known)


def _holding(excuse: ClauseExcuse | None, facts: Facts) -> ClauseExcuse | None:
    """Return an exception that holds on the day that is spoken of."""
    today = facts.at.astimezone(facts.zone).date()
    return excuse if excuse and excuse.until.date >= today else None


def _excused(excuse: ClauseExcuse | None) -> list[str]:
    if excuse is None:
        return []
    return [f"{excuse.reason} (owner {excuse.owner}, approved by {excuse.approver})"]
