"""The status of the fleet, as the control machine joins it: the reports are made of it, and programs get it as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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
class Person:
    """Whoever answers for something, and who stands in for them; empty where the policy does not say it."""

    name: str
    phone: str = ""
    deputy: str = ""
    deputy_phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Due:
    """An act of a machine, and when it is due next. who: the machine that does it.

    what: the asset that is backed up or drilled, or the copy as `ASSET to REPOSITORY`. when: in UTC, ISO 8601.
    """

    kind: Literal["backup", "copy", "drill"]
    what: str
    when: str
    who: str


@dataclass(frozen=True, kw_only=True)
class Room:
    """How much room a backup host has for repositories, and what is known of its growth.

    path: of the file system that is watched; empty where the policy has none watched.
    free_bytes: None where nobody looks, or nothing was answered. days: for how long the disk has been watched.
    bytes_per_day: by which it fills, below 0 where it empties; None as long as it has not been watched for long enough.
    full: when it is full at that rate, in UTC, ISO 8601; None where it does not fill.
    """

    host: str
    path: str = ""
    free_bytes: int | None = None
    days: int = 0
    bytes_per_day: int | None = None
    full: str | None = None


@dataclass(frozen=True, kw_only=True)
class Before:
    """The status to compare with: the last one of an earlier day. time: when it was, in UTC, ISO 8601."""

    time: str
    assets: Mapping[str, Verdict]
    machines: Mapping[str, Verdict]


@dataclass(frozen=True, kw_only=True)
class AssetStatus:
    """An asset: what the policy says of it, what its own machine and its drill host say, and what comes of that.

    repository, copies_to: where the policy wants its backup and, by name, its copies. away: names of the copies that a
    disaster of the site does not reach. backup_away: whether its backup is so, too. person: whoever answers for it.
    log: how the archiving of its log ended, where that is done.
    """

    host: str
    owner: str
    summary: str
    rpo_seconds: int
    rto_seconds: int
    verdict: Verdict
    message: str = ""
    backup: State | None = None
    copies: Mapping[str, State | None] = field(default_factory=dict)
    repository: str = ""
    copies_to: Mapping[str, str] = field(default_factory=dict)
    drill_host: str | None = None
    drill_every_seconds: int | None = None
    drill: State | None = None
    findings: tuple[AssetFinding, ...] = ()
    away: tuple[str, ...] = ()
    backup_away: bool = False
    person: Person | None = None
    log: State | None = None

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
            "repository": self.repository,
            "copies_to": dict(self.copies_to),
            "drill_host": self.drill_host,
            "drill_every_seconds": self.drill_every_seconds,
            "drill": _state(self.drill),
            "verdict": self.verdict.value,
            "message": self.message,
            "findings": [encode(finding) for finding in self.findings],
            "away": list(self.away),
            "backup_away": self.backup_away,
            "person": encode(self.person),
            **({"log": written(self.log)} if self.log else {}),
        }


@dataclass(frozen=True, kw_only=True)
class DutyStatus:
    """A duty: what a person is to do, when it is due, and when and by whom it was last attested.

    host: the machine whose duty it is; empty for one of the site. who, phone: the contact who does it. standing: later,
    soon, overdue, ended, or unknown where it can't be judged. due: the last day on which it is in time; empty where it
    is due at once, or never again. One that has ended is due still if its last time was not fulfilled: then it warns.
    until: the last day on which it is asked for. done: when it was last attested, in UTC, by whom and on which machine;
    empty where it never was. message: why nothing can be said for sure.
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
    on: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class FleetStatus:
    """The whole fleet. site, timezone, language: of the policy; empty where there is none.

    due: what machines do next, the earliest first. duties: what persons have to do. rooms: of the backup hosts.
    before: what to compare with; None without it, with `not_compared` where it can't be read, else the first time.
    """

    time: str
    verdict: Verdict
    machines: Mapping[str, MachineStatus]
    assets: Mapping[str, AssetStatus]
    site: str = ""
    timezone: str = ""
    language: str = ""
    due: tuple[Due, ...] = ()
    rooms: tuple[Room, ...] = ()
    before: Before | None = None
    not_compared: str = ""
    duties: tuple[DutyStatus, ...] = ()

    def written(self) -> dict[str, Plain]:
        """Return it as plain data, for programs."""
        return {
            "version": VERSION,
            "time": self.time,
            "site": {"name": self.site, "timezone": self.timezone, "language": self.language} if self.site else {},
            "verdict": self.verdict.value,
            "machines": {name: machine.written() for name, machine in self.machines.items()},
            "assets": {name: asset.written() for name, asset in self.assets.items()},
            "due": [encode(one) for one in self.due],
            "rooms": [encode(one) for one in self.rooms],
            "before": encode(self.before),
            "not_compared": self.not_compared,
            "duties": [encode(duty) for duty in self.duties],
        }


def _state(state: State | None) -> Plain:
    return written(state) if state else None
