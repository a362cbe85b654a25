"""What was ended by hand on real machines is said by the first status, without waiting for what it no longer does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from breakages import UNITS
from hospital import Site

pytestmark = pytest.mark.lab

TIMER, GONE, STOPPED = "seawall-backup-his.timer", "seawall-copy-his-offsite.service", "seawall-gaps.timer"
END_UNITS = f"""
mkdir -p /root/ended && cd {UNITS} && mv {TIMER} {GONE} /root/ended/
systemctl daemon-reload && systemctl mask --quiet {TIMER} && systemctl stop {STOPPED}
"""
BEGIN_UNITS = f"""
systemctl unmask --quiet {TIMER}; mv /root/ended/* {UNITS}/; rmdir /root/ended
systemctl daemon-reload && systemctl enable --quiet {TIMER} && systemctl start {TIMER} {STOPPED}
"""
END_AGENT, BEGIN_AGENT = "mv /usr/bin/seawall /root/ended-seawall", "mv /root/ended-seawall /usr/bin/seawall"
POLICY = "/etc/seawall/policy.json"
OLDER = f'cp -p {POLICY} /root/ended-policy && sed -i \'s/"name": "/&Former /\' {POLICY}'
NEWER = f"cp -p /root/ended-policy {POLICY} && rm /root/ended-policy"


def loud(machine: dict) -> dict[str, tuple[str, str]]:
    return {one["name"]: (one["verdict"], one["message"]) for one in machine["checks"] if one["verdict"] != "pass"}


@pytest.fixture(scope="module")
def machines(site: Site) -> Iterator[dict[str, dict]]:
    """What the status says of all machines after something was ended on three of them, and then that of his1 again."""
    acts = (("his1", END_UNITS, BEGIN_UNITS), ("lis1", END_AGENT, BEGIN_AGENT), ("drill1", OLDER, NEWER))
    try:
        for host, end, _ in acts:
            site.on(host, end, ok=range(1))
        told = json.loads(site.seawall("status", "-i", site.lab.inventory, "--json").stdout)["machines"]
    finally:
        for host, _, begin in acts:
            site.on(host, begin, ok=range(1))
    again = json.loads(site.on("his1", "seawall status --json").stdout)
    yield told | {"his1 again": again}


def test_units_that_start_nothing_any_more_are_named(machines: dict[str, dict]) -> None:
    verdict, message = loud(machines["his1"])["seawall-timers"]
    assert verdict == machines["his1"]["verdict"] == "fail"
    for words in (f"{TIMER} is masked", f"{GONE} is not there", f"{STOPPED} is inactive"):
        assert words in message


def test_a_machine_without_its_agent_is_unknown_by_name(machines: dict[str, dict]) -> None:
    assert machines["lis1"]["verdict"] == "unknown"
    assert machines["lis1"]["message"].startswith("has no agent")


def test_a_machine_with_an_older_policy_says_so(machines: dict[str, dict]) -> None:
    assert loud(machines["drill1"])["policy"] == ("warn", "policy differs: run playbooks/site.yml")


def test_units_as_the_playbooks_leave_them_pass(machines: dict[str, dict]) -> None:
    for host in ("backup1", "offsite1", "his1 again"):
        found = {one["name"]: (one["verdict"], one["message"]) for one in machines[host]["checks"]}
        assert found["seawall-timers"][0] == "pass", found["seawall-timers"]
