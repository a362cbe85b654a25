"""The types of the policy; of their docstrings docs/policy.md is made, the reference for administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ops.core.calendar import Calendar
from ops.core.quantity import Day, Duration

VERSION = 1
AWAY = ("offsite", "removable")  # places that a disaster of the site does not reach
DRILL_SPREAD = Duration(900)  # by how much the starts of drills are spread


@dataclass(frozen=True)
class Site:
    """The site as a whole.

    name: what people call it; stands on reports.
    timezone: the zone in which calendars are read and reports are written, such as America/Sao_Paulo.
    """

    name: str
    timezone: str = "UTC"


@dataclass(frozen=True)
class Contact:
    """A person who answers for something.

    name: the person or post.
    phone: where they are reached at once.
    mail: where reports go.
    deputy: the contact who stands in for them.
    """

    name: str
    phone: str = ""
    mail: str = ""
    deputy: str | None = None


@dataclass(frozen=True)
class Repository:
    """A place that keeps snapshots.

    kind: how it is reached; a file in ops/targets.
    place: local, primary, offsite or removable.
    host: the machine of the inventory that keeps it.
    options: what the kind needs beyond that.
    """

    kind: str
    place: Literal["local", "primary", "offsite", "removable"]
    host: str | None = None
    options: Any = field(default_factory=dict)


@dataclass(frozen=True)
class SourceSpec:
    """One thing to take.

    kind: postgresql, files, ...; a file in ops/sources.
    options: what the kind needs.
    """

    kind: str
    options: Any = field(default_factory=dict)


@dataclass(frozen=True)
class Retention:
    """How long sets are kept: each rule keeps what is younger than its span.

    all: every set.
    daily: the newest set of each day.
    monthly: the newest set of each month.
    yearly: the newest set of each year.
    """

    all: Duration
    daily: Duration | None = None
    monthly: Duration | None = None
    yearly: Duration | None = None


@dataclass(frozen=True)
class Copy:
    """A copy of the newest good set to a further repository.

    to: the repository that gets it.
    calendar: when, such as `day 10, day 20, last day` or a systemd calendar expression.
    grace: how long after its day a copy may come before it is late.
    """

    to: str
    calendar: Calendar
    grace: Duration = Duration(86_400)


@dataclass(frozen=True)
class Expectation:
    """One question in SQL whose answer is a number, and what the number must be.

    sql: the query; one row, one column.
    equals: the exact answer.
    at_least: the smallest good answer.
    at_most: the largest good answer.
    """

    sql: str
    equals: float | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class Drill:
    """A restore made to prove a restore.

    host: the drill host, where the restored system runs.
    kind: database, files or machine; a file in ops/drills.
    options: what the kind needs.
    every: how old the last good drill may grow.
    calendar: when the drill starts by itself.
    expectations: questions to the restored data, by name.
    asks: the database that they are put to, where there are several: a part of the set such as `database.his`, or of
        a machine the port and the name, such as `5432/his`.
    release: the Debian release whose tree the throwaway server runs in.
    """

    host: str
    every: Duration
    kind: str = "database"
    options: Any = field(default_factory=dict)
    calendar: Calendar = field(default_factory=lambda: Calendar("Sun 04:00", ("Sun 04:00",)))
    expectations: Mapping[str, Expectation] = field(default_factory=dict)
    asks: str = ""
    release: Literal["bookworm", "trixie"] = "bookworm"


@dataclass(frozen=True)
class Asset:
    """A thing the policy protects: one name, one owner, one RPO, one RTO.

    owner: the contact who answers for it.
    summary: what it is, in a few words.
    sources: what is taken, by name; all in one set.
    repository: where its sets go first.
    schedule: when it is backed up.
    random_delay: by how much starts are spread, so that not all machines start at once.
    rpo: how much work may be lost: the age that the newest good set must not pass.
    rto: how long the restore may take.
    retention: how long sets are kept.
    copies: further repositories, by name.
    drill: how its restore is proven.
    without: what people do on paper while it is away, and from when; printed in the runbook.
    """

    owner: str
    sources: Mapping[str, SourceSpec]
    repository: str
    schedule: Calendar
    rpo: Duration
    rto: Duration
    retention: Retention
    summary: str = ""
    random_delay: Duration = Duration(900)
    copies: Mapping[str, Copy] = field(default_factory=dict)
    drill: Drill | None = None
    without: str = ""


@dataclass(frozen=True)
class Control:
    """The control machine itself: what it needs to be made anew, kept where a disaster of the site does not reach.

    owner: the contact who answers for it.
    repository: where its sets go; off-site or removable.
    rpo: the age that its newest good set must not pass.
    rto: how long it may take to make it anew.
    retention: how long sets are kept.
    safe: where the sheet of keys and the runbook lie, on paper; printed in the runbook.
    paths: what is taken beyond the inventory, the checkout, its packages and the SSH keys that the inventory names.
    name: its account and folder at the repository's host.
    """

    owner: str
    repository: str
    rpo: Duration
    rto: Duration
    retention: Retention
    safe: str = ""
    paths: tuple[str, ...] = ()
    name: str = "control"


@dataclass(frozen=True)
class CheckSpec:
    """One look at one thing on a machine.

    kind: disk, memory, units, ups, ...; a file in ops/health.
    options: the kind's limits and names.
    """

    kind: str
    options: Any = field(default_factory=dict)


@dataclass(frozen=True)
class Excuse:
    """Why something that no asset covers may stay so, and until when.

    what: its name as `seawall gaps` says it; `*` at the end stands for all that begins so, `path:` for all below.
    reason: why it needs no backup, in a sentence.
    until: the last day on which that holds; then somebody decides anew.
    """

    what: str
    reason: str
    until: Day


@dataclass(frozen=True)
class Written:
    """What an inventory may say of one machine, all its layers merged.

    version: the version of these words; 1.
    site: the site as a whole.
    contacts: the people, by name.
    repositories: the places that keep snapshots, by name.
    assets: what this machine holds that is protected, by name.
    checks: what is looked at on this machine, by name.
    exceptions: what this machine holds and no asset covers, with the reason, by name.
    control: the control machine; the same for every host.
    """

    version: int
    site: Site
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    repositories: Mapping[str, Repository] = field(default_factory=dict)
    assets: Mapping[str, Asset] = field(default_factory=dict)
    checks: Mapping[str, CheckSpec] = field(default_factory=dict)
    exceptions: Mapping[str, Excuse] = field(default_factory=dict)
    control: Control | None = None


@dataclass(frozen=True)
class Drilled:
    """An asset of another machine that is drilled on this one."""

    host: str
    asset: Asset


@dataclass(frozen=True)
class HostPolicy:
    """One machine's part of the policy, as it lies on that machine."""

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
    control: Control | None = None
