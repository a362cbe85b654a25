"""The acts on a cluster of this machine that another one's follows, each with its record in the ledger."""

from __future__ import annotations

from collections.abc import Callable

from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.interfaces.standby import ClusterState, StandbyFacts
from ops.jobs.host import own_policy
from ops.jobs.run.job import Outcome, perform
from ops.jobs.standby import turning
from ops.jobs.standby.place import Place, here
from ops.jobs.standby.rejoin import rejoin
from ops.policy import HostPolicy
from ops.policy.standby import Standby


class NoSuchStandby(UsageError):
    """The policy of this machine has no standby of that name."""


def find(name: str) -> Place:
    """Return where a standby of the policy lies here; raise UsageError for one that this machine does not have."""
    policy = own_policy.read()
    return here(name, _named(policy, name), policy.host)


def _named(policy: HostPolicy, name: str) -> Standby:
    known = policy.standby or {}
    if name not in known:
        listed = f"; known: {', '.join(sorted(known)) or 'none'}"
        raise NoSuchStandby(f"the policy of this machine has no standby {name!r}{nearest(name, sorted(known))}{listed}")
    return known[name]


def fence(place: Place, reason: str) -> Outcome:
    """Fence the cluster of this machine; the outcome tells how far its log reaches."""
    return _act(
        "standby-fence", place, reason, lambda: turning.fence(place), "it is stopped, and can't start or take writes"
    )


def promote(place: Place, reason: str, least: int, *, off: bool) -> Outcome:
    """Make the standby of this machine the primary."""
    words = "it is the primary now"
    return _act("standby-promote", place, reason, lambda: turning.promote(place, least, off=off), words)


def joined_again(place: Place, reason: str, *, base_backup: bool) -> Outcome:
    """Have the cluster of this machine follow the other one's."""
    how = "from a new base backup" if base_backup else "after pg_rewind"
    return _act(
        "standby-rejoin",
        place,
        reason,
        lambda: rejoin(place, base_backup=base_backup),
        f"it follows {place.other}, {how}",
    )


def synchronous(place: Place, reason: str) -> Outcome:
    """Have commits wait for the standby, or not, as the policy says."""
    words = f"commits {'wait' if place.one.synchronous else 'do not wait'} for {place.other}"
    return _act("standby-synchronous", place, reason, lambda: turning.synchronous(place), words)


def release(place: Place, reason: str) -> Outcome:
    """Take a fence back where the other machine was not promoted."""
    return _act("standby-release", place, reason, lambda: turning.release(place), "it is fenced no longer")


def _act(act: str, place: Place, reason: str, work: Callable[[], ClusterState], words: str) -> Outcome:
    if not reason.strip():
        raise UsageError("this requires a reason", "--reason TEXT; it is recorded in the ledger")

    def done() -> Outcome:
        seen = work()
        facts = StandbyFacts(
            reason=reason.strip(), release=place.one.release, timeline=seen.timeline, position=seen.position
        )
        return Outcome(Verdict.PASS, f"{place.name} of {place.host}: {words}", good=facts, facts=facts)

    return perform(act, joined.act("standby", place.name), place.name, place.host, done)
