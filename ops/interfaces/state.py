"""The state files of a machine: how the newest run of each job ended, what the last round of checks and search saw.

They outlive releases, and the control machine gets them within a machine's answer: so all of them are read here,
within limits, and nowhere else. A field that came later has a default, for older ones lack it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from ops.core.document import Limits, decode, demand_version, parse
from ops.core.errors import Damaged
from ops.core.names import Digest, HostName, Name
from ops.core.schema import Plain, encode, spare
from ops.core.verdict import Verdict
from ops.interfaces.acts import facts_of
from ops.interfaces.outcome import OutcomeFacts
from ops.interfaces.planned import RETENTION, RetentionState

F = TypeVar("F", bound=OutcomeFacts)
VERSION = 1
HEALTH, GAPS, ARRIVALS, SCRUB, ALARMS = "health", "gaps", "arrivals", "scrub", "alarms"
LEAVING = "leaving"  # how the states of runs by which sets leave begin
# A drill of a server with five thousand databases, each with ten proof steps, fits in, and into a hundred mebibytes.
LIMITS = Limits(bytes=12 << 20, depth=16, entries=400_000, text=1 << 20)


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What one check saw. asset, copy: what it is about, where it is about one. since: since when it is asked for."""

    name: str
    kind: str
    verdict: Verdict
    message: str
    figures: Mapping[str, float] = field(default_factory=dict)
    asset: str = spare("")
    copy: str = spare("")
    since: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedRounds:
    """The round of checks that was recorded last: its day and verdict, how many there were since, and when it was.

    place: the number by which the file system knew the ledger then.
    """

    day: str | None = None
    verdict: Verdict | None = None
    since: int = 0
    recorded: str | None = None
    place: int | None = None


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something that a machine holds. reason, until: of the exception that excuses it; expired: that one has."""

    name: str
    words: str = ""
    bytes: int | None = None
    size: str = ""
    reason: str = spare("")
    until: str = spare("")
    expired: str = spare("")


@dataclass(frozen=True, kw_only=True)
class Unsearched:
    """A sort of thing that could not be searched for, and why."""

    sort: str
    message: str


@dataclass(frozen=True, kw_only=True)
class ActState:
    """How the newest run of a backup, a copy, a drill or a restore ended, and what its last good one was.

    damaged: whether data were found damaged since that one.
    """

    kind: Name
    verdict: Verdict
    asset: str = ""
    host: str = ""
    message: str = ""
    started: str = ""
    finished: str = ""
    last_good: OutcomeFacts | None = None
    damaged: bool = spare(False)

    def good(self, kind: type[F]) -> F | None:
        """Return the last good run, None when there was none; raise Damaged when it is another act's."""
        if self.last_good is not None and not isinstance(self.last_good, kind):
            raise Damaged(f"the state can't be read: it is that of a {self.kind}")
        return self.last_good


@dataclass(frozen=True, kw_only=True)
class HealthState:
    """What the last round of checks saw."""

    verdict: Verdict
    finished: str
    checks: tuple[CheckResult, ...]
    kind: Name = Name(HEALTH)
    host: str = ""
    rounds: RecordedRounds | None = None


@dataclass(frozen=True, kw_only=True)
class GapsState:
    """What the last search for what no asset covers found. unused: names of exceptions that excuse nothing."""

    verdict: Verdict
    finished: str
    gaps: tuple[Thing, ...]
    excused: tuple[Thing, ...]
    covered: tuple[Thing, ...]
    unlooked: tuple[Unsearched, ...] = ()
    unused: tuple[str, ...] = ()
    kind: Name = Name(GAPS)
    host: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class ForeignFile:
    """A file that no backup explains. path: below the repository; why: what is wrong with it."""

    path: str
    why: str


