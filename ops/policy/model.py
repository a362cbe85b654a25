"""The types of the policy; of their docstrings docs/policy.md is made, the reference for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ops.core.calendar import Calendar, Item
from ops.core.quantity import Day, Duration
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
from ops.policy.push import Push
from ops.policy.queries import Expectation, Reference
from ops.policy.reports import Reports
from ops.policy.site import AWAY, Contact, Repository, Site
from ops.policy.spread import Spread

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
    "PackUse",
    "Repository",
    "Retention",
    "Site",
    "SourceSpec",
    "Written",
]

VERSION = 1
DRILL_SPREAD = Duration(900)  # by how much the starts of drills are spread


@dataclass(frozen=True)
class SourceSpec:
    """One thing whose data are captured.

    kind: postgresql, files, ...; a module in ops/sources.
    options: options of the kind.
    """

    kind: str
    options: Any = field(default_factory=dict)


@dataclass(frozen=True)
class Copy:
    """A copy of the newest good set in another repository.

    to: the repository to copy to.
    calendar: when to copy, such as `day 10, day 20, last day` or a systemd calendar expression; without a time of day,
        after that day's last backup.
    grace: how long after it was due a copy is not yet late; one of a window is not late before the window's end.
    """

    to: str
    calendar: Calendar
    grace: Duration = Duration(86_400)


@dataclass(frozen=True)
class Drill:
    """A restore made to prove that restoring works.

    host: the drill host, on which the restored system runs.
    kind: database, files, machine, crash or point_in_time; a module in ops/drills.
    options: options of the kind.
    every: the maximum age of the last good drill.
    calendar: when the drill starts by itself; without a time of day, at 04:00.
    expectations: queries of the restored data, by name.
    references: queries for the files that rows name, by name; for PostgreSQL, and kinds of drill that query a database.
    asks: the database to query, if there are several: a part of the set such as `database.his`, or for
        a machine the port and the name, such as `5432/his`; for a drill of the kind `point_in_time` the name.
    release: the Debian release of the tree in which the throwaway server runs.
    """

    host: str
    every: Duration
    kind: str = "database"
    options: Any = field(default_factory=dict)
    calendar: Calendar = field(default_factory=lambda: Calendar("Sun 04:00", (Item("Sun *-*-*", "04:00:00"),)))
    expectations: Mapping[str, Expectation] = field(default_factory=dict)
    references: Mapping[str, Reference] = field(default_factory=dict)
    asks: str = ""
    release: Literal["bookworm", "trixie"] = "bookworm"


@dataclass(frozen=True)
class Asset:
    """Something the policy protects, with one name, one owner, one RPO and one RTO.

    class: the class in `defaults` from which it takes what is not written here, also what is required; what that
        class doesn't say comes from the class `standard`. See [classes](classes.md).
    owner: the contact who is responsible for it.
    summary: a description in a few words.
    sources: what is backed up, by name; all in one set.
    repository: the repository to which it is backed up.
    schedule: when to back it up; without a time of day, at 23:00.
    random_delay: the maximum random delay of a start, so that not all machines start at once.
    rpo: how much work may be lost: the maximum age of the newest good set.
    rto: how long a restore may take.
    retention: how long sets are kept.
    copies: copies in other repositories, by name; `none` instead of one leaves out what the class has.
    drill: how to prove that it can be restored; `none` leaves out the drill of the class.
    without: how people work while it is down, and when they start to; printed in the runbook.
    deletable: when `seawall deletable` lets files of it be deleted.
    """

    owner: str
    sources: Mapping[str, SourceSpec]
    repository: str
    schedule: Calendar
    rpo: Duration
    rto: Duration
    retention: Retention
    class_: str = spare("standard")
    summary: str = ""
    random_delay: Duration = Duration(900)
    copies: Mapping[str, Copy] = field(default_factory=dict)
    drill: Drill | None = None
    without: str = ""
    deletable: Deletable = spare(Deletable())


@dataclass(frozen=True)
class AssetClass:
    """What the assets of a class have in common; each key may be missing, and the asset's own are merged into them.

    owner: the contact who is responsible.
    repository: the repository to which they are backed up.
    schedule: when to back them up.
    random_delay: the maximum random delay of a start.
    rpo: how much work may be lost.
    rto: how long a restore may take.
    retention: how long sets are kept.
    copies: copies in other repositories, by name.
    drill: how to prove that they can be restored; without `asks` and `expectations`, which query one asset's data.
    """

    owner: str | None = None
    repository: str | None = None
    schedule: Calendar | None = None
    random_delay: Duration | None = None
    rpo: Duration | None = None
    rto: Duration | None = None
    retention: Retention | None = None
    copies: Mapping[str, Copy] | None = None
    drill: Drill | None = None


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
    spread: how many backups may run at once at a backup host; see [fleet.md](fleet.md#hundreds-of-machines).
    push: how often machines hand their status over to their backup hosts; see [fleet.md](fleet.md). Without it, never.
    reports: which reports of the whole site are mailed, and to whom; the same for every host.
    packs: the written procedures whose clauses `seawall conformity` judges, by the name of their pack; for all hosts.
    incidents: what the site says of incidents beside their classes, which are those of `alarms`; for all hosts.
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
    push: Push | None = None
    spread: Spread | None = None
    reports: Reports | None = None
    packs: Mapping[str, PackUse] = field(default_factory=dict)
    incidents: Incidents | None = None
    exports: Mapping[str, Export] | None = None
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
    here, by the machine that has them and by their names. power: the group of the UPS that feeds this machine. packs,
    incidents: the site's; they stay on the control machine.
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
    push: Push | None = None
    spread: Spread | None = None
    reports: Reports | None = None
    packs: Mapping[str, PackUse] = field(default_factory=dict)
    incidents: Incidents | None = None
    exports: Mapping[str, Export] | None = None
    hardening: Hardening | None = None

    @property
    def all_duties(self) -> Mapping[str, Duty]:
        """The duties that an attestation on this machine can fulfil."""
        return {**self.site_duties, **self.duties}
