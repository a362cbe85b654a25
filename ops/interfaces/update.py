"""Updates of a machine's packages: what was kept before one, what came of bringing it back, and what each replaced.

The facts outlive releases, as those of `ops.interfaces.outcome` do: a fact that came later has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.core.schema import Further
from ops.interfaces.outcome import OutcomeFacts

BEFORE, BACK, REHEARSAL, SEEN = "before-update", "roll-back", "roll-back-drill", "update"
SUBJECT = "packages"  # of all these acts
MOST_EARLIER = 50  # moments before updates that a state remembers; the ledger has all


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment to which packages can be brought back. time: when everything was kept.

    replaced: versions of the packages that were going to be replaced, by name and architecture. missing: those of them
    whose packages could not be kept.
    """

    id: str
    time: str
    replaced: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BeforeUpdateFacts(OutcomeFacts):
    """What was kept before an update. time: when all of it was there. reason: of the update; by: who asked.

    installed: how many packages there are. replaced, missing: as in `Moment`. sets: by asset, the one that was made.
    configuration: the SHA-256 of the archive of /etc. snapshots: of file systems. not_run: what was not done, and why.
    bytes: on this machine's disk. earlier: moments before, the newest first.
    """

    time: str = ""
    id: str = ""
    reason: str = ""
    by: str = ""
    installed: int = 0
    replaced: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)
    configuration: str = ""
    snapshots: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    bytes: int = 0
    seconds: float | None = None
    earlier: tuple[Moment, ...] = ()

    @property
    def moments(self) -> tuple[Moment, ...]:
        """This moment and those before it, the newest first."""
        return (Moment(id=self.id, time=self.time, replaced=self.replaced, missing=self.missing), *self.earlier)


@dataclass(frozen=True, kw_only=True)
class RollBackFacts(OutcomeFacts):
    """A roll-back, or a drill of one. id: of the moment. packages: brought back to their version of then.

    files: of the configuration that were brought back. services: that were started anew. differ: how many packages and
    files still differ. loud: checks that fail and did not before the update.
    """

    time: str = ""
    id: str = ""
    reason: str = ""
    by: str = ""
    packages: int = 0
    files: int = 0
    services: tuple[str, ...] = ()
    differ: int = 0
    loud: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class UpdateFacts(OutcomeFacts):
    """An update that dpkg tells of. time, ended: of its first and last package. by: who asked apt, where it knows.

    replaced: by package, the versions before and after, with an arrow between them. before: the id of the moment that
    was kept before it; empty: there is none.
    """

    time: str = ""
    ended: str = ""
    by: str = ""
    replaced: Mapping[str, str] = field(default_factory=dict)
    before: str = ""


OF_UPDATES: Mapping[str, type[OutcomeFacts]] = {
    BEFORE: BeforeUpdateFacts,
    BACK: RollBackFacts,
    REHEARSAL: RollBackFacts,
    SEEN: UpdateFacts,
}


@dataclass(frozen=True, kw_only=True)
class KeptPackage:
    """The package of a version that was going to be replaced. origin: where it was had from: cache, mirror, rebuilt."""

    version: str
    file: str
    sha256: str
    bytes: int
    origin: str


@dataclass(frozen=True, kw_only=True)
class KeptSet:
    """A set that was made of an asset before an update. time: of its data."""

    set: str
    time: str
    repository: str = ""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """All that was kept before an update, as it lies beside the files.

    packages: every installed one by name and architecture, with its version; automatic: those that apt installed for
    others; held: those that were held back. kept: packages by name; missing: why one could not be kept. services: that
    ran; None: nobody could look. loud: checks that did not pass. configuration: the SHA-256 of the archive of /etc.
    """

    id: str
    host: str
    time: str
    reason: str
    by: str
    packages: Mapping[str, str]
    automatic: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    kept: Mapping[str, KeptPackage] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, KeptSet] = field(default_factory=dict)
    services: tuple[str, ...] | None = None
    loud: tuple[str, ...] = ()
    configuration: str = ""
    snapshots: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    further: Further = field(default_factory=Further)
