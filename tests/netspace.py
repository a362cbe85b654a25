"""Network name spaces of the tests: machines without a machine, with the kernel's real rules and real connections."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count

from ops.core.run import Result, run

_numbers = count()


@dataclass(frozen=True)
class Space:
    """A network of its own, as long as the process `holder` runs."""

    holder: int

    def run(self, *argv: str, input: str | None = None, ok: range | tuple[int, ...] = (0,)) -> Result:
        """Run a program in this network."""
        return run(["nsenter", f"--net=/proc/{self.holder}/ns/net", *argv], timeout=30, input=input, ok=ok)


@contextmanager
def space() -> Iterator[Space]:
    """Make a network with nothing in it but a loopback that is up."""
    held = ["unshare", "--net", "sh", "-c", "ip link set lo up && echo there; read -r _"]
    with subprocess.Popen(held, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"there\n"
        yield Space(holder.pid)


@contextmanager
def two(first: list[str], second: list[str]) -> Iterator[tuple[Space, Space]]:
    """Make two networks with a cable between them, and the addresses of each side, such as 192.0.2.1/24."""
    with ExitStack() as stack:
        spaces = [stack.enter_context(space()) for _ in range(2)]
        near, far = (f"swt{next(_numbers)}" for _ in range(2))
        peer = ["peer", "name", far, "netns", str(spaces[1].holder)]
        spaces[0].run("ip", "link", "add", near, "type", "veth", *peer)
        for one, link, addresses in zip(spaces, (near, far), (first, second), strict=True):
            for address in addresses:
                one.run("ip", "address", "add", address, "dev", link, *(("nodad",) if ":" in address else ()))
            one.run("ip", "link", "set", link, "up")
        yield spaces[0], spaces[1]
