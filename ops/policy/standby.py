"""The types of the policy's standbys: two machines with one PostgreSQL cluster, of which one follows the other."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.core.limits import demand_between, demand_port
from ops.core.quantity import Duration, Size

ROLE = "seawall_standby"  # that follows the primary, by the certificate of its machine
_CLUSTER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]{0,39}")
_OLDEST, _NEWEST, _TWO = 15, 99, 2
_MIB = 1 << 20


@dataclass(frozen=True)
class Standby:
    """A PostgreSQL cluster on two machines, one of which follows the other by streaming; see [standby.md](standby.md).

    Which of them is the primary is not written here: it changes with each failover, and the machines know it.

    machines: the two machines, by their names in the inventory, each with the address at which the other reaches it.
    release: the major release of PostgreSQL, the same on both: 15 on Debian 12, 17 on Debian 13.
    cluster: the name of the cluster, as `pg_lsclusters` shows it.
    port: its port, the same on both.
    synchronous: whether a commit is acknowledged only when the standby has it on its disk.
    kept_log: how much of its log the primary keeps for a standby that is away; beyond that, the standby is made anew.
    lag_warn_above: the lag from which on the check warns, in bytes of the log.
    lag_fail_above: likewise, from which on it fails.
    seconds_warn_above: how far behind the standby may show data before the check warns.
    seconds_fail_above: likewise, before it fails.
    start_alone: whether the former primary starts, after `start_wait`, although the other machine does not answer.
    start_wait: for how long a primary that starts waits for the other machine to say that it is none.
    """

    machines: Mapping[str, str]
    release: int
    cluster: str = "main"
    port: int = 5432
    synchronous: bool = False
    kept_log: Size = Size(16 << 30)
    lag_warn_above: Size = Size(64 * _MIB)
    lag_fail_above: Size = Size(1024 * _MIB)
    seconds_warn_above: Duration = Duration(60)
    seconds_fail_above: Duration = Duration(600)
    start_alone: bool = False
    start_wait: Duration = Duration(120)

    def __post_init__(self) -> None:
        """Demand two machines with addresses, and limits in their order."""
        if len(self.machines) != _TWO:
            raise ValueError(f"machines has {len(self.machines)}; expected the two machines that have the cluster")
        for host, address in self.machines.items():
            try:
                ipaddress.ip_address(address)
            except ValueError as error:
                raise ValueError(f"machines.{host} is {address!r}; expected an address such as 192.0.2.11") from error
        if len(set(self.machines.values())) != _TWO:
            raise ValueError("machines has one address twice; expected that of each machine")
        if not _CLUSTER.fullmatch(self.cluster):
            raise ValueError(f"cluster is {self.cluster!r}; expected a name such as main")
        demand_port("port", self.port)
        demand_between("release", self.release, _OLDEST, _NEWEST)
        demand_between("kept_log", self.kept_log, Size(64 * _MIB), Size(1 << 50))
        demand_between("lag_warn_above", self.lag_warn_above, Size(1), self.lag_fail_above)
        demand_between("seconds_warn_above", self.seconds_warn_above, Duration(1), self.seconds_fail_above)
        demand_between("start_wait", self.start_wait, Duration(1), Duration(3600))

    def other(self, host: str) -> str:
        """Return the name of the other machine."""
        return next(name for name in self.machines if name != host)

    def way(self, name: str, host: str, folder: str) -> str:
        """Return how a machine reaches the other one's cluster, in the words of libpq; no secret is among them.

        name: of the standby in the policy. folder: where certificate, key and authority of this machine lie.
        """
        other = self.other(host)
        said = {
            "host": other,  # by which its certificate is judged
            "hostaddr": self.machines[other],
            "port": self.port,
            "user": ROLE,
            "dbname": "postgres",
            "sslmode": "verify-full",
            "sslrootcert": f"{folder}/authority.pem",
            "sslcert": f"{folder}/tls.pem",
            "sslkey": f"{folder}/tls.key",
            "connect_timeout": 10,
            "application_name": slot(name),
        }
        return " ".join(f"{key}={value}" for key, value in said.items())


Standbys = Mapping[str, Standby]


def slot(name: str) -> str:
    """Return the name of the slot by which the primary keeps its log, and by which the standby calls itself there."""
    return f"seawall_{name}"


def own(standbys: Standbys, host: str) -> dict[str, Any]:
    """Return the standbys that a machine needs to know: those that it is one of the two of."""
    return {name: one for name, one in standbys.items() if host in one.machines}
