"""Firewall, audit and USB storage on machines of both releases: told, applied, broken, mended, locked out, undone.

Last in its ring: the machines are as they were before when it ends.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from hardening_lab import HOSTS, hardened_by, verified
from hardening_lab import LIMIT as BOTH
from hospital import Site, changes

from ops.lab.identity import gateway

pytestmark = pytest.mark.lab
PARTS = ("firewall", "audit", "usb_storage")
CHECKS = 8  # host checks of these parts
LIMIT = (*BOTH, "--tags", ",".join(PARTS))
# All of a machine that hardening may change; systemctl takes away empty folders of links when it disables something.
STANDS = r"""
dpkg-query -W -f '${Package} ${db:Status-Status}\n' | grep -v not-installed
find /etc /usr/local -not -path /etc/ld.so.cache -not -name '*.wants' -printf '%p %y %m %u %g %l\n' | sort
find /etc /usr/local -type f -not -path /etc/ld.so.cache -exec sha256sum {} + | sort -k 2
systemctl list-unit-files --no-legend | sort
"""
# A machine that takes a connection answers at once, if only with no; one that refuses it is silent.
KNOCK = "timeout {} bash -c 'exec 3<>/dev/tcp/{}/{}' 2>&1; echo $?"
SILENT = "124"

# How each machine is broken, and what each host check then says.
BROKEN = {
    "backup1": (
        "nft insert rule inet seawall input tcp dport 23 accept",
        "rm /etc/modprobe.d/seawall-usb-storage.conf",
        "sed -i /passwd/d /etc/audit/rules.d/50-seawall.rules",
    ),
    "his1": (
        "nft delete table inet seawall",
        "systemctl -q disable seawall-firewall",
        "sed -i /authorized/d /etc/udev/rules.d/99-seawall-usb-storage.rules",
    ),
}
FOUND = {
    ("backup1", "the firewall takes what the policy says"): "rules that the policy does not know let in",
    ("backup1", "the kernel takes no disk at a usb port"): "are never loaded",
    ("backup1", "the rules are written"): "50-seawall.rules lacks",
    ("his1", "the firewall refuses what no rule takes"): "nothing is refused",
    ("his1", "the firewall takes what the policy says"): "is not loaded",
    ("his1", "the firewall is loaded by every boot"): "is disabled",
    ("his1", "disks that the policy does not list are cut off"): "udev cuts off nothing",
}
# A container's kernel records nothing for it, and that is told, never passed over.
UNKNOWN = {(host, name) for host in HOSTS for name in ("acts are recorded", "no record was lost")}


@pytest.fixture(scope="module")
def walled(fresh: Site) -> Iterator[Site]:
    """The machines with a policy that hardens two of them; in the end nothing of it is left, whatever happened."""
    here = str(gateway(fresh.lab.machine("his1").network.block))
    zones = {"management": [here], "clients": ["drill1"]}
    firewall = {"zones": zones, "allow": {"web": {"ports": [8080], "from": ["clients"]}}}
    with hardened_by(fresh, {"firewall": firewall, "audit": {}, "usb_storage": {}}):
        try:
            yield fresh
        finally:
            fresh.ansible("unharden.yml", *BOTH)


@pytest.fixture(scope="module")
def stood(walled: Site) -> dict[str, str]:
    """What stood on each machine before."""
    return {host: walled.on(host, STANDS).stdout for host in HOSTS}


def answers(site: Site, origin: str, host: str, port: int, *, seconds: int = 30) -> bool:
    """Return whether a machine answers another one at a port within some seconds, if only that nobody listens there."""
    address = site.lab.machine(host).address
    return site.on(origin, KNOCK.format(seconds, address, port)).stdout.strip().splitlines()[-1] != SILENT


def test_check_mode_tells_and_touches_nothing(walled: Site, stood: dict[str, str]) -> None:
    told = walled.ansible("harden.yml", "--check", "--diff", *LIMIT)
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    assert "policy drop" in told.stdout
    assert {host: walled.on(host, STANDS).stdout for host in HOSTS} == stood


def test_machines_are_open_where_the_policy_says_and_nowhere_else(walled: Site, stood: dict[str, str]) -> None:
    told = walled.ansible("harden.yml", *LIMIT)
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    assert told.stdout.count("not run: no audit in this kernel") == len(HOSTS)
    # Who writes to a repository, who reads there, who is a client of the site's own; and nobody else.
    for host, port in (("his1", 8000), ("drill1", 8001), ("drill1", 8080)):
        assert answers(walled, host, "backup1", port), (host, port)
    for origin, host, port in (("drill1", "backup1", 8000), ("backup1", "his1", 22)):
        assert not answers(walled, origin, host, port, seconds=3), (origin, host, port)
    for host in HOSTS:
        assert walled.on(host, "systemctl --failed --no-legend 'audit*' 'seawall-firewall*'").stdout == ""


def test_what_is_broken_is_found_and_mended_by_the_next_run(walled: Site) -> None:
    for host, ways in BROKEN.items():
        for way in ways:
            assert walled.on(host, way).code == 0, way
    found = verified(walled, PARTS, CHECKS)
    assert set(found) == UNKNOWN | FOUND.keys()
    assert [key for key, words in FOUND.items() if words not in found[key]] == []
    walled.ansible("harden.yml", *LIMIT)
    assert changes(walled.ansible("harden.yml", *LIMIT).stdout) == dict.fromkeys(HOSTS, 0)
    assert set(verified(walled, PARTS, CHECKS)) == UNKNOWN


@pytest.fixture
def locking(walled: Site) -> Iterator[Path]:
    """A policy of backup1 that forgot from where its administrators come."""
    policy = walled.lab.inventory / "host_vars/backup1/policy.yml"
    before = policy.read_text("utf-8")
    changed = yaml.safe_load(before)
    firewall = {"confirm_within": "5s", "zones": {"management": ["192.0.2.1"]}}
    changed["policy__host"]["hardening"] = {"firewall": firewall}
    policy.write_text(yaml.safe_dump(changed), "utf-8")
    yield policy
    policy.write_text(before, "utf-8")


def test_rules_that_lock_out_are_gone_by_themselves(walled: Site, locking: Path) -> None:
    in_force = walled.on("backup1", "nft -s list table inet seawall").stdout
    told = walled.ansible("harden.yml", "--limit", "backup1", "--tags", "firewall", ok=(2, 4))
    # Where the login took its time, the former rules were back before it, and nothing was on trial any more.
    said = " ".join(told.stdout.split())
    assert "let no new login in" in said or "and the former rules are back" in said
    machine = walled.lab.machine("backup1")
    machine.wait()  # by new connections
    until(lambda: machine.ssh("nft -s list table inet seawall").stdout == in_force)
    said = machine.ssh("journalctl -b -q -o cat -u seawall-firewall-back").stdout
    assert "nobody confirmed the new rules; the former ones are back" in said
    assert "192.0.2.1" not in machine.ssh("cat /etc/seawall-firewall/in-force.nft").stdout


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, "it never held"


def test_undone_machines_are_as_they_were(walled: Site, stood: dict[str, str]) -> None:
    walled.ansible("unharden.yml", *BOTH)
    for host in HOSTS:
        assert walled.on(host, STANDS).stdout.splitlines() == stood[host].splitlines()
    assert answers(walled, "drill1", "backup1", 8000)
    assert answers(walled, "backup1", "his1", 22)