@dataclass(frozen=True, kw_only=True)
class KeptRepository:
    """A repository that a backup host keeps for a client, as it was seen without a key.

    config: the SHA-256 of its `config`. keys: the ids of those that are trusted. accepted: until when a person
    accepted what had arrived, in seconds since 1970. judged: when the newest key arrived of those that were looked at,
    likewise. foreign: some of the files that no backup explains, count: of all. quota: how large it may become, in
    bytes; 0: the policy does not say. used: how much of that it takes up. daily: how much more each day, of late.
    """

    config: Digest | None = None
    keys: tuple[Digest, ...] = ()
    accepted: float = 0.0
    judged: float = 0.0
    files: int = 0
    bytes: int = 0
    foreign: tuple[ForeignFile, ...] = ()
    count: int = 0
    notes: tuple[str, ...] = ()
    quota: int = 0
    used: int = 0
    daily: int = 0


@dataclass(frozen=True, kw_only=True)
class ArrivalsState:
    """What a backup host saw in the repositories that it keeps, by client.

    quotas: how large all that have a quota may become together, disk: the size of their file system; in bytes, and 0
    where an earlier release did not note it.
    """

    verdict: Verdict
    finished: str
    repositories: Mapping[HostName, KeptRepository]
    quotas: int = 0
    disk: int = 0
    kind: Name = Name(ARRIVALS)
    host: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class DamagedFile:
    """A file that is not what its name says, or is gone. path: below the repository; why: what is wrong with it."""

    path: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ScrubbedRepository:
    """A repository whose files a backup host reads again and again, without a key.

    files, bytes: of all. fresh: the bytes that were read within the period. late: how many files were not read within
    a day after they arrived. oldest: the oldest reading, in seconds since 1970; where a file was never read, when it
    arrived. damaged: some of the files that are not what they were; count: of all. trouble: why nobody could look.
    accepted: whether a person said that those which are gone may be, and nothing was read since.
    """

    files: int = 0
    bytes: int = 0
    fresh: int = 0
    late: int = 0
    oldest: float | None = None
    damaged: tuple[DamagedFile, ...] = ()
    count: int = 0
    trouble: str = ""
    accepted: bool = False


@dataclass(frozen=True, kw_only=True)
class ScrubState:
    """How far a backup host has read the repositories that it keeps, by client. every: the period, in seconds."""

    verdict: Verdict
    finished: str
    every: int
    repositories: Mapping[HostName, ScrubbedRepository]
    kind: Name = Name(SCRUB)
    host: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class UnreadableState:
    """What stands in the place of a state that can't be read: nothing is known. message: why."""

    message: str
    verdict: Verdict = Verdict.UNKNOWN


State: TypeAlias = ActState | HealthState | GapsState | ArrivalsState | ScrubState | RetentionState | UnreadableState


def read(content: bytes, file: str) -> State:
    """Return the state that a file holds; raise Damaged with the file, the path of the key and what was expected."""
    return state_of(parse(content, LIMITS, file), file)


def state_of(data: Plain, file: str) -> State:
    """Return the state that plain data hold; file: how they are called in an error. Raise Damaged.

    A later version is refused by its number.
    """
    told = demand_version(data, VERSION, file)
    kind = told.get("kind")
    if kind is None:
        return decode(UnreadableState, told, file)
    if kind == HEALTH:
        return decode(HealthState, told, file)
    if kind == GAPS:
        return decode(GapsState, told, file)
    if kind == ARRIVALS:
        return decode(ArrivalsState, told, file)
    if kind == SCRUB:
        return decode(ScrubState, told, file)
    if kind == RETENTION:
        return decode(RetentionState, told, file)
    state = decode(_Act, told, file)
    good = None if state.last_good is None else facts_of(state.kind, state.last_good, file, "last_good")
    return ActState(**{**vars(state), "last_good": good})


@dataclass(frozen=True, kw_only=True)
class _Act:
    """The state of an act whose last good one is not read yet: the kind of act says how."""

    kind: Name
    verdict: Verdict
    asset: str = ""
    host: str = ""
    message: str = ""
    started: str = ""
    finished: str = ""
    last_good: Any = None
    damaged: bool = False


def written(state: State) -> dict[str, Plain]:
    """Return a state as it is kept."""
    plain: dict[str, Plain] = encode(state)
    if isinstance(state, ActState):
        plain.setdefault("last_good", None)
    return {"version": VERSION, **plain}
