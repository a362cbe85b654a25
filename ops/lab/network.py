"""A lab's network: one bridge that leads nowhere, with this computer on it only as the package cache's door."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from ops.core.run import run
from ops.lab.identity import RANGE, Identity, gateway

# Weaker than the bridge's own route: it catches what would leave by the default route while the bridge is down.
BLACKHOLE_METRIC = "4096"


@dataclass(frozen=True)
class Network:
    """The bridge of a lab and its block of addresses."""

    identity: Identity
    block: IPv4Network

    def up(self) -> None:
        """Make the bridge with its address and routes; what is there stays."""
        bridge = self.identity.bridge
        if not exists(bridge):
            _ip("link", "add", bridge, "type", "bridge")
        _ip("address", "replace", f"{gateway(self.block)}/{self.block.prefixlen}", "dev", bridge)
        _ip("link", "set", bridge, "up")
        _ip("route", "replace", "blackhole", str(self.block), "metric", BLACKHOLE_METRIC)

    def down(self) -> None:
        """Remove the bridge and the routes."""
        if exists(self.identity.bridge):
            _ip("link", "delete", self.identity.bridge)
        blackhole = ["route", "delete", "blackhole", str(self.block), "metric", BLACKHOLE_METRIC]
        run(["ip", *blackhole], timeout=10, ok=(0, 2))

    def remove_link(self, host: str) -> None:
        """Remove a machine's cable where it is still there; the kernel takes its time with that of one that ended."""
        link = f"vb-{self.identity.machine(host)}"
        if exists(link):
            run(["ip", "link", "delete", "dev", link], timeout=10, ok=(0, 1))  # 1: the kernel was quicker

    def set_link(self, host: str, state: str) -> None:
        """Plug a machine's cable in (`up`) or pull it (`down`), on this computer's side."""
        _ip("link", "set", "dev", f"vb-{self.identity.machine(host)}", state)


def exists(link: str) -> bool:
    """Whether this computer has a link of that name."""
    return run(["ip", "link", "show", "dev", link], timeout=10, ok=(0, 1)).code == 0


def taken() -> list[IPv4Network]:
    """Return the blocks inside the labs' range that this computer routes already."""
    routes = json.loads(run(["ip", "-json", "route", "show"], timeout=10).stdout or "[]")
    return blocks(routes)


def blocks(routes: list[dict[str, Any]]) -> list[IPv4Network]:
    """Given routes as `ip -json` tells them, return those inside the labs' range."""
    targets = [route["dst"] for route in routes if route.get("dst", "default") != "default"]
    networks = [IPv4Network(target) for target in targets if ":" not in target]
    return [network for network in networks if network.overlaps(RANGE)]


def _ip(*words: str) -> None:
    run(["ip", *words], timeout=10)
