"""Incidents as a control of conformity: opened in time, closed in time; and from no incident alone nothing is met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from conforming import DAY, NOW, facts, incident, ledger, policies, proof
from incident_site import CLOSED, Seawall, a_site, a_terminal, opened  # noqa: F401 -- fixtures
from incident_site import ledger as ledger_of

from ops.core import clock
from ops.core.verdict import Verdict
from ops.evidence.ledger import NAME, digest
from ops.fleet import inventory as inventories
from ops.fleet.conformity import controls, incidents
from ops.fleet.conformity.controls import Question
from ops.fleet.conformity.facts import Facts, Failed, IncidentFacts, KnownIncident
from ops.fleet.conformity.pack import PackControl
from ops.interfaces.conformity import ControlStatus, Standing
from ops.policy import HostPolicy

POLICIES = policies()
HEALTHY = facts(POLICIES)
MET, NOT_MET, NOT_LOOKED_AT = Standing.MET, Standing.NOT_MET, Standing.NOT_LOOKED_AT


def judged(asks: str, known: Facts, **more: Any) -> ControlStatus:
    control = PackControl(incidents=asks, **more)  # type: ignore[arg-type]
    return controls.judge("incidents", Question(control, "", None), known)


def having(*found: KnownIncident, of: Facts = HEALTHY, **more: Any) -> Facts:
    return replace(of, incidents=replace(HEALTHY.incidents, incidents=found, **more))


def failing(hours: float = 24, ago: timedelta = 3 * DAY, check: str = "root_disk", host: str = "his1") -> Facts:
    """A site on which a check of a machine failed for so long."""
    own = HEALTHY.ledgers[host]
    began = NOW - ago
    one = Failed(check, began, began + timedelta(hours=hours), proof("check", host, ago))
    return replace(HEALTHY, ledgers={**HEALTHY.ledgers, host: replace(own, failed=[one])})


CHECK = next(iter(POLICIES["his1"].checks))


@pytest.mark.parametrize(
    ("after", "of", "standing"),
    [
        (timedelta(minutes=59), {}, MET),  # the first limit of its class is an hour
        (timedelta(minutes=61), {}, NOT_MET),
        (timedelta(hours=23), {"limit": None}, MET),
        (timedelta(hours=25), {"limit": None}, NOT_MET),
    ],
)
def test_an_incident_is_opened_before_its_first_limit(after: timedelta, of: dict, standing: Standing) -> None:
    found = judged("opened", having(replace(incident(after=after), **of)))
    assert found.standing is standing, found.message
    assert ("was discovered at" in found.message) is (standing is NOT_MET)


def test_a_clause_says_how_late_an_incident_may_be_opened_or_closed() -> None:
    late = having(incident(after=2 * DAY))
    week = type(POLICIES["his1"].assets["his"].rpo)(7 * 86400)
    assert judged("opened", late).standing is NOT_MET
    assert judged("opened", late, at_most=week).standing is MET
    still = having(replace(incident(opened=10 * DAY), closed=None), incident())
    assert judged("closed", still).standing is MET
    assert judged("closed", still, at_most=week).standing is NOT_MET


def test_what_is_overdue_is_named_and_closed_it_turns_back() -> None:
    still = replace(incident(7, opened=40 * DAY), closed=None)
    found = judged("closed", having(still))
    assert found.standing is NOT_MET
    assert found.message == f"incident 7 is open since {clock.iso(still.opened)}"
    assert "seawall incident close 7" in found.todo
    assert judged("closed", having(replace(still, closed=NOW - DAY))).standing is MET


def test_how_an_open_incident_ends_is_not_known_yet() -> None:
    still = replace(incident(), closed=None)
    assert judged("closed", having(still)).standing is NOT_LOOKED_AT
    both = judged("closed", having(still, incident(9)))
    assert both.standing is MET
    assert "1 open, not overdue" in both.message


def test_the_records_of_incidents_are_the_evidence() -> None:
    assert [one.what for one in judged("opened", HEALTHY).proofs] == ["incident-opened"]
    assert [one.what for one in judged("closed", HEALTHY).proofs] == ["incident-opened", "incident-closed"]


@pytest.mark.parametrize("asks", ["opened", "closed"])
def test_no_incident_counts_where_everything_was_looked_at_that_would_ask_for_one(asks: str) -> None:
    found = judged(asks, having())
    assert found.standing is MET
    assert {one.host for one in found.proofs} == {"control", *POLICIES}
    gone = replace(HEALTHY.ledgers["backup1"], trouble="no ledger was collected from backup1")
    unread = having(of=replace(HEALTHY, ledgers={**HEALTHY.ledgers, "backup1": gone}))
    assert judged(asks, unread).standing is NOT_LOOKED_AT
    old = {host: replace(one, head=proof("check", host, 9 * DAY)) for host, one in HEALTHY.ledgers.items()}
    assert judged(asks, having(of=replace(HEALTHY, ledgers=old))).standing is NOT_LOOKED_AT


def without_classes(policy: HostPolicy) -> HostPolicy:
    assert policy.alarms is not None
    rules = tuple(replace(rule, fault_class=None) for rule in policy.alarms.rules)
    return replace(policy, alarms=replace(policy.alarms, rules=rules))


@pytest.mark.parametrize("change", [without_classes, lambda policy: replace(policy, alarms=None)])
@pytest.mark.parametrize("asks", ["opened", "closed"])
def test_no_incident_where_nothing_would_ask_for_one_is_not_looked_at(asks: str, change: Any) -> None:
    silent = replace(HEALTHY, policies={host: change(policy) for host, policy in POLICIES.items()})
    found = judged(asks, having(of=silent))
    assert found.standing is NOT_LOOKED_AT
    assert "no check has a fault class" in found.message
    assert found.todo
    assert judged(asks, replace(silent, incidents=HEALTHY.incidents)).standing is MET


def test_a_check_that_failed_for_long_wants_an_incident_of_its_time() -> None:
    known = failing(check=CHECK)
    assert judged("opened", having(of=known)).standing is NOT_MET
    assert f"{CHECK} of his1 failed from" in judged("opened", having(of=known)).message
    assert judged("closed", having(of=known)).standing is NOT_LOOKED_AT
    names = frozenset({"his1", CHECK})
    then = replace(incident(opened=2.5 * DAY), affected=names)
    assert judged("opened", having(then, of=known)).standing is MET
    before = replace(incident(opened=9 * DAY), affected=names)
    assert judged("opened", having(before, of=known)).standing is NOT_MET
    other = replace(then, affected=frozenset({"backup1", CHECK}))
    assert judged("opened", having(other, of=known)).standing is NOT_MET


@pytest.mark.parametrize("of", [{"hours": 2}, {"ago": 60 * DAY}, {"check": "of_no_class"}])
def test_a_short_failure_an_old_one_and_one_without_a_class_want_none(of: dict) -> None:
    known = failing(**{"check": CHECK, **of})
    if "check" in of:
        known = replace(known, policies={host: without_classes(policy) for host, policy in POLICIES.items()})
    assert judged("opened", replace(known, incidents=HEALTHY.incidents)).standing is MET


@pytest.mark.parametrize("asks", ["opened", "closed"])
@pytest.mark.parametrize("known", [IncidentFacts(), IncidentFacts(trouble="changed", broken=True, changed=True)])
def test_of_a_ledger_that_does_not_verify_or_is_not_there_nothing_is_met(asks: str, known: IncidentFacts) -> None:
    found = judged(asks, replace(HEALTHY, incidents=known))
    assert found.standing is NOT_LOOKED_AT
    assert found.message == known.trouble


@pytest.fixture
def known(site: Any, quick_inventory: None) -> Iterator[Any]:
    def now(at: Any = None) -> IncidentFacts:
        read = inventories.read(site)
        return incidents.known(site, read.policies(), at or clock.now())

    yield now


def test_real_records_are_read_and_one_byte_of_them_turns_all(site: Any, seawall: Seawall, known: Any) -> None:
    assert known().trouble == "control1 has no ledger that says whether there were incidents"
    begun = clock.now() - timedelta(seconds=2)
    number = opened(seawall)
    (one,) = known().incidents
    assert (one.number, one.closed, one.limit) == (number, None, timedelta(minutes=30))
    assert seawall("close", str(number), *CLOSED)[0] == 0
    told = known()
    (one,) = told.incidents
    path = ledger_of(site) / NAME
    assert [proof.sha256 for proof in one.proofs] == [
        digest(line) for line in path.read_bytes().splitlines(keepends=True)
    ]
    assert told.head.n == 2
    assert one.closed
    assert known(begun).trouble  # a moment before the first record
    before = path.read_bytes()
    path.write_bytes(before.replace(b"does not answer", b"does not anSwer", 1))
    spoiled = known()
    assert spoiled.broken
    assert spoiled.changed
    assert spoiled.trouble.startswith("the ledger of control1 does not verify")
    path.write_bytes(before)
    assert not known().trouble


def test_the_line_of_verified_ledgers_has_the_control_machines_too() -> None:
    def signed(own: IncidentFacts) -> ControlStatus:
        return controls.judge(
            "signed", Question(PackControl(ledger="verified"), "", None), replace(HEALTHY, incidents=own)
        )

    assert signed(HEALTHY.incidents).standing is MET
    assert "control" in {one.host for one in signed(HEALTHY.incidents).proofs}
    assert signed(IncidentFacts(trouble="it was never begun")).standing is MET
    assert signed(IncidentFacts(trouble="was changed", broken=True, changed=True)).standing is NOT_MET
    assert signed(IncidentFacts(trouble="can't be read", broken=True)).standing is NOT_LOOKED_AT


def test_failures_are_taken_from_the_rounds_of_a_ledger() -> None:
    from ops.fleet.conformity import reading

    read = reading._Reading()
    for hour, verdict in ((0, Verdict.FAIL), (24, Verdict.FAIL), (48, Verdict.PASS), (72, Verdict.FAIL)):
        when = NOW + timedelta(hours=hour)
        told = {"loud": {"root_disk": verdict.value}} if verdict is not Verdict.PASS else {"passed": ["root_disk"]}
        read.checks = reading._round(read.checks, told, proof("check", "his1"))
        reading._failures(read, when, proof("check", "his1"))
    (over,) = read.failed
    assert (over.since, over.last) == (NOW, NOW + DAY)
    assert read.failing["root_disk"].since == NOW + 3 * DAY
    assert ledger(POLICIES["his1"]).failed == ()
