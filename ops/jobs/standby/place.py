"""Where a cluster lies, how its programs are run as its owner, and how it is started and stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ops.core.errors import CommandError, Unavailable
from ops.core.run import Result, run
from ops.policy.standby import Standby, slot

SHORT, STOP_SECONDS = 60.0, 3600.0
MOST_PRINTED = 1 << 16
OWN = "conf.d/seawall-synchronous.conf"  # whether it waits for its standby, which changes with each failover
_ROOT = Path("/")
_COLUMNS = 6  # of pg_lsclusters


class Steering(Protocol):
    """Starting and stopping a cluster, and keeping it from starting."""

    def start(self) -> None:
        """Start it; return when it answers, or is on its way to."""

    def stop(self) -> None:
        """Stop it in order, so that a standby has all of its log; return when it has ended."""

    def forbid(self) -> None:
        """Keep it from starting, also when the machine boots."""

    def allow(self) -> None:
        """Take that back."""


@dataclass(frozen=True)
class Place:
    """A cluster of this machine.

    name: of the standby in the policy, of which `one` is what is said there. host: this machine. programs, data,
    settings, socket: the folders. account: the owner.
    """

    name: str
    one: Standby
    host: str
    programs: Path
    data: Path
    settings: Path
    socket: Path
    account: str
    steering: Steering

    @property
    def other(self) -> str:
        """The other machine."""
        return self.one.other(self.host)

    @property
    def way(self) -> str:
        """How the other machine's cluster is reached; no secret is in it."""
        return self.one.way(self.name, self.host, str(self.settings / "seawall"))

    @property
    def keeping(self) -> str:
        """SQL by which a primary keeps its log for the other machine from now on, if it does not yet."""
        name = slot(self.name)
        return (
            f"select pg_create_physical_replication_slot('{name}', true) "  # noqa: S608 -- a name of the policy's form
            f"where not exists (select from pg_replication_slots where slot_name = '{name}')"
        )

    @property
    def signal(self) -> Path:
        """The file by which a cluster follows, and takes no writes."""
        return self.data / "standby.signal"

    @property
    def fence(self) -> Path:
        """The mark of a cluster that may not start."""
        return self.settings / "seawall-fenced"  # a drop-in of its unit names it, too

    def as_owner(
        self, argv: Sequence[str | Path], *, timeout: float = SHORT, input: str | None = None, ok: Sequence[int] = (0,)
    ) -> Result:
        """Run a program as the cluster's owner, in English; raise SeawallError."""
        words = ["runuser", "-u", self.account, "--", *argv]
        return run(words, timeout=timeout, input=input, ok=ok, cwd=_ROOT, env={"LC_ALL": "C"}, most=MOST_PRINTED)

    def ask(self, sql: str, *, timeout: float = SHORT) -> str:
        """Return what the cluster answers its owner; raise SeawallError."""
        return self._psql(["--host", str(self.socket), "--port", str(self.one.port), "-d", "postgres"], sql, timeout)

    def ask_other(self, sql: str, *, timeout: float = SHORT) -> str:
        """Return what the other machine's cluster answers, by the certificate of this one; raise SeawallError."""
        return self._psql([f"--dbname={self.way}"], sql, timeout)

    def _psql(self, place: Sequence[str], sql: str, timeout: float) -> str:
        words = ["psql", "-XAtq", "--no-password", "--set=ON_ERROR_STOP=1", *place]
        return self.as_owner(words, timeout=timeout, input=f"{sql};\n").stdout.strip()

    def there(self, path: Path) -> bool:
        """Whether there is a file, as its owner sees it."""
        return self.as_owner(["test", "-e", path], ok=(0, 1)).code == 0

    def touch(self, path: Path) -> None:
        """Make a file that is empty, and bring it to the disk."""
        self.as_owner(["touch", "--", path])
        self.as_owner(["sync", path, path.parent])

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there, and bring that to the disk."""
        self.as_owner(["rm", "-f", "--", path])
        self.as_owner(["sync", path.parent])

    def wait_for_standby(self, *, on: bool) -> None:
        """Have the cluster, when it is a primary, acknowledge only what its standby has, or no longer wait for it."""
        names = f'FIRST 1 ("{slot(self.name)}")' if on else ""
        text = f"# Written by Seawall: seawall standby --help\nsynchronous_standby_names = '{names}'\n"
        path, fresh = self.settings / OWN, self.settings / f"{OWN}.new"
        self.as_owner(["dd", f"of={fresh}", "conv=fsync", "status=none"], input=text)
        self.as_owner(["mv", "-T", "--", fresh, path])


@dataclass(frozen=True)
class Systemd:
    """A cluster as Debian runs it: a unit of systemd's."""

    release: int
    cluster: str

    @property
    def unit(self) -> str:
        """The unit's name."""
        return f"postgresql@{self.release}-{self.cluster}.service"

    def start(self) -> None:
        """Start it; raise SeawallError, which names the unit whose journal tells more."""
        try:
            run(["systemctl", "start", "--", self.unit], timeout=STOP_SECONDS)
        except CommandError as error:
            raise Unavailable(f"{self.unit} did not start", f"journalctl -u {self.unit}") from error

    def stop(self) -> None:
        """Stop it; raise SeawallError."""
        run(["systemctl", "stop", "--", self.unit], timeout=STOP_SECONDS)

    def forbid(self) -> None:
        """Mask the unit."""
        run(["systemctl", "mask", "--", self.unit], timeout=SHORT)

    def allow(self) -> None:
        """Unmask it."""
        run(["systemctl", "unmask", "--", self.unit], timeout=SHORT)


def here(name: str, one: Standby, host: str) -> Place:
    """Return where a standby's cluster lies on this Debian machine; raise Unavailable where it is not."""
    said = run(["pg_lsclusters", "--no-header"], timeout=SHORT, most=MOST_PRINTED).stdout
    for row in (line.split() for line in said.splitlines()):
        if row[:2] == [str(one.release), one.cluster] and len(row) >= _COLUMNS:
            account, data = row[4], Path(row[5])
            if account == "root" or not data.is_absolute():
                break
            programs = Path(f"/usr/lib/postgresql/{one.release}/bin")
            settings = Path(f"/etc/postgresql/{one.release}/{one.cluster}")
            steering = Systemd(one.release, one.cluster)
            return Place(name, one, host, programs, data, settings, Path("/run/postgresql"), account, steering)
    raise Unavailable(
        f"{host} has no cluster {one.release} {one.cluster}",
        f"install postgresql-{one.release}; pg_lsclusters shows the clusters that there are",
    )
