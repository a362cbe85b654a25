"""Names and addresses of a lab, made so that two labs on one computer never meet."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from ops.core.errors import Unavailable

RANGE = IPv4Network("198.18.0.0/15")  # set aside for tests of networks; nobody routes it
PREFIX = 26
HOSTS = ("his1", "backup1", "drill1", "offsite1", "lis1")  # of a lab, unless it is told otherwise
CONTROL = "control1"  # a clean machine that becomes a control machine; not in every lab, and in no inventory
OFFSETS = {"his1": 10, "backup1": 11, "drill1": 12, "offsite1": 13, "lis1": 14, CONTROL: 15}


@dataclass(frozen=True)
class Identity:
    """Who a lab is: its name for people and its id for the kernel."""

    name: str
    id: str

    @property
    def bridge(self) -> str:
        """The name of the lab's bridge."""
        return f"sw{self.id}"

    def machine(self, host: str) -> str:
        """Return the name a host's machine has on this computer."""
        return f"sw{self.id}-{host}"


def identify(name: str, checkout: Path) -> Identity:
    """Return the identity of a checkout's lab in this boot and network namespace of the computer."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    namespace = Path("/proc/self/ns/net").stat().st_ino
    return Identity(name, short_digest(str(checkout), boot, str(namespace), name))


def short_digest(*parts: str) -> str:
    """Return eight hex digits for these texts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def block(identity: Identity, taken: Collection[IPv4Network]) -> IPv4Network:
    """Return the lab's block of addresses: its own by its id, or the next one that nobody has taken."""
    count = 1 << (PREFIX - RANGE.prefixlen)
    first = int(identity.id, 16) % count
    for step in range(count):
        index = (first + step) % count
        address = int(RANGE.network_address) + (index << (32 - PREFIX))
        candidate = IPv4Network((address, PREFIX))
        if not any(candidate.overlaps(other) for other in taken):
            return candidate
    raise Unavailable(f"every address block in {RANGE} is in use", "shut down another lab first")


def gateway(network: IPv4Network) -> IPv4Address:
    """Return the address of this computer on a lab's bridge."""
    return network.network_address + 1


def address(network: IPv4Network, host: str) -> IPv4Address:
    """Return the address of a host in a lab's block."""
    return network.network_address + OFFSETS[host]
