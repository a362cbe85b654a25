"""Demands on a machine's firewall that its types can't make: names of zones' members must mean something."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.policy.hardening.firewall import network
from ops.policy.model import Written
from ops.policy.rules import names
from ops.policy.surroundings import Surroundings


def judge(written: Written, around: Surroundings) -> Iterator[Problem]:
    """Yield the members of zones that are neither a network nor a machine or a group of the inventory."""
    firewall = written.hardening.firewall if written.hardening else None
    known = {*around.hosts, *(around.groups or ())}
    for zone, members in firewall.zones.items() if firewall else ():
        for member in members if around.groups is not None else ():
            if network(member) is None:
                path = f"policy.hardening.firewall.zones.{zone}"
                yield from names.known(path, "machine or group of the inventory", member, known)
