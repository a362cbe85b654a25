"""From nothing nothing is met: an empty inventory, machines passed over, ledgers that are not read or too short."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from conforming import DAY, facts, own_pack, packs, policies, proof

from ops.core.calendar import Calendar
from ops.core.schema import collect
from ops.core.verdict import Verdict
from ops.fleet.conformity import controls
from ops.fleet.conformity.controls import Question
from ops.fleet.conformity.facts import Facts, IncidentFacts, Last, LedgerFacts
from ops.fleet.conformity.judge import judge
from ops.fleet.conformity.outcome import once
from ops.fleet.conformity.pack import Pack, PackControl, problems
from ops.interfaces.conformity import ControlStatus, Standing
from ops.policy.packs import BoundDocument

POLICIES = policies()
HEALTHY = facts(POLICIES)
EMPTY = replace(HEALTHY, policies={}, ledgers={}, incidents=IncidentFacts())
HOLLOW = replace(
    HEALTHY,
    policies={
        host: replace(one, assets={}, drills={}, checks={}, alarms=None, control=None, hardening=None)
        for host, one in POLICIES.items()
    },
    ledgers={host: LedgerFacts() for host in POLICIES},
    incidents=IncidentFacts(trouble="", head=proof("backup", "control")),
)
PACKS = packs()
CONTROLS = {
    control.asks: control
    for pack in PACKS
    for clause in pack.pack.clauses.values()
    for control in clause.controls.values()
    if not (control.document or control.host_check)  # they rest on what is not the inventory's
}
MET, NOT_MET, NOT_LOOKED_AT = Standing.MET, Standing.NOT_MET, Standing.NOT_LOOKED_AT


def judged(known: Facts, document: BoundDocument | None = None, **control: Any) -> ControlStatus:
    return controls.judge("one", Question(PackControl(**control), "disc_stock", document), known)


@pytest.mark.parametrize("asks", CONTROLS)
def test_nothing_is_met_by_an_empty_inventory_or_by_machines_without_anything(asks: str) -> None:
    for known in (EMPTY, HOLLOW):
        found = controls.judge("one", Question(CONTROLS[asks], "disc_stock", None), known)
        assert found.standing is not MET, found.message
        assert found.todo


def test_a_demand_on_the_policy_of_no_machine_is_not_looked_at() -> None:
    for name in ("alarms", "limits", "vendors", "fault_classes"):
        assert judged(EMPTY, policy=name).standing is NOT_LOOKED_AT
        assert judged(HEALTHY, policy=name).standing is MET


def test_a_machine_that_no_host_check_saw_is_not_passed_over() -> None:
    own = [check for check in HEALTHY.host_checks.checks if check.host != "drill1"]
    partly = replace(HEALTHY, host_checks=replace(HEALTHY.host_checks, checks=own))
    found = judged(partly, host_check="accounts")
    assert (found.standing, found.message) == (NOT_LOOKED_AT, "no host check was made on drill1")
    assert judged(HEALTHY, host_check="accounts").standing is MET


def test_a_ledger_without_a_record_is_not_passed_over() -> None:
    empty = replace(HEALTHY, ledgers={**HEALTHY.ledgers, "drill1": LedgerFacts()})
    found = judged(empty, ledger="verified")
    assert (found.standing, found.message) == (NOT_LOOKED_AT, "the ledger of drill1 has no record yet")
    assert judged(HEALTHY, ledger="verified").standing is MET


@pytest.mark.parametrize("tampered", [True, False])
def test_a_record_is_not_the_newest_while_a_ledger_is_not_read(tampered: bool) -> None:
    unread = LedgerFacts(trouble="the ledger of drill1 does not verify", tampered=tampered)
    partly = replace(HEALTHY, ledgers={**HEALTHY.ledgers, "drill1": unread})
    found = judged(partly, record="disc-read")
    assert (found.standing, found.message) == (NOT_LOOKED_AT, unread.trouble)
    assert judged(HEALTHY, record="disc-read").standing is MET
    own = HEALTHY.ledgers["his1"]
    failed = Last(proof("disc-read", "his1", timedelta(hours=1)), Verdict.FAIL)
    bad = replace(own, acts={**own.acts, ("disc-read", "his", ""): failed})
    assert judged(replace(partly, ledgers={**partly.ledgers, "his1": bad}), record="disc-read").standing is NOT_MET


def test_of_a_ledger_that_ends_before_the_period_begins_no_act_is_counted() -> None:
    short = {host: replace(one, tallies=()) for host, one in HEALTHY.ledgers.items()}
    found = judged(replace(HEALTHY, ledgers=short), act="backup")
    assert (found.standing, found.message) == (NOT_LOOKED_AT, "the ledger of his1 ends before the period begins")


@pytest.mark.parametrize(("ago", "standing"), [(200, NOT_MET), (100, MET)])
def test_an_act_that_is_due_more_rarely_than_the_period_is_not_forgotten(ago: int, standing: Standing) -> None:
    yearly = Calendar.parse("*-06-01 01:00:00")
    own = POLICIES["his1"]
    his = replace(own.assets["his"], schedule=yearly)
    told = HEALTHY.ledgers["his1"]
    last = proof("backup", "his1", ago * DAY)
    tally = replace(told.tallies[0], on_time=(), late=(), missing=())
    assert (tally.act.act, tally.act.asset) == ("backup", "his")
    acts = {**told.acts, ("backup", "his", ""): Last(last, Verdict.PASS, last)}
    known = replace(
        HEALTHY,
        policies={**POLICIES, "his1": replace(own, assets={"his": his})},
        ledgers={**HEALTHY.ledgers, "his1": replace(told, acts=acts, tallies=[tally])},
    )
    found = judged(known, act="backup")
    assert found.standing is standing, found.message
    assert ("was due at 2026-06-01" in found.message) is (standing is NOT_MET)


def test_a_pack_without_a_clause_is_refused() -> None:
    whole = own_pack("Back up", {"done": {"act": "backup"}})
    for tree, told in (
        ({**whole, "clauses": {}}, ["is empty: a procedure without a clause demands nothing"]),
        (whole, []),
    ):
        pack = collect(Pack, tree, "ours.yml", found := [])
        assert found == []
        assert [one.message for one in problems(pack, "ours.yml")] == told


def test_how_many_more_there_are_is_said_of_each_list() -> None:
    assert once(["a; b; and 1 more", "b; c; and 1 more"]) == "a; b; and 1 more; c; and 1 more"


def test_what_two_controls_miss_is_said_once() -> None:
    gone = {host: LedgerFacts(trouble=f"no ledger was collected from {host}") for host in POLICIES}
    for pack in judge(PACKS, replace(HEALTHY, ledgers=gone)).packs:
        for clause in pack.clauses:
            for text in (clause.message, clause.todo):
                parts = [part for part in text.split("; ") if not part.startswith("and ")]
                assert len(parts) == len(set(parts)), text
