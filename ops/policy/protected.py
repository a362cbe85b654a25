"""Something that a policy protects: its sources, its copies in other places, and the drills that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from ops.core.calendar import Calendar, Item
from ops.core.quantity import Duration
from ops.core.schema import spare
from ops.core.stricter import DAYS, LESS
from ops.policy.deletable import Deletable
from ops.policy.keeping import Retention
from ops.policy.queries import Expectation, Reference, Removed

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
    calendar: Annotated[Calendar, DAYS]
    grace: Annotated[Duration, LESS] = Duration(86_400)


@dataclass(frozen=True)
class OldestDrill:
    """A drill of the oldest set that is kept, on the database servers of another release.

    calendar: when it starts by itself; without a time of day, at 04:00.
    every: the maximum age of the last good one.
    release: the Debian release whose newest server the data are loaded into: today's, whatever they were taken from.
    expectations: queries of the oldest set, by name; those of the drill are not put to it.
    removed: queries for what has been removed from the live data since, and must still be in the oldest set, by name;
        for PostgreSQL.
    """

    calendar: Calendar = field(default_factory=lambda: Calendar("*-01-15 04:00", (Item("*-01-15", "04:00:00"),)))
    every: Duration = Duration(400 * 86_400)
    release: Literal["bookworm", "trixie"] = "trixie"
    expectations: Mapping[str, Expectation] = field(default_factory=dict)
    removed: Mapping[str, Removed] = field(default_factory=dict)


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
    oldest: a further drill, of the oldest set that is kept; see [archive](archive.md). Without it, there is none.
    """

    host: str
    every: Annotated[Duration, LESS]
    kind: str = "database"
    options: Any = field(default_factory=dict)
    calendar: Calendar = field(default_factory=lambda: Calendar("Sun 04:00", (Item("Sun *-*-*", "04:00:00"),)))
    expectations: Mapping[str, Expectation] = field(default_factory=dict)
    references: Mapping[str, Reference] = field(default_factory=dict)
    asks: str = ""
    release: Literal["bookworm", "trixie"] = "bookworm"
    oldest: OldestDrill | None = spare(None)


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
    schedule: Annotated[Calendar, DAYS]
    rpo: Annotated[Duration, LESS]
    rto: Annotated[Duration, LESS]
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
