"""Machines of both releases hardened in all parts at once: told, refused, applied, broken, mended, locked out, undone.

Last in its ring: the machines are as they were before when it ends.
"""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import hardening_lab
import pytest
import yaml
from hardening_lab import FOUND, HOSTS, LIMIT, UNKNOWN, done, hardened_by, stands, verified
from hospital import Site, changes

from ops.lab.identity import gateway

pytestmark = pytest.mark.lab
PARTS = {
    "ssh": {"idle": "10min"},
    "time": {"sources": ["127.0.0.2", "127.0.0.3"]},
    "accounts": {"service_accounts": ["courier"]},
    "audit": {},
    "usb_storage": {},
    "antivirus": {
        "mirror": "http://127.0.0.4:8099/clamav",
        "folders": ["/home", "/srv"],
        "left_out": ["/srv/left.out"],
    },
    "updates": {"unattended": True, "servers": ["packages"]},
    "logs": {"most": "1GiB"},
}
ORIGINS = "unattended-upgrade --dry-run --verbose 2>&1 | sed -n 's/^Allowed origins are: //p'"
MENDED = ("firewall", "audit", "usb_storage")  # by a run of the playbook; the others are undone as they are broken
SHORT = r"printf 'Krtek-Veverka-7\nAb1xyz\nAb1xyz\n' | runuser -u jana -- passwd"
# A machine that takes a connection answers at once, if only with no; one that refuses it is silent.
KNOCK = "timeout {} bash -c 'exec 3<>/dev/tcp/{}/{}' 2>&1; echo $?"
SILENT = "124"
HARDENED = "ls -d /var/lib/seawall-hardening/*/before.json"


@pytest.fixture(scope="module")
def hardened(fresh: Site) -> Iterator[Site]:
    """The machines with people on them and a policy that hardens; in the end nothing of it is left."""
    here = str(gateway(fresh.lab.machine("his1").network.block))
    zones = {"management": [here], "clients": ["drill1"]}
    firewall = {"zones": zones, "allow": {"web": {"ports": [8080], "from": ["clients"]}}}
    for host in HOSTS:
        done(fresh, host, hardening_lab.FURNISHED)
    try:
        with hardened_by(fresh, {**PARTS, "firewall": firewall}):
            yield fresh
    finally:
        for host in HOSTS:
            fresh.on(host, hardening_lab.STOPPED)
        if any(fresh.on(host, HARDENED).code == 0 for host in HOSTS):
            fresh.ansible("unharden.yml", *LIMIT)
        for host in HOSTS:
            fresh.on(host, hardening_lab.UNFURNISHED)


@pytest.fixture(scope="module")
def stood(hardened: Site) -> dict[str, str]:
    """What stood on each machine before."""
    return stands(hardened)


def test_check_mode_tells_and_touches_nothing(hardened: Site, stood: dict[str, str]) -> None:
    told = hardened.ansible("harden.yml", "--check", "--diff", *LIMIT)
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    for word in ("package chrony: not-installed", "+PasswordAuthentication no", "+PASS_MAX_DAYS\t60", "policy drop"):
        assert word in told.stdout, word
    assert stands(hardened) == stood


def test_machines_as_debian_made_them_do_not_pass(hardened: Site) -> None:
    found = verified(hardened)
    assert {(host, name) for host in HOSTS for name in hardening_lab.BARE} - found.keys() == set()


def test_what_would_lock_ansible_out_is_refused(hardened: Site, stood: dict[str, str]) -> None:
    with hardened_by(hardened, {"ssh": {"root": "no"}}):
        told = hardened.ansible("harden.yml", *LIMIT, ok=range(1, 256))
    assert told.stdout.count("the policy would lock root out") >= len(HOSTS)
    assert stands(hardened) == stood


def test_hardened_machines_are_as_the_policy_wants(hardened: Site, stood: dict[str, str]) -> None:
    told = hardened.ansible("harden.yml", *LIMIT)
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    assert told.stdout.count("not run: no audit in this kernel") == len(HOSTS)
    for host in HOSTS:
        done(hardened, host, hardening_lab.CLOCKS + hardening_lab.ANSWERED)
        done(hardened, host, hardening_lab.SIGNED + hardening_lab.HEAD.format(1))
        assert hardened.on(host, SHORT).code != 0
        assert re.fullmatch(r"origin=Debian,codename=\w+-security,label=Debian-Security\n", origins(hardened, host))
        assert hardened.on(host, "systemctl --failed --no-legend 'audit*' 'seawall-firewall*'").stdout == ""
    assert set(verified(hardened)) == UNKNOWN


