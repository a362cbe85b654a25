"""Twice as many machines are twice the work, and no more: counted in calls, which no other program slows down."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ops.fleet.inventory import Inventory
from ops.fleet.status.join import join
from ops.interfaces.fleet_status import FleetStatus, MachineStatus
from ops.policy import HostPolicy
from ops.policy import compile as compiling
from ops.policy.concerned import concerned
from ops.policy.model import Written
from ops.reports.status import html
from tests.benchmarks.many import ASSET, KEEPERS, SITE, answer

FEW, MANY = 40, 80
MOST = 2.3  # times the calls for twice the machines; what looks at all machines for each has nearly four times as many
Made = dict[str, HostPolicy]


def calls(work: Callable[[], Any]) -> tuple[int, Any]:
    """Return how many functions a piece of work calls, and what it returns."""
    count = 0

    def counted(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        done = work()
    finally:
        sys.setprofile(before)
    return count, done


def site(count: int) -> Inventory:
    hosts = tuple(f"m{number:04}" for number in range(count))
    drilled = {**ASSET, "drill": {"kind": "files", "host": "drill1", "every": "31d"}}
    variables: dict[str, dict[str, Any]] = {host: {"policy__all": SITE} for host in (*KEEPERS, "drill1", *hosts)}
    for host in hosts:
        variables[host]["policy__host"] = {"assets": {f"a{host}": drilled}}
    groups = {"all": tuple(variables), "servers": hosts, "backup_hosts": KEEPERS, "drill_hosts": ("drill1",)}
    return Inventory(Path(), variables, groups)


def status(policies: Made) -> FleetStatus:
    told = {host: answer(host, policy) for host, policy in policies.items()}
    return join(policies, {host: MachineStatus(verdict=one.verdict, told=one) for host, one in told.items()})


def grows(work: Callable[[Any], Any], few: Any, many: Any) -> tuple[Any, Any]:
    """Demand that some work grows as the machines do; return what it made of both."""
    work(few)  # what is loaded and remembered once
    (less, one), (more, other) = calls(lambda: work(few)), calls(lambda: work(many))
    assert more < MOST * less, (less, more)
    return one, other


def test_policies_status_and_report_grow_as_the_machines_do() -> None:
    policies = grows(lambda inventory: inventory.policies(), site(FEW), site(MANY))
    told = grows(status, *policies)
    assert {len(one.machines) for one in told} == {FEW + 3, MANY + 3}
    grows(html.render, *told)


def test_a_host_is_joined_with_those_alone_that_ask_something_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, dict[str, Written]]] = []

    def noted(policies: Mapping[str, Written]) -> dict[str, dict[str, Written]]:
        asked.append(concerned(policies))
        return asked[-1]

    monkeypatch.setattr(compiling, "concerned", noted)
    site(MANY).policies()
    ((*_, found),) = [asked]
    assert {host: len(policies) for host, policies in found.items()} == dict.fromkeys((*KEEPERS, "drill1"), MANY)
