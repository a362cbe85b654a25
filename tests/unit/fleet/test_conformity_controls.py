"""Every control of the five packs is broken on purpose: its clauses turn, and mended they turn back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from conforming import DAY, HIS, NOW, bound, facts, host_check, incident, ledger, packs, policies, proof

from ops.core.verdict import Verdict
from ops.fleet.conformity.facts import Facts, KnownIncident, Last
from ops.fleet.conformity.judge import judge
from ops.fleet.conformity.pack import KINDS, PackControl
from ops.fleet.conformity.predicates import PREDICATES
from ops.interfaces.conformity import ClauseStatus, ControlStatus, Standing
from ops.policy.packs import PackUse

POLICIES = policies()
HEALTHY = facts(POLICIES)
PACKS = packs()
CONTROLS = {
    f"{control.asks}": (pack.name, number, name, control)
    for pack in PACKS
    for number, clause in pack.pack.clauses.items()
    for name, control in clause.controls.items()
    if control.planned is None
}


def test_there_are_enough_of_them_and_of_every_kind() -> None:
    assert len(CONTROLS) >= 40
    assert {control.kind for _, _, _, control in CONTROLS.values()} == {*KINDS} - {"planned"}
    clauses = {(pack.name, number) for pack in PACKS for number in pack.pack.clauses}
    assert len({(pack, number) for pack, number, _, _ in CONTROLS.values()} & clauses) >= 40


def status(known: Facts, pack: str, number: str, name: str) -> tuple[ClauseStatus, ControlStatus]:
    used = [one for one in PACKS if one.name == pack]
    (found,) = judge(used, known).packs
    clause = next(one for one in found.clauses if one.number == number)
    return clause, next(one for one in clause.controls if one.name == name)


@pytest.mark.parametrize("asks", CONTROLS)
def test_a_control_that_is_broken_turns_and_mended_turns_back(asks: str) -> None:
    pack, number, name, control = CONTROLS[asks]
    whole, healthy = status(HEALTHY, pack, number, name)
    assert healthy.standing is Standing.MET, healthy.message
    broken_clause, broken = status(BREAKING[control.kind](control, name), pack, number, name)
    assert broken.standing is not Standing.MET
    assert broken.message
    assert broken.todo
    assert broken_clause.standing is not Standing.MET
    assert broken_clause.todo
    assert status(HEALTHY, pack, number, name) == (whole, healthy)


def _check(control: PackControl, _: str) -> Facts:
    return _with_check(control, Verdict.FAIL)


def _with_check(control: PackControl, verdict: Verdict) -> Facts:
    host, name = next(
        (host, name)
        for host, one in POLICIES.items()
        for name, spec in one.checks.items()
        if spec.kind == control.check
    )
    own = HEALTHY.ledgers[host]
    seen = replace(own.checks[name], verdict=verdict)
    return replace(HEALTHY, ledgers={**HEALTHY.ledgers, host: replace(own, checks={**own.checks, name: seen})})


def _host_check(control: PackControl, _: str) -> Facts:
    bad = host_check(str(control.host_check), verdict=Verdict.FAIL)
    results = HEALTHY.host_checks
    return replace(HEALTHY, host_checks=replace(results, checks=[*results.checks, bad]))


def _act(control: PackControl, _: str) -> Facts:
    act = str(control.act)
    repositories = POLICIES["his1"].repositories
    where = {name for name, one in repositories.items() if not control.to or one.place in control.to} | {""}
    missed = frozenset((act, to) for to in where)
    return replace(HEALTHY, ledgers={host: ledger(policy, missed) for host, policy in POLICIES.items()})


def _record(control: PackControl, _: str) -> Facts:
    bad = Last(proof(str(control.record), "his1", timedelta(hours=1)), Verdict.FAIL)
    own = HEALTHY.ledgers["his1"]
    acts = {**own.acts, (str(control.record), "his", ""): bad}
    return replace(HEALTHY, ledgers={**HEALTHY.ledgers, "his1": replace(own, acts=acts)})


def _duty(_: PackControl, name: str) -> Facts:
    """The newest word is three periods old."""
    found = {}
    for host, own in HEALTHY.ledgers.items():
        old = [replace(word, when=word.when - 4000 * DAY) for word in own.words[name]]
        found[host] = replace(own, words={**own.words, name: old})
    return replace(HEALTHY, ledgers=found)


def _policy(control: PackControl, _: str) -> Facts:
    changed = {host: SPOILED[str(control.policy)](policy) for host, policy in POLICIES.items()}
    return replace(HEALTHY, policies=changed)


def _asset(**changes: Any) -> Callable[[Any], Any]:
    def spoil(policy: Any) -> Any:
        return replace(policy, assets={name: replace(one, **changes) for name, one in policy.assets.items()})

    return spoil


def _contact(**changes: Any) -> Callable[[Any], Any]:
    def spoil(policy: Any) -> Any:
        return replace(policy, contacts={name: replace(one, **changes) for name, one in policy.contacts.items()})

    return spoil


def _places(**places: str) -> Callable[[Any], Any]:
    """Every repository of one place lies at another."""

    def spoil(policy: Any) -> Any:
        moved = {n: replace(one, place=places.get(one.place, one.place)) for n, one in policy.repositories.items()}
        return replace(policy, repositories=moved)

    return spoil


def _weekly(policy: Any) -> Any:
    drills = {name: one.drill for name, one in policy.assets.items()}
    changed = {name: replace(one, schedule=drills[name].calendar) for name, one in policy.assets.items()}
    return replace(policy, assets=changed)


def _undrilled(policy: Any) -> Any:
    drill = next((one.drill for one in policy.assets.values()), None)
    return _asset(drill=replace(drill, expectations={}) if drill else None)(policy)


def _unarchived(policy: Any) -> Any:
    drill = next((one.drill for one in policy.assets.values()), None)
    return _asset(drill=replace(drill, oldest=None) if drill else None)(policy)


SPOILED: dict[str, Callable[[Any], Any]] = {
    "owners": _contact(phone="", mail=""),
    "deputies": _contact(deputy=None),
    "alarms": lambda policy: replace(policy, alarms=None),
    "removed": _unarchived,
    "fault_classes": lambda policy: replace(policy, alarms=replace(policy.alarms, rules=())),
    "limits": lambda policy: replace(policy, alarms=replace(policy.alarms, fault_classes={})),
    "vendors": lambda policy: replace(policy, alarms=replace(policy.alarms, rules=())),
    "drills": _asset(drill=None),
    "away": _places(offsite="primary", removable="primary"),
    "local": _places(local="primary"),
    "removable": _places(removable="primary"),
    "two_places": _asset(copies={}),
    "daily": _weekly,
    "without": _asset(without=""),
    "thirty_years": lambda policy: _asset(
        retention=next((replace(one.retention, yearly=None) for one in policy.assets.values()), None)
    )(policy),
    "retention": lambda policy: replace(policy, assets={}),
    "expectations": _undrilled,
    "summaries": _asset(summary=""),
    "control": lambda policy: replace(policy, control=None),
    "passwords": lambda policy: replace(policy, hardening=replace(policy.hardening, accounts=None)),
    "sessions": lambda policy: replace(policy, hardening=replace(policy.hardening, ssh=None)),
}


def _ledger(_: PackControl, __: str) -> Facts:
    spoiled = replace(HEALTHY.ledgers["his1"], trouble="the ledger of his1 does not verify", tampered=True)
    return replace(HEALTHY, ledgers={**HEALTHY.ledgers, "his1": spoiled})


def _incidents(control: PackControl, _: str) -> Facts:
    """Opened days after its discovery, or never closed."""
    if control.incidents == "opened":
        return _with_incident(incident(after=2 * DAY))
    return _with_incident(replace(incident(opened=40 * DAY), closed=None))


def _with_incident(*found: KnownIncident, **more: Any) -> Facts:
    return replace(HEALTHY, incidents=replace(HEALTHY.incidents, incidents=found, **more))


def _document(_: PackControl, __: str) -> Facts:
    later = NOW + 400 * DAY
    return replace(HEALTHY, at=later, until=later)


BREAKING: dict[str, Callable[[PackControl, str], Facts]] = {
    "check": _check,
    "host_check": _host_check,
    "act": _act,
    "record": _record,
    "duty": _duty,
    "policy": _policy,
    "ledger": _ledger,
    "document": _document,
    "incidents": _incidents,
}


@pytest.mark.parametrize("name", PREDICATES)
def test_every_demand_on_the_policy_holds_there_and_not_where_it_is_spoiled(name: str) -> None:
    assert list(PREDICATES[name].lacking(POLICIES)) == []
    spoiled = {host: SPOILED[name](policy) for host, policy in POLICIES.items()}
    assert list(PREDICATES[name].lacking(spoiled))


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.WARN])
def test_unknown_is_not_looked_at_and_a_warning_is_met_and_said(verdict: Verdict) -> None:
    known = _with_check(PackControl(check="disk"), verdict)
    _, control = status(known, "hcf-hemod-po-10", "7.1", "space")
    expected = {Verdict.UNKNOWN: (Standing.NOT_LOOKED_AT, "is unknown"), Verdict.WARN: (Standing.MET, "with a warning")}
    assert control.standing is expected[verdict][0]
    assert expected[verdict][1] in control.message


def test_of_a_machine_whose_ledger_was_changed_nothing_is_met() -> None:
    known = _ledger(PackControl(), "")
    for name in ("started", "space"):
        assert status(known, "hcf-hemod-po-10", "7.1", name)[1].standing is Standing.NOT_LOOKED_AT
    assert "does not verify" in judge(PACKS, known).findings[0]


def test_what_was_looked_at_long_ago_is_not_looked_at() -> None:
    later = NOW + 10 * DAY
    known = replace(HEALTHY, at=later, until=later)
    for name in ("started", "space"):
        assert status(known, "hcf-hemod-po-10", "7.1", name)[1].standing is Standing.NOT_LOOKED_AT


def test_a_late_duty_is_unknown_while_a_ledger_is_not_there() -> None:
    known = _duty(PackControl(), "disc_stock")
    gone = replace(known.ledgers["drill1"], trouble="no ledger was collected from drill1")
    known = replace(known, ledgers={**known.ledgers, "drill1": gone})
    assert status(known, "hcf-hemod-po-10", "5", "disc_stock")[1].standing is Standing.NOT_LOOKED_AT


def test_a_duty_that_is_due_more_rarely_than_the_clause_demands_does_not_meet_it() -> None:
    rare = {**POLICIES}
    for host, policy in POLICIES.items():
        slower = replace(
            policy.site_duties["disc_stock"], every=type(policy.site_duties["disc_stock"].every)(92 * 86400)
        )
        rare[host] = replace(policy, site_duties={**policy.site_duties, "disc_stock": slower})
    clause, control = status(replace(HEALTHY, policies=rare), "hcf-hemod-po-10", "5", "disc_stock")
    assert (clause.standing, control.standing) == (Standing.NOT_MET, Standing.NOT_MET)
    assert "less often" in control.message


def test_the_document_that_is_bound_counts_not_the_template() -> None:
    assert bound(PACKS[0].pack).valid_until is not None
    unbound = [replace(one, use=PackUse()) for one in PACKS]
    found = {pack.name: pack for pack in judge(unbound, HEALTHY).packs}
    clause = next(one for one in found["hcf-hemod-po-10"].clauses if one.number == "10.1")
    assert clause.standing is Standing.NOT_LOOKED_AT
    assert all(pack.percent is None for pack in found.values())


@pytest.mark.parametrize(
    ("copy", "calendar", "number", "control"),
    [
        ("offsite", "day 10, last day", "2.2.1", "off_site"),
        ("disks", "day 10, last day", "2.2.3", "removable"),
        ("offsite", "Mon 05:00", "2.2.1", "off_site"),
    ],
)
def test_copies_that_are_not_due_on_every_day_that_a_clause_names_do_not_meet_it(
    copy: str, calendar: str, number: str, control: str
) -> None:
    copies = {**HIS["copies"], copy: {"to": HIS["copies"][copy]["to"], "calendar": calendar}}
    changed = policies(copies=copies)
    _, found = status(facts(changed), "hospital-it-contingency", number, control)
    assert found.standing is Standing.NOT_MET
    assert "is not due on all of these days" in found.message
    assert status(HEALTHY, "hospital-it-contingency", number, control)[1].standing is Standing.MET


@pytest.mark.parametrize(("number", "standing"), [(8, Standing.NOT_MET), (6, Standing.MET)])
def test_a_copy_that_failed_before_it_could_name_its_repository_is_its_newest(number: int, standing: Standing) -> None:
    told = HEALTHY.ledgers["his1"]
    failed = Last(replace(proof("copy", "his1", timedelta(hours=1)), n=number), Verdict.FAIL)
    changed = replace(told, acts={**told.acts, ("copy", "his", ""): failed})
    ledgers = {**HEALTHY.ledgers, "his1": changed}
    _, found = status(replace(HEALTHY, ledgers=ledgers), "hospital-it-contingency", "2.2.1", "off_site")
    assert found.standing is standing
    assert ("is fail" in found.message) is (standing is Standing.NOT_MET)
