"""The firewall's rules: whom a machine lets in, judged by the real nft and by real connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ops.core.errors import UsageError
from ops.core.schema import decode
from ops.policy.compile import compile_site, document, read_document
from ops.policy.filtering import Around, openings, ruleset
from ops.policy.hardening.firewall import Firewall
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy
from ops.policy.surroundings import Surroundings
from tests.netspace import Space, space, two

ADDRESSES = {"his1": "192.0.2.11", "lis1": "192.0.2.12", "backup1": "192.0.2.13", "drill1": "2001:db8::14"}
AROUND = Around(ADDRESSES, {"servers": ["his1", "lis1"]})
GROUPS = {"ups_hosts": ["his1"], "backup_hosts": ["backup1"], "drill_hosts": ["drill1"], "servers": ["his1", "lis1"]}
WRITTEN: dict[str, Any] = {
    "zones": {
        "management": ["192.0.2.1", "2001:db8::/64"],
        "monitoring": ["192.0.2.2"],
        "clients": ["198.51.100.0/24", "198.51.100.128/25", "servers"],
    },
    "allow": {"his": {"ports": [5432, 443], "from": ["clients"]}, "snmp": {"ports": [161], "from": ["monitoring"]}},
}
FIREWALL = decode(Firewall, WRITTEN, "firewall")


def policies() -> dict[str, HostPolicy]:
    """Return a site with a backup host that others write to and a drill host reads, and a UPS that feeds two."""
    asset = {
        "owner": "ana",
        "sources": {"files": {"kind": "files", "options": {"paths": ["/srv"]}}},
        "repository": "primary",
        "schedule": "daily",
        "rpo": "26h",
        "rto": "4h",
        "retention": {"all": "7d"},
        "drill": {"host": "drill1", "every": "8d", "kind": "files"},
    }
    shared = {
        "version": 1,
        "site": {"name": "Test"},
        "contacts": {"ana": {"name": "Ana"}},
        "repositories": {"primary": {"kind": "rest_server", "place": "primary", "host": "backup1"}},
        "power": {"rack": {"conductor": "his1", "machines": {n: {"address": ADDRESSES[n]} for n in ("his1", "lis1")}}},
    }
    own = {"his1": {"assets": {"his": asset}}}
    layers = {host: HostLayers(all=shared, host=own.get(host, {})) for host in ADDRESSES}
    compiled = compile_site(layers, Surroundings(list(ADDRESSES), GROUPS, {"his1": ["mains"]}))
    return {host: read_document(document(policy)) for host, policy in compiled.items()}


@pytest.fixture(scope="module")
def site() -> dict[str, HostPolicy]:
    return policies()


def opened(policy: HostPolicy, firewall: Firewall = FIREWALL, around: Around = AROUND) -> dict[str, list[str]]:
    """Return from where a machine is reached at which ports."""
    found: dict[str, list[str]] = {}
    for one in openings(policy, firewall, around):
        ports = ",".join(map(str, one.ports))
        found.setdefault(f"{one.protocol} {ports}", []).extend(map(str, one.sources))
    return found


def test_a_backup_host_is_open_to_those_who_write_and_those_who_read(site: dict[str, HostPolicy]) -> None:
    assert opened(site["backup1"]) == {
        "tcp 22": ["192.0.2.1/32", "2001:db8::/64"],
        "tcp 8000": ["192.0.2.11/32"],
        "tcp 8001": ["2001:db8::14/128"],
        "tcp 161": ["192.0.2.2/32"],
        "tcp 443,5432": ["192.0.2.11/32", "192.0.2.12/32", "198.51.100.0/24"],
    }


def test_the_ups_server_is_open_to_the_machines_that_it_feeds(site: dict[str, HostPolicy]) -> None:
    assert opened(site["his1"])["tcp 3493"] == ["192.0.2.12/32"]
    assert "tcp 3493" not in opened(site["lis1"])


def test_a_zone_backup_adds_to_who_reaches_repositories(site: dict[str, HostPolicy]) -> None:
    zones = {**WRITTEN["zones"], "backup": ["198.51.100.7"]}
    wider = decode(Firewall, {"zones": zones}, "firewall")
    assert opened(site["backup1"], wider)["tcp 8000"] == ["192.0.2.11/32", "198.51.100.7/32"]


def test_the_port_of_the_login_is_that_of_the_inventory(site: dict[str, HostPolicy]) -> None:
    assert openings(site["lis1"], FIREWALL, Around(ADDRESSES, AROUND.groups, 2222))[0].ports == (2222,)


def test_a_machine_without_an_address_is_named(site: dict[str, HostPolicy]) -> None:
    for said in ({"his1": "his1.example"}, {}):
        with pytest.raises(UsageError, match="the address of his1 is not known"):
            ruleset(site["backup1"], FIREWALL, Around(ADDRESSES | {"his1": ""} | said, AROUND.groups))


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no way in": ({"zones": {"clients": ["192.0.2.1"]}}, "zones has no management: nobody could log in"),
    "nobody": ({"zones": {"management": []}}, "zones has no management"),
    "host bits": ({"zones": {"management": ["192.0.2.1/24"]}}, "'192.0.2.1/24' is no address"),
    "no number": ({"zones": {"management": ["192.0.2.300"]}}, "'192.0.2.300' is no address"),
    "more words": ({"zones": {"management": ["192.0.2.1 } accept"]}}, "is no address, no network and no name"),
    "zone": ({"zones": {"management": ["192.0.2.1"], "a b": ["192.0.2.1"]}}, "expected 1 to 31 small letters"),
    "own zone": ({"zones": {"management": ["192.0.2.1"], "seawall_x": ["192.0.2.1"]}}, "not seawall in front"),
    "stranger": ({"allow": {"his": {"ports": [1], "from": ["client"]}}}, "no zone 'client', did you mean 'clients'?"),
    "name": ({"allow": {'a" drop': {"ports": [1], "from": ["clients"]}}}, "expected a name of"),
    "port": ({"allow": {"his": {"ports": [0], "from": ["clients"]}}}, "ports is 0; expected 1 to 65535"),
    "no port": ({"allow": {"his": {"ports": [], "from": ["clients"]}}}, "ports and from must each name at least one"),
    "protocol": ({"allow": {"his": {"ports": [1], "from": ["clients"], "protocol": "icmp"}}}, "tcp"),
    "time": ({"confirm_within": "1s"}, "confirm_within is 1s; expected 5s to 10min"),
    "no log": ({"logged": 0}, "logged is 0; expected 1 to 6000"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_would_lock_out_or_is_no_rule_is_refused(name: str) -> None:
    change, message = WRONG[name]
    with pytest.raises(Exception, match="firewall") as refused:
        decode(Firewall, {**WRITTEN, **change}, "firewall")
    assert message in str(refused.value)


@pytest.mark.parametrize("host", ADDRESSES)
def test_nft_takes_the_rules_of_every_machine_twice_and_lists_them_alike(
    site: dict[str, HostPolicy], host: str
) -> None:
    rules = ruleset(site[host], FIREWALL, AROUND)
    with space() as alone:
        listed = [taken(alone, rules) for _ in range(2)]
    assert listed[0] == listed[1]
    assert "policy drop" in listed[0]


def taken(there: Space, rules: str) -> str:
    """Load rules and return how the kernel lists all that it has."""
    there.run("nft", "-f", "-", input=rules)
    return there.run("nft", "-s", "list", "ruleset").stdout


def test_tables_of_others_stay_as_they_are(site: dict[str, HostPolicy]) -> None:
    other = "table ip other {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n"
    with space() as alone:
        alone.run("nft", "-f", "-", input=other)
        assert other in taken(alone, ruleset(site["his1"], FIREWALL, AROUND))


@pytest.fixture(scope="module")
def wired(site: dict[str, HostPolicy]) -> Iterator[tuple[Space, Space]]:
    """The server lis1 behind its rules, and another machine with the addresses of several."""
    others = ["192.0.2.1/24", "192.0.2.2/24", "192.0.2.9/24", "2001:db8::1/64", "2001:db8:1::9/64"]
    with two(["192.0.2.12/24", "2001:db8::12/64", "2001:db8:1::12/64"], others) as (server, other):
        server.run("nft", "-f", "-", input=ruleset(site["lis1"], FIREWALL, AROUND))
        yield server, other


# Who knocks where, and what the kernel says: nothing listens, so that what comes in is answered by a refusal at once.
KNOCKS = {
    ("192.0.2.1", "192.0.2.12", 22): True,
    ("2001:db8::1", "2001:db8::12", 22): True,
    ("192.0.2.2", "192.0.2.12", 161): True,
    ("192.0.2.2", "192.0.2.12", 22): False,
    ("192.0.2.9", "192.0.2.12", 22): False,
    ("2001:db8:1::9", "2001:db8:1::12", 22): False,
    ("192.0.2.1", "192.0.2.12", 5432): False,
}
KNOCK = """
import socket, sys
for line in sys.stdin:
    own, there, port, seconds = line.split()
    try:
        socket.create_connection((there, int(port)), float(seconds), (own, 0)).close()
        print("open")
    except ConnectionRefusedError:
        print("open")
    except TimeoutError:
        print("silent")
"""


def test_connections_come_in_from_where_the_policy_says_and_from_nowhere_else(wired: tuple[Space, Space]) -> None:
    server, other = wired
    asked = "".join(f"{own} {there} {port} {20 if way else 0.2}\n" for (own, there, port), way in KNOCKS.items())
    said = other.run("/usr/bin/python3", "-c", KNOCK, input=asked).stdout.split()
    assert dict(zip(KNOCKS, said, strict=True)) == {knock: "open" if way else "silent" for knock, way in KNOCKS.items()}
    counted = server.run("nft", "list", "chain", "inet", "seawall", "refused").stdout
    refused = int(counted.partition("counter packets ")[2].split()[0])
    assert refused >= sum(not way for way in KNOCKS.values())
