"""The drill of an oldest set is told of its asset beside the usual drill, and neither is judged by the other's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import one_server
import pytest
from test_fleet_join import COPIES, OWN, age, machine, told

from ops.core import clock
from ops.fleet.status.answer import read
from ops.fleet.status.clocks import judged_anew
from ops.fleet.status.join import join
from ops.policy import HostPolicy


@pytest.fixture(scope="module")
def policies() -> dict[str, HostPolicy]:
    near = {"near": {"kind": "rest_server", "place": "primary", "host": "backup2"}}
    copies = {name: {"to": to, "calendar": f"0{hour}:00"} for hour, (name, to) in enumerate(COPIES.items(), 6)}
    drill = {**one_server.HIS["drill"], "oldest": {}}
    return one_server.policies(near, copies=copies, drill=drill, retention={"all": "14d", "yearly": "30y"})


def oldest(verdict: str) -> dict[str, Any]:
    return {**age("drill_age", verdict), "name": "drill_age-his-oldest", "copy": "oldest", "message": "oldest said"}


def asset(policies: dict[str, HostPolicy], *checks: dict[str, Any]) -> dict[str, Any]:
    machines = {"his1": machine(policies, "his1", checks=OWN), "drill1": machine(policies, "drill1", checks=[*checks])}
    return dict(join(policies, {host: told(one) for host, one in machines.items()}).written()["assets"]["his"])


@pytest.mark.parametrize("verdict", ["pass", "fail"])
def test_it_is_told_beside_the_drill(policies: dict[str, HostPolicy], verdict: str) -> None:
    found = asset(policies, age("drill_age", "pass"), oldest(verdict))
    said = {one["about"]: one["verdict"] for one in found["findings"]}
    assert (said["drill"], said["oldest"], found["verdict"]) == ("pass", verdict, verdict)
    assert len([one for one in found["findings"] if one["about"] == "drill"]) == 1


def test_where_the_drill_host_does_not_know_it_it_is_unknown(policies: dict[str, HostPolicy]) -> None:
    found = asset(policies, age("drill_age", "pass"))
    assert (found["verdict"], found["message"]) == ("unknown", "oldest: drill1 does not know it")


def test_each_is_judged_by_its_own(policies: dict[str, HostPolicy]) -> None:
    own = machine(policies, "drill1", checks=[age("drill_age", "pass"), oldest("pass")])

    def verdicts(days: int) -> dict[str, str]:
        status = judged_anew(read(json.dumps(own)), policies["drill1"], clock.now() + timedelta(days=days))
        assert status.told
        return {one.name: one.verdict.value for one in status.told.checks if one.kind == "drill_age"}

    assert verdicts(0) == {"drill_age-his": "pass", "drill_age-his-oldest": "pass"}
    assert verdicts(32) == {"drill_age-his": "fail", "drill_age-his-oldest": "pass"}
