"""How far the repositories that this machine keeps were read again, and what was found damaged, as of the last scrub.

Reading them is `seawall repository scrub`, which may see the repositories; a check may not. ZFS and Proxmox Backup
Server call it by the same word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ops.core.printable import printable
from ops.core.quantity import Duration, Size, counted
from ops.core.verdict import Finding, Verdict
from ops.health._age import moment, span, unreadable
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.state import SCRUB, ScrubbedRepository, ScrubState

STALE = timedelta(days=2)
MOST = 3  # so many are named in a message; `seawall repository scrub` names more


@dataclass(frozen=True)
class Options:
    """How the repositories that a backup host keeps are read again; write it only to change that.

    every: within this time each byte is read again; what is new is read on the next morning.
    longest: how long one scrub may take; the next one goes on where it stopped.
    rate: at most so much is read in a second.
    """

    every: Duration = Duration(30 * 86_400)
    longest: Duration = Duration(8 * 3600)
    rate: Size = Size(200 << 20)


def probe(_: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the state that the last scrub left."""
    state = context.states.get(SCRUB)
    if state is None:
        yield Finding(Verdict.UNKNOWN, "nothing was read yet; run seawall repository scrub")
        return
    if not isinstance(state, ScrubState):
        raise unreadable(state)
    finished = moment(state.finished, "finished", context.now)
    yield from findings(state, finished)
    age = context.now - finished
    if age > STALE:
        yield Finding(Verdict.UNKNOWN, f"the last scrub was {span(age)} ago; check seawall-scrub.timer")


def findings(state: ScrubState, now: datetime) -> Iterator[Finding]:
    """Given what a scrub saw and when, yield what is to be said of it."""
    figures = _figures(state)
    for host, one in state.repositories.items():
        if one.trouble:
            yield Finding(Verdict.FAIL, f"the repository of {host} can't be read: {one.trouble}", figures)
        if one.count:
            yield Finding(Verdict.FAIL, f"{counted(one.count, 'damaged file')} of {host}: {named(one)}", figures)
        if one.late:
            late = counted(one.late, "file")
            yield Finding(Verdict.WARN, f"{late} of {host} were not read within a day after they arrived", figures)
        if late := _late(state, one, now):
            yield Finding(Verdict.WARN, f"{host}: {late}", figures)
    if not any(one.trouble or one.count for one in state.repositories.values()):
        yield Finding(Verdict.PASS, _good(state), figures)


def named(one: ScrubbedRepository) -> str:
    """Return the first damaged files of a repository with what is wrong with each."""
    more = f" and {one.count - MOST} more" if one.count > MOST else ""
    return ", ".join(f"{printable(file.path)} {file.why}" for file in one.damaged[:MOST]) + more


def coverage(one: ScrubbedRepository) -> str:
    """Return how much of a repository was read within the period; rounded down, so that 100 % is all of it."""
    if one.fresh >= one.bytes:
        return "100 %"
    return f"{1000 * one.fresh // one.bytes / 10} %"


def _late(state: ScrubState, one: ScrubbedRepository, now: datetime) -> str:
    """Return that some file was not read for longer than the period; nothing while all were."""
    if one.oldest is None or now.timestamp() - one.oldest <= state.every:
        return ""
    age = span(now - datetime.fromtimestamp(one.oldest, now.tzinfo))
    return (
        f"{coverage(one)} of {Size(one.bytes)} were read in the last {Duration(state.every)}, some not for {age}; "
        "give the scrub more time or a higher rate in the policy"
    )


def _good(state: ScrubState) -> str:
    bytes_, fresh = (sum(getattr(one, name) for one in state.repositories.values()) for name in ("bytes", "fresh"))
    count = counted(len(state.repositories), "repository", "repositories")
    share = coverage(ScrubbedRepository(bytes=bytes_, fresh=fresh))
    return f"no damage; {share} of {Size(bytes_)} in {count} read in the last {Duration(state.every)}"


def _figures(state: ScrubState) -> dict[str, float]:
    every = state.repositories.values()
    return {
        "repositories": float(len(state.repositories)),
        "bytes": float(sum(one.bytes for one in every)),
        "bytes_read_in_period": float(sum(one.fresh for one in every)),
        "damaged_files": float(sum(one.count for one in every)),
    }


KIND = Check(
    Options,
    probe,
    synonyms=("verify", "bitrot", "bit rot", "read data", "verification"),
    why="Disks lose bits without a word, and a backup that nobody reads is damaged for years before a restore meets "
    "it.",
    remedy="`seawall repository scrub` names what is damaged, and `seawall heal` brings it back from another "
    "repository. Replace a disk that does it again.",
)
