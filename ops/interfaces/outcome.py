"""What an act keeps of itself for later: the facts of its record, and of the last good one in its state.

These formats outlive releases: a fact that came later has a default, for older ones lack it; and facts that this
release does not know are kept as they are, under `further`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ops.core.schema import Further, spare
from ops.core.verdict import Verdict


@dataclass(frozen=True, kw_only=True)
class OutcomeFacts:
    """The facts of an act of which nothing more is known. further: those that this release does not know, by name."""

    further: Further = field(default_factory=Further)


@dataclass(frozen=True, kw_only=True)
class PartAmount:
    """How much one part of a set is."""

    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class MissingPart:
    """A part that could not be captured. since: the time of the last set that has it; empty: none is known.

    last: how much it was there.
    """

    reason: str = ""
    since: str = ""
    last: PartAmount = field(default_factory=PartAmount)


@dataclass(frozen=True, kw_only=True)
class BackupFacts(OutcomeFacts):
    """A backup. time: when it began, which is the time of its data. accepted_loss: why a loss was accepted.

    repository: where it is, which older ones do not say. missing: the parts that the set does not have, by label.
    """

    time: str = ""
    set: str = ""
    repository: str = spare("")
    bytes: int | None = None
    added_bytes: int | None = None
    seconds: float | None = None
    rows: int | None = None
    files: int | None = None
    manifest_sha256: str | None = None
    snapshots: Mapping[str, str] = field(default_factory=dict)
    accepted_loss: str | None = None
    parts: Mapping[str, PartAmount] = field(default_factory=dict)
    missing: Mapping[str, MissingPart] | None = None


@dataclass(frozen=True, kw_only=True)
class CopyFacts(OutcomeFacts):
    """A copy. time: of its data; copied: when it was made, which older ones do not say."""

    time: str = ""
    copied: str | None = None
    set: str = ""
    repository: str = ""
    packs_read: int | None = None
    bytes_read: int | None = None
    seconds: float | None = None
    manifest_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class LogFacts(OutcomeFacts):
    """A part of a log that was archived. time: each commit before it can be restored; set: from which, at that time.

    segment: the newest that is archived.
    """

    time: str = ""
    set: str = ""
    repository: str = ""
    segment: str = ""
    snapshots: tuple[str, ...] = ()
    files: int = 0
    bytes: int = 0
    added_bytes: int = 0
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One thing that was proven or not. part: of the set, for a restore; seconds: since the one before."""

    name: str
    verdict: Verdict
    message: str | None = None
    seconds: float | None = None
    part: str | None = None


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A thing that nobody asked to look at, and why."""

    name: str
    message: str


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """What happened at a moment."""

    when: str
    what: str


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What the times were measured on."""

    cpus: int | None = None
    memory_bytes: int | None = None
    kernel: str | None = None
    machine: str | None = None


@dataclass(frozen=True, kw_only=True)
class Trend:
    """The recovery times of drills before in the same way, and how this one compares with their middle."""

    before: tuple[float, ...] | None = None
    median: float | None = None
    ratio: float | None = None


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Why a restored system was held for a look, and who allowed it."""

    reason: str
    approver: str


@dataclass(frozen=True)
class Forecast:
    """What the restore of all files would take, told from a sample of them."""

    files: int
    bytes: int
    bytes_per_second: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class DrillFacts(OutcomeFacts):
    """A drill. parts: seconds of each part of the recovery. asked_by: who asked for it. sabotage: the damage done.

    not_proved: what it does not prove; None where that was not recorded. written: where the restored data are kept.
    sampled_by: who chose the sample, where that was not who asked for the drill.
    moment: which a cluster was recovered to by its log.
    """

    time: str = ""
    kind: str | None = None
    method: str | None = None
    set: str | None = None
    repository: str | None = None
    data_time: str | None = None
    data_age_seconds: float | None = None
    recovery_seconds: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    rungs: tuple[Rung, ...] = ()
    not_configured: tuple[Remark, ...] = ()
    rto_seconds: int | None = None
    rpo_seconds: int | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    not_proved: tuple[str, ...] | None = None
    hardware: Hardware | None = None
    trend: Trend | None = None
    seed: int | None = None
    asked_by: str = ""
    manifest_sha256: str | None = None
    written: str | None = None
    sampled_by: str | None = None
    kept: Inspection | None = None
    sabotage: str | None = None
    forecast: Forecast | None = None
    moment: str | None = spare(None)


@dataclass(frozen=True, kw_only=True)
class AlarmDrillFacts(OutcomeFacts):
    """A drill of the alarms. time: when its fault was made. check: which was to see it. called: who was, first.

    told: seconds until each channel had taken the message. answered: seconds from the first of these until a person
    answered; None: nobody did. by: who did.
    """

    time: str = ""
    fault: str = ""
    check: str = ""
    incident: int | None = None
    told: Mapping[str, float] = field(default_factory=dict)
    answered: float | None = None
    called: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class RestoreFacts(OutcomeFacts):
    """A restore. parts: the labels of what was restored; failed: of what was not.

    in_place: whether any of it went where the live data are. accepted: the labels of those parts whose differences
    from their manifest a person accepted; accepted_by: who.
    """

    time: str = ""
    set: str = ""
    repository: str = ""
    data_time: str = ""
    seconds: float | None = None
    bytes: int | None = None
    parts: tuple[str, ...] = ()
    in_place: bool = False
    rungs: tuple[Rung, ...] = ()
    failed: tuple[str, ...] = spare(())
    accepted: tuple[str, ...] = spare(())
    accepted_by: str = spare("")


@dataclass(frozen=True, kw_only=True)
class RoundFacts(OutcomeFacts):
    """A round of checks. rounds: since the record before. checks: how many of each verdict. loud: those not pass.

    passed: the names of the others, so that it is known what was looked at; older records do not say.
    """

    rounds: int = 0
    checks: Mapping[str, int] = field(default_factory=dict)
    loud: Mapping[str, Verdict] = field(default_factory=dict)
    passed: tuple[str, ...] = spare(())


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A file that shows what a person says: its digest and size."""

    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class AttestationFacts(OutcomeFacts):
    """A person's word. by: whose. duty: the one that it fulfils, if any. shown_by: what shows it."""

    by: str = ""
    duty: str | None = None
    shown_by: Shown | None = None


@dataclass(frozen=True, kw_only=True)
class DeletionFacts(OutcomeFacts):
    """A deletion of files that are in verified copies. by: who asked for it. files, bytes: how much it is.

    left: how many files stayed that were to be deleted. set: by repository, the one that holds them there.
    names: the SHA-256 of the list of names, which stays on the machine.
    """

    by: str = ""
    files: int = 0
    bytes: int = 0
    left: int = 0
    set: Mapping[str, str] = field(default_factory=dict)
    names: str = spare("")
