"""The firewall: in force, in force after a boot, and open where the policy says and nowhere else."""

import hardening_wanted
import pytest

# What every machine takes: its own, answers, what the network needs; each rule by its conditions.
ALWAYS = (
    {"iif": ["lo"]},
    {"ct state": ["established", "related"]},
    {"ip6 saddr": ["fe80::/10"], "udp sport": ["547"], "udp dport": ["546"]},
)
PROTOCOLS = {"icmp type", "icmpv6 type"}
SOURCES = ("ip saddr", "ip6 saddr")


def taken(accepts):
    """Who comes in at which port, as spans of addresses; and the rules that let in anything else."""
    found, others = {}, []
    for conditions in accepts:
        rest = {name: value for name, value in conditions.items() if name != "chain"}
        ports = [name for name in rest if name in {"tcp dport", "udp dport"}]
        sources = [name for name in rest if name in SOURCES]
        if rest in ALWAYS or (len(rest) == 1 and rest.keys() <= PROTOCOLS):
            continue
        if len(rest) == 2 and ports and sources and all(port.isdecimal() for port in rest[ports[0]]):
            for port in rest[ports[0]]:
                found.setdefault((ports[0].split()[0], int(port)), []).extend(rest[sources[0]])
        else:
            others.append(rest)
    return {door: hardening_wanted.spans(sources) for door, sources in found.items()}, others


def test_the_firewall_refuses_what_no_rule_takes(walled, firewall):
    chain = firewall["chain"]
    assert chain, "the table inet seawall is not loaded: nothing is refused; run playbooks/harden.yml"
    assert chain == {"hook": "input", "policy": "drop", "type": "filter"}, f"the chain input is {chain}"
    logged = [what for what in firewall["refuses"] if what.startswith("log seawall refused: ")]
    assert logged, "what is refused is not logged"


def test_the_firewall_takes_what_the_policy_says(walled, firewall, reached):
    if not firewall["chain"]:
        pytest.fail("the table inet seawall is not loaded", pytrace=False)
    found, others = taken(firewall["accepts"])
    assert not others, f"rules that the policy does not know let in {others}"
    wanted = hardening_wanted.doors(walled, reached)
    shut = [f"{protocol} {port}" for protocol, port in sorted(wanted.keys() - found.keys())]
    assert not shut, f"shut, against the policy: {', '.join(shut)}"
    open_ = [f"{protocol} {port}" for protocol, port in sorted(found.keys() - wanted.keys())]
    assert not open_, f"open, against the policy: {', '.join(open_)}"
    other = [f"{protocol} {port}" for (protocol, port), who in sorted(found.items()) if who != wanted[protocol, port]]
    assert not other, f"open to others than the policy says: {', '.join(other)}"


def test_the_firewall_is_loaded_by_every_boot(walled, firewall):
    assert firewall["enabled"] == "enabled", f"seawall-firewall.service is {firewall['enabled'] or 'not there'}"
    assert firewall["at_boot"], "a boot loads other rules than the policy's: they were never confirmed"