def origins(site: Site, host: str) -> str:
    """Return which updates install themselves, as the program that does it understands its settings."""
    return site.on(host, ORIGINS).stdout


def test_they_are_open_where_the_policy_says_and_nowhere_else(hardened: Site, stood: dict[str, str]) -> None:
    # Who writes to a repository, who reads there, who is a client of the site's own; and nobody else.
    for host, port in (("his1", 8000), ("drill1", 8001), ("drill1", 8080)):
        assert answers(hardened, host, "backup1", port), (host, port)
    for origin, host, port in (("drill1", "backup1", 8000), ("backup1", "his1", 22)):
        assert not answers(hardened, origin, host, port, seconds=3), (origin, host, port)


def answers(site: Site, origin: str, host: str, port: int, *, seconds: int = 30) -> bool:
    """Return whether a machine answers another one at a port within some seconds, if only that nobody listens there."""
    address = site.lab.machine(host).address
    return site.on(origin, KNOCK.format(seconds, address, port)).stdout.strip().splitlines()[-1] != SILENT


def test_a_second_run_changes_nothing(hardened: Site, stood: dict[str, str]) -> None:
    told = hardened.ansible("harden.yml", *LIMIT)
    assert changes(told.stdout) == dict.fromkeys(HOSTS, 0)


def test_what_is_broken_is_found_and_mended_by_the_next_run(hardened: Site, stood: dict[str, str]) -> None:
    hardening_lab.broken(hardened)
    try:
        found = verified(hardened)
    finally:
        hardening_lab.mended_by_hand(hardened)
    assert set(found) - hardening_lab.MAYBE == UNKNOWN | FOUND.keys()
    assert {key: found[key] for key, words in FOUND.items() if words not in found[key]} == {}
    told = hardened.ansible("harden.yml", *LIMIT, "--tags", ",".join(MENDED))
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    assert set(verified(hardened, MENDED)) == UNKNOWN


@pytest.fixture
def locking(hardened: Site) -> Iterator[Path]:
    """A policy of backup1 that forgot from where its administrators come."""
    policy = hardened.lab.inventory / "host_vars/backup1/policy.yml"
    before = policy.read_text("utf-8")
    changed = yaml.safe_load(before)
    firewall = {"confirm_within": "5s", "zones": {"management": ["192.0.2.1"]}}
    changed["policy__host"]["hardening"] = {"firewall": firewall}
    policy.write_text(yaml.safe_dump(changed), "utf-8")
    yield policy
    policy.write_text(before, "utf-8")


def test_rules_that_lock_out_are_gone_by_themselves(hardened: Site, locking: Path) -> None:
    in_force = hardened.on("backup1", "nft -s list table inet seawall").stdout
    told = hardened.ansible("harden.yml", "--limit", "backup1", "--tags", "firewall", ok=(2, 4))
    # Where the login took its time, the former rules were back before it, and nothing was on trial any more.
    said = " ".join(told.stdout.split())
    assert "let no new login in" in said or "and the former rules are back" in said
    machine = hardened.lab.machine("backup1")
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


def test_undoing_brings_back_what_stood(hardened: Site, stood: dict[str, str]) -> None:
    """Of broken machines, too; what stood in their files at that moment is kept."""
    for host in HOSTS:
        done(hardened, host, hardening_lab.STOPPED)
    told = hardened.ansible("unharden.yml", *LIMIT)
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    now = stands(hardened)
    for host in HOSTS:
        assert now[host].splitlines() == stood[host].splitlines()
    assert hardened.on("backup1", "ls -A /var/lib/seawall-hardening").stdout.split() == ["aside"]
    assert "99999" in hardened.on("backup1", "cat /var/lib/seawall-hardening/aside/accounts/etc/login.defs").stdout
    assert answers(hardened, "drill1", "backup1", 8000)
    assert answers(hardened, "backup1", "his1", 22)
