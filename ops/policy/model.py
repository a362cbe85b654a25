"""The types of the policy; of their docstrings docs/policy.md is made, the reference for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.core.quantity import Day
from ops.core.schema import spare
from ops.policy.alarms import Alarms
from ops.policy.battery import BatteryTest
from ops.policy.control import Control
from ops.policy.deletable import Deletable
from ops.policy.duty import Duty
from ops.policy.exports import Export
from ops.policy.hardening import Hardening
from ops.policy.incidents import Incidents
from ops.policy.keeping import Kept, Retention
from ops.policy.packs import PackUse
from ops.policy.power import PowerGroup
from ops.policy.protected import DRILL_SPREAD, Asset, AssetClass, Copy, Drill, OldestDrill, SourceSpec
from ops.policy.push import Push
from ops.policy.queries import Expectation
from ops.policy.reports import Reports
from ops.policy.site import AWAY, Contact, Repository, Site
from ops.policy.spread import Spread
from ops.policy.standby import Standby

__all__ = [
    "AWAY",
    "DRILL_SPREAD",
    "VERSION",
    "Alarms",
    "Asset",
    "AssetClass",
    "CheckSpec",
    "Contact",
    "Control",
    "Copy",
    "Deletable",
    "Drill",
    "Drilled",
    "Duty",
    "Excuse",
    "Expectation",
    "Export",
    "Hardening",
    "HostPolicy",
    "Kept",
    "OldestDrill",
    "PackUse",
    "Repository",
    "Retention",
    "Site",
    "SourceSpec",
    "Written",
]

VERSION = 1


@dataclass(frozen=True)
class CheckSpec:
    """A check of one thing on a machine.

    kind: disk, memory, units, ups, ...; a module in ops/health.
    options: limits and names for the kind.
    """

    kind: str
    options: Any = field(default_factory=dict)


@dataclass(frozen=True)
class Excuse:
    """Why a gap is acceptable, and until when.

    what: its name as in `seawall gaps`; `*` at the end matches everything that begins like that, `path:` everything
        below.
    reason: why it needs no backup, in one sentence.
    until: the last day on which this holds; then somebody must decide again.
    """

    what: str
    reason: str
    until: Day


@dataclass(frozen=True)
class Written:
    """What an inventory can define for one machine, with all layers merged.

    version: the version of this format; 1.
    site: the site as a whole.
    contacts: people, by name.
    repositories: restic repositories, by name.
    defaults: what assets don't have to say, by class; `standard` is the class of every asset that names none.
    assets: what is protected on this machine, by name; written for a host, or for each host of a group.
    checks: what is checked on this machine, by name.
    exceptions: gaps on this machine that are acceptable, by name.
    duties: acts of people with a due day, by name; those in `policy__all` are the site's, all others this machine's.
    exports: data of this machine that leave again and again, encrypted to somebody, by name.
    control: the backup of the control machine; the same for every host.
    alarms: who is told of bad findings of this machine; without it, nobody is.
    power: the machines that a UPS feeds, by group; the same for every host. See [ups.md](ups.md).
    battery_test: when the UPS of this machine tests its battery; without it, nobody asks it to. See [ups.md](ups.md).
    metrics: whether rounds of checks leave figures for a Prometheus of the site; see [prometheus.md](prometheus.md).
    watch_backup_hosts: whether this machine, if it keeps repositories, looks whether the other backup hosts answer; see
        [silent-machines.md](silent-machines.md).
    spread: how many backups may run at once at a backup host; see [fleet.md](fleet.md#hundreds-of-machines).
    push: how often machines hand their status over to their backup hosts; see [fleet.md](fleet.md). Without it, never.
    reports: which reports of the whole site are mailed, and to whom; the same for every host.
    packs: the written procedures whose clauses `seawall conformity` judges, by the name of their pack; for all hosts.
    incidents: what the site says of incidents beside their classes, which are those of `alarms`; for all hosts.
    standby: PostgreSQL clusters that another machine follows, by name; for all hosts. See [standby.md](standby.md).
    hardening: what `playbooks/harden.yml` makes of this machine; see [hardening.md](hardening.md). Without it, nothing.
    """

    version: int
    site: Site
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    repositories: Mapping[str, Repository] = field(default_factory=dict)
    defaults: Mapping[str, AssetClass] = field(default_factory=dict)  # already merged into the assets
    assets: Mapping[str, Asset] = field(default_factory=dict)
    checks: Mapping[str, CheckSpec] = field(default_factory=dict)
    exceptions: Mapping[str, Excuse] = field(default_factory=dict)
    duties: Mapping[str, Duty] = field(default_factory=dict)
    control: Control | None = None
    alarms: Alarms | None = None
    power: Mapping[str, PowerGroup] | None = None
    battery_test: BatteryTest | None = None
    metrics: bool = spare(False)
    watch_backup_hosts: bool = spare(True)
    push: Push | None = None
    spread: Spread | None = None
    reports: Reports | None = None
    packs: Mapping[str, PackUse] = field(default_factory=dict)
    incidents: Incidents | None = None
    exports: Mapping[str, Export] | None = None
    standby: Mapping[str, Standby] | None = None
    hardening: Hardening | None = None


@dataclass(frozen=True)
class Drilled:
    """An asset of another machine that is drilled on this one."""

    host: str
    asset: Asset


@dataclass(frozen=True)
class HostPolicy:
    """One machine's part of the policy, as it lies on that machine.

    duties: this machine's own; site_duties: the site's, the same on every machine. kept: the assets whose sets are kept
    here, by the machine that has them and by their names. peers: the other backup hosts, if it is one. power: the group
    of the UPS that feeds this machine. standby: those that it is one of the two machines of. packs, incidents: the
    site's; they stay on the control machine.
    """

    version: int
    host: str
    site: Site
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    repositories: Mapping[str, Repository] = field(default_factory=dict)
    assets: Mapping[str, Asset] = field(default_factory=dict)
    drills: Mapping[str, Drilled] = field(default_factory=dict)
    clients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checks: Mapping[str, CheckSpec] = field(default_factory=dict)
    exceptions: Mapping[str, Excuse] = field(default_factory=dict)
    duties: Mapping[str, Duty] = field(default_factory=dict)
    site_duties: Mapping[str, Duty] = field(default_factory=dict)
    control: Control | None = None
    kept: Mapping[str, Mapping[str, Kept]] = field(default_factory=dict)
    alarms: Alarms | None = None
    power: Mapping[str, PowerGroup] | None = None
    battery_test: BatteryTest | None = None
    metrics: bool = spare(False)
    peers: tuple[str, ...] = spare(())
    push: Push | None = None
    spread: Spread | None = None
    reports: Reports | None = None
    packs: Mapping[str, PackUse] = field(default_factory=dict)
    incidents: Incidents | None = None
    exports: Mapping[str, Export] | None = None
    standby: Mapping[str, Standby] | None = None
    hardening: Hardening | None = None

    @property
    def all_duties(self) -> Mapping[str, Duty]:
        """The duties that an attestation on this machine can fulfil."""
        return {**self.site_duties, **self.duties}
