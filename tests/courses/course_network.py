"""The conductor's network, which is this process's own, and that of all other machines, with a cable between them."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from netspace import Space, space

from ops.core.run import run

HERE, THERE = "198.18.0.1", "198.18.0.2"
NEAR, FAR = "near", "far"
PORT = 22
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass
class Network:
    """Who is seen there: each machine has an address as long as it has power, and a port as long as it is up."""

    far: Space
    names: list[str]
    cabled: bool = True
    ports: dict[str, socket.socket] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def address(self, name: str) -> str:
        """Return the address of a machine; the conductor, the first, is here."""
        number = self.names.index(name)
        return f"198.18.0.{9 + number}" if number else HERE

    def there(self) -> list[str]:
        """Return the words before a program that let it run in the other network."""
        return ["nsenter", f"--net=/proc/{self.far.holder}/ns/net"]

    def joined(self, cabled: bool) -> None:
        """Plug the cable in, or out."""
        if cabled != self.cabled:
            run(["ip", "link", "set", NEAR, "up" if cabled else "down"], timeout=60)
            self.cabled = cabled

    def appears(self, name: str, *, refuses: bool = False) -> None:
        """Let a machine have power: its port takes connections, or its kernel refuses them."""
        if name == self.names[0]:
            return
        if name not in self.seen:
            self.far.run("ip", "address", "add", f"{self.address(name)}/32", "dev", FAR)
            self.seen.add(name)
        if not refuses and name not in self.ports:
            self.ports[name] = self._listener(self.address(name))

    def vanishes(self, name: str) -> None:
        """Let a machine be without power: nothing answers for it."""
        if name in self.seen:
            self.far.run("ip", "address", "delete", f"{self.address(name)}/32", "dev", FAR)
            self.seen.remove(name)
        if name in self.ports:
            self.ports.pop(name).close()

    def answer(self) -> None:
        """Take the connections that wait, as a server would."""
        for port in self.ports.values():
            try:
                while True:
                    port.accept()[0].close()
            except BlockingIOError:
                pass

    def _listener(self, address: str) -> socket.socket:
        """Return a port in the other network: a socket stays in the one in which it was made."""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            _enter(f"/proc/{self.far.holder}/ns/net")
            try:
                made = socket.create_server((address, PORT), backlog=50)
            finally:
                _enter(f"/proc/self/fd/{here}")
        finally:
            os.close(here)
        made.setblocking(False)
        return made


def _enter(space: str) -> None:
    """Let this thread's new sockets be in a network."""
    opened = os.open(space, os.O_RDONLY)
    try:
        if _LIBC.setns(opened, 0) != 0:
            raise OSError(ctypes.get_errno(), f"{space} can't be entered")
    finally:
        os.close(opened)


@contextmanager
def network(names: list[str]) -> Iterator[Network]:
    """Make the two networks for a block; the conductor's name is the first one."""
    run(["ip", "link", "set", "lo", "up"], timeout=60)
    with space() as far:
        run(["ip", "link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", str(far.holder)], timeout=60)
        run(["ip", "address", "add", f"{HERE}/24", "dev", NEAR], timeout=60)
        run(["ip", "link", "set", NEAR, "up"], timeout=60)
        far.run("ip", "address", "add", f"{THERE}/24", "dev", FAR)
        far.run("ip", "link", "set", FAR, "up")
        yield Network(far, names)
