"""One lab machine: an overlay over a root tree, booted by systemd-nspawn, reached by ssh like any server."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import CommandError, Unavailable
from ops.core.run import Result, run
from ops.fleet.packaging.root_trees import clear
from ops.lab import identity as names
from ops.lab.archive import wait_for_port
from ops.lab.furnish import Furniture, furnish
from ops.lab.groups import Group
from ops.lab.network import Network

NSPAWN = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
# Plain overlays: their layers may be reused, and another machine may lie on top of them.
OVERLAY = "index=off,xino=off,metacopy=off,redirect_dir=off"
POWER_OFF = signal.SIGRTMIN + 4
DRILLS = "/var/lib/seawall/drills"
# A drill host runs machines of its own, mounts repositories and files; the clock and the kernel stay this computer's.
NESTING = (
    "--capability=all",
    "--drop-capability=CAP_SYS_TIME,CAP_SYS_MODULE",
    "--bind=/dev/fuse",
)
# By it files are mounted. Where this computer has none, a drill host of the lab does without, and says so.
LOOP_CONTROL = Path("/dev/loop-control")
LOOPS = 16  # so many at once, by all labs of this computer
LOOP_MAJOR = 7


@dataclass(frozen=True)
class Machine:
    """A host of the lab: `place` holds its disk and console on this computer.

    layer: what lies between its tree and its disk, of a converged lab; without it the machine is as Debian made it.
    """

    host: str
    tree: Path
    network: Network
    place: Path
    furniture: Furniture
    nests: bool = False
    layer: Path | None = None

    @property
    def address(self) -> str:
        """The address it answers at."""
        return str(names.address(self.network.block, self.host))

    @property
    def group(self) -> Group:
        """The control group all its processes are in."""
        return Group(self.network.identity.machine(self.host))

    @property
    def root(self) -> Path:
        """Its root directory, while it is mounted."""
        return self.place / "root"

    @property
    def console(self) -> Path:
        """What it printed while it booted."""
        return self.place / "console"

    def running(self) -> bool:
        """Whether it is up, however far its boot has come."""
        return self.group.first_process() is not None

    def boot(self) -> None:
        """Start it; its disk is as it was left, or fresh at first. Return before it answers."""
        if self.running():
            return
        self.group.remove()
        self._mount()
        if self.layer and not self.console.exists():
            self._wake(self.layer)
        self._make_loops()
        furnish(self.root, self.host, self.address, self.network, self.furniture)
        self.network.remove_link(self.host)  # in its way, no machine of that name could have one
        env = NSPAWN | ({"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1"} if self.nests else {})
        self.group.start(self._nspawn(), self.console, env)

    def wait(self, within: float = 60) -> None:
        """Wait until it accepts ssh and its boot is over; raise Unavailable with its last words otherwise."""
        try:
            wait_for_port(self.address, 22, within)
            state = self.ssh("systemctl is-system-running --wait", timeout=within, ok=range(255))
        except (Unavailable, CommandError) as error:
            raise Unavailable(f"{self.host} did not come up", f"{error}\n{self.last_words()}") from error
        if state.stdout.strip() not in {"running", "degraded"}:
            raise Unavailable(f"{self.host} is {state.stdout.strip()}", self.last_words())

    def stop(self, within: float = 20) -> bool:
        """Shut it down as its power button does; return False when it did not end in time and was forced."""
        first = self.group.first_process()
        ended = first is None
        if first is not None:
            os.kill(first, POWER_OFF)
            ended = self.group.ended(within)
        self.group.remove()
        return ended

    def kill(self) -> None:
        """Cut its power: every process dies at once, the disk stays as it is."""
        self.group.remove()

    def remove(self) -> None:
        """End it and forget its disk."""
        self.kill()
        clear(self.place)

    def cut(self) -> None:
        """Pull its network cable."""
        self.network.set_link(self.host, "down")

    def mend(self) -> None:
        """Plug its network cable in again."""
        self.network.set_link(self.host, "up")

    def ssh(
        self,
        command: str,
        *,
        timeout: float = 60,
        input: str | None = None,
        ok: Collection[int] = (0,),
    ) -> Result:
        """Run a shell line on it as root and return what it printed; ssh's own failures raise CommandError."""
        return run([*self.ssh_argv(), command], timeout=timeout, input=input, ok=ok)

    def ssh_argv(self, options: Sequence[str] = ("-o", "BatchMode=yes")) -> list[str]:
        """Return the ssh command that leads to it."""
        return [
            "ssh", "-F", "none", *options,
            "-o", f"UserKnownHostsFile={self.furniture.known_hosts}",
            "-o", "StrictHostKeyChecking=yes",
            "-o", "ConnectTimeout=5",
            "-o", "LogLevel=ERROR",
            "-i", str(self.furniture.key),
            f"root@{self.address}",
        ]  # fmt: skip

    def last_words(self) -> str:
        """Return the end of its console."""
        if not self.console.exists():
            return "no output"
        return "\n".join(self.console.read_text(errors="replace").splitlines()[-8:])

    def _mount(self) -> None:
        for part in ("upper", "work", "root", "drills"):
            (self.place / part).mkdir(parents=True, exist_ok=True)
        if self.root.is_mount():
            return
        layers = f"lowerdir={self._lower()},upperdir={self.place}/upper,workdir={self.place}/work"
        run(["mount", "-t", "overlay", "overlay", "-o", f"{layers},{OVERLAY}", self.root], timeout=30)

    def _wake(self, layer: Path) -> None:
        """Before the first boot on a layer: bring the folder that lies on no disk, and let timers count from now.

        But for that of the look at the devices: what it saw is too old after some hours, so it makes up for what it
        missed.
        """
        run(["cp", "-a", f"{layer / 'drills'}/.", self.place / "drills"], timeout=60)
        for stamp in (self.root / "var/lib/systemd/timers").glob("stamp-*"):
            if stamp.name != "stamp-seawall-devices.timer":
                os.utime(stamp)

    def _make_loops(self) -> None:
        """Make the nodes of loop devices, as the kernel makes them on a computer of its own."""
        for number in range(LOOPS if self.nests else 0):
            node = self._loop(number)
            if not node.exists():
                os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(LOOP_MAJOR, number))

    def _loop(self, number: int) -> Path:
        return self.place / f"loop{number}"

    def _lower(self) -> str:
        """Return what lies below its disk: the layer, the tree, and what the tree itself was laid over."""
        below = self.tree / "below"
        trees = f"{self.tree / 'root'}:{below.resolve()}" if below.exists() else str(self.tree)
        return f"{self.layer / 'upper'}:{trees}" if self.layer else trees

    def _loops(self) -> list[str]:
        if not LOOP_CONTROL.exists():
            return []
        nodes = [f"--bind={self._loop(number)}:/dev/loop{number}" for number in range(LOOPS)]
        return [f"--bind={LOOP_CONTROL}", *nodes]

    def _nspawn(self) -> list[str]:
        nesting = [*NESTING, f"--bind={self.place / 'drills'}:{DRILLS}", *self._loops()] if self.nests else []
        return [
            "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot",
            "--resolv-conf=off", "--link-journal=no", "--timezone=off", "--console=read-only",
            f"--machine={self.network.identity.machine(self.host)}",
            f"--hostname={self.host}",
            f"--network-bridge={self.network.identity.bridge}",
            f"--directory={self.root}",
            *nesting,
        ]  # fmt: skip
