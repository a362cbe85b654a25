"""Every host check fires: machines are broken for real, looked at from outside, and mended."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from breakages import Breakage
from door_breakages import AT_DOORS, strange_certificate
from hospital import Site
from machine_breakages import ON_MACHINES

from ops.fleet.secrets.authority import make_authority, make_server

Found = list[dict[str, Any]]
STRANGER = make_server("backup1", make_authority("Another hospital"))
HERE = (*ON_MACHINES, strange_certificate(STRANGER.certificate, STRANGER.key))


@pytest.fixture(scope="module")
def kept(site: Site) -> Site:
    """A site with something to lose."""
    for host, asset in (("his1", "his"), ("lis1", "lis")):
        site.given(host, f"backup {asset}", f"copy {asset} --to offsite")
    return site


@pytest.fixture(scope="module")
def found_on_machines(kept: Site) -> Found:
    return broken(kept, HERE)


@pytest.fixture(scope="module")
def found_at_doors(kept: Site) -> Found:
    return broken(kept, AT_DOORS)


def broken(site: Site, breakages: Sequence[Breakage]) -> Found:
    """Break machines in all these ways, look once, mend them."""
    try:
        on_each_host(breakages, lambda breakage: hurt(site, breakage))
        code, found = verify(site)
    finally:
        on_each_host(breakages[::-1], lambda breakage: site.on(breakage.host, breakage.mend))
    assert code == 2
    return found


def on_each_host(breakages: Sequence[Breakage], act: Callable[[Breakage], object]) -> None:
    """Act on the hosts at the same time, on each of them one by one."""
    hosts = {breakage.host for breakage in breakages}
    with ThreadPoolExecutor(len(hosts)) as pool:
        work = [pool.submit(lambda mine: [act(each) for each in mine], of(breakages, host)) for host in hosts]
    for done in work:
        done.result()


def of(breakages: Sequence[Breakage], host: str) -> list[Breakage]:
    return [breakage for breakage in breakages if breakage.host == host]


def hurt(site: Site, breakage: Breakage) -> None:
    done = site.on(breakage.host, f"set -e\n{breakage.hurt}")
    assert done.code == 0, f"{breakage}: {done.stderr}"


def verify(site: Site) -> tuple[int, Found]:
    """Return the exit code and every check that did not pass."""
    done = site.seawall("verify", "-i", site.lab.inventory, "--json")
    assert done.stdout, done.stderr
    machines = json.loads(done.stdout)["machines"]
    checks = [{"host": host, **check} for host, machine in machines.items() for check in machine["checks"]]
    return done.code, [check for check in checks if check["verdict"] != "pass"]


def demand_found(breakage: Breakage, found: Found) -> None:
    hosts = {breakage.host, *breakage.seen_on}
    for name, word in breakage.found.items():
        told = [check["message"] for check in found if check["name"] == name and check["host"] in hosts]
        assert any(word in message for message in told), f"{name} said: {told}"


def test_machines_as_the_playbooks_leave_them_pass(kept: Site):
    code, found = verify(kept)
    assert [(check["host"], check["name"], check["message"]) for check in found] == []
    assert code == 0


@pytest.mark.parametrize("breakage", HERE, ids=str)
def test_what_is_wrong_on_a_machine_is_found(breakage: Breakage, found_on_machines: Found):
    demand_found(breakage, found_on_machines)


@pytest.mark.parametrize("breakage", AT_DOORS, ids=str)
def test_what_is_wrong_at_a_backup_hosts_door_is_found(breakage: Breakage, found_at_doors: Found):
    demand_found(breakage, found_at_doors)


def test_a_machine_that_does_not_answer_is_unknown(kept: Site):
    with kept.cut_off("offsite1"):
        code, found = verify(kept)
    assert {check["verdict"] for check in found} == {"unknown"}, [one for one in found if one["verdict"] != "unknown"]
    assert code == 3
    assert {"offsite1", "his1", "lis1", "drill1"} == {check["host"] for check in found}
    assert any("offsite1 does not answer" in check["message"] for check in found)


def test_mended_machines_pass_and_have_lost_nothing(kept: Site, found_on_machines: Found, found_at_doors: Found):
    code, found = verify(kept)
    assert [(check["host"], check["name"], check["message"]) for check in found] == []
    assert code == 0
    for repository in ("primary", "offsite"):
        listed = kept.on("his1", f"seawall snapshots his --from {repository} --json")
        assert [row["verdict"] for row in json.loads(listed.stdout)].count("pass") >= 1
