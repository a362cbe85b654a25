"""The package cache: the only thing outside itself that a lab machine can reach.

One apt-cacher-ng serves all labs of this computer on a loopback address of its own; each lab has a door to it
on its bridge. The archive's real address stays here: machines ask for `http://packages/debian`.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.files import lock, write_atomically
from ops.fleet.packaging.mirror import mirror
from ops.fleet.packaging.root_trees import Source
from ops.lab.groups import Group
from ops.lab.identity import Identity, gateway, short_digest
from ops.lab.network import Network

ARCHIVE = "http://packages/debian"
PORT = 3142
STARTED_WITHIN = 60.0  # seconds; another lab may be starting the cache just now
PROXYD = "/lib/systemd/systemd-socket-proxyd"
CONFIGURATION = """\
CacheDir: {home}/cache
LogDir: {home}/log
SupportDir: /usr/lib/apt-cacher-ng
PidFile: {home}/pid
BindAddress: {address}
Port: {port}
Remap-lab: {archive} ; {mirror}
ForeGround: 1
ExThreshold: 30
"""


@dataclass(frozen=True)
class Archive:
    """The package cache of this computer, kept in a folder."""

    home: Path

    @property
    def address(self) -> IPv4Address:
        """A loopback address that no other cache on this network has."""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        number = int(short_digest(str(self.home), boot), 16) % (1 << 22)
        return IPv4Address("127.64.0.1") + number

    @property
    def group(self) -> Group:
        """The control group the cache runs in."""
        return Group(f"packages-{short_digest(str(self.home))}")

    def up(self) -> None:
        """Start the cache unless it runs."""
        self.home.mkdir(parents=True, exist_ok=True)
        for part in ("cache", "log", "conf"):
            (self.home / part).mkdir(exist_ok=True)
        if self.group.alive():
            return
        text = CONFIGURATION.format(home=self.home, address=self.address, port=PORT, archive=ARCHIVE, mirror=mirror())
        write_atomically(self.home / "conf/acng.conf", text, 0o644)
        argv: list[str | Path] = ["apt-cacher-ng", "-c", self.home / "conf"]
        self.group.start(argv, self.home / "console", {})
        wait_for_port(str(self.address), PORT, within=10)

    def down(self) -> None:
        """Stop the cache; what it holds stays."""
        self.group.remove()


def door(identity: Identity) -> Group:
    """Return the control group of a lab's door to the cache."""
    return Group(f"{identity.machine('packages')}")


def open_door(network: Network, archive: Archive, log: Path) -> Source:
    """Let a lab's machines reach the cache at the bridge's own address; return the way to packages."""
    address = gateway(network.block)
    group = door(network.identity)
    with lock(archive.home / "lock", "starting the package cache", wait=STARTED_WITHIN):
        archive.up()
    if not group.alive():
        listen = ["systemd-socket-activate", "--listen", f"{address}:{PORT}"]
        group.start([*listen, PROXYD, f"{archive.address}:{PORT}"], log, {})
        wait_for_port(str(address), PORT, within=10)
    return Source(ARCHIVE, f"http://{address}:{PORT}")


def wait_for_port(address: str, port: int, within: float) -> None:
    """Wait until something answers at a port; raise Unavailable when nothing does in that many seconds."""
    deadline = time.monotonic() + within
    while True:
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise Unavailable(f"no answer at {address} port {port}: {error}") from error
            time.sleep(0.05)
        else:
            return
