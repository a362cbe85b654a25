"""The status of the fleet, as the control machine joins it: the reports are made of it, and programs get it as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.core.schema import Plain, encode
from ops.core.verdict import Verdict
from ops.interfaces.state import State, written
from ops.interfaces.status_answer import StatusAnswer

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class AssetFinding:
    """One thing that is known of an asset. about: `backup`, `drill`, `copy NAME` or `asset`."""

    about: str
    verdict: Verdict
    message: str


@dataclass(frozen=True, kw_only=True)
class MachineStatus:
    """A machine: what it told, or why it told nothing."""

    verdict: Verdict
    message: str = ""
    told: StatusAnswer | None = None

    def written(self) -> dict[str, Plain]:
        """Return it as plain data."""
        return self.told.written() if self.told else {"verdict": self.verdict.value, "message": self.message}


@dataclass(frozen=True, kw_only=True)
class AssetStatus:
    """An asset: what the policy says of it, what its own machine and its drill host say, and what comes of that."""

    host: str
    owner: str
    summary: str
    rpo_seconds: int
    rto_seconds: int
    verdict: Verdict
    message: str = ""
    backup: State | None = None
    copies: Mapping[str, State | None] = field(default_factory=dict)
    drill_host: str | None = None
    drill_every_seconds: int | None = None
    drill: State | None = None
    findings: tuple[AssetFinding, ...] = ()

    def written(self) -> dict[str, Plain]:
        """Return it as plain data."""
        return {
            "host": self.host,
            "owner": self.owner,
            "summary": self.summary,
            "rpo_seconds": self.rpo_seconds,
            "rto_seconds": self.rto_seconds,
            "backup": _state(self.backup),
            "copies": {name: _state(state) for name, state in self.copies.items()},
            "drill_host": self.drill_host,
            "drill_every_seconds": self.drill_every_seconds,
            "drill": _state(self.drill),
            "verdict": self.verdict.value,
            "message": self.message,
            "findings": [encode(finding) for finding in self.findings],
        }


@dataclass(frozen=True, kw_only=True)
class DutyStatus:
    """A duty: what a person is to do, when it is due, and when and by whom it was last attested.

    host: the machine whose duty it is; empty for one of the site. who, phone: the contact who does it. standing: later,
    soon, overdue or ended. due: the last day on which it is in time; empty where it is due at once, or never again.
    until: the last day on which it is asked for. done: when it was last attested, in UTC, and by whom; empty where it
    never was. message: why nothing can be said for sure.
    """

    name: str
    host: str
    what: str
    who: str
    standing: str
    verdict: Verdict
    phone: str = ""
    due: str = ""
    until: str = ""
    done: str = ""
    by: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class FleetStatus:
    """The whole fleet. site, timezone: of the policy; empty where there is none."""

    time: str
    verdict: Verdict
    machines: Mapping[str, MachineStatus]
    assets: Mapping[str, AssetStatus]
    site: str = ""
    timezone: str = ""
    duties: tuple[DutyStatus, ...] = ()

    def written(self) -> dict[str, Plain]:
        """Return it as plain data, for programs."""
        return {
            "version": VERSION,
            "time": self.time,
            "site": {"name": self.site, "timezone": self.timezone} if self.site else {},
            "verdict": self.verdict.value,
            "machines": {name: machine.written() for name, machine in self.machines.items()},
            "assets": {name: asset.written() for name, asset in self.assets.items()},
            "duties": [encode(duty) for duty in self.duties],
        }


def _state(state: State | None) -> Plain:
    return written(state) if state else None
