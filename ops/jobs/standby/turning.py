"""Fencing and promotion: the primary is kept from taking writes first, then the standby becomes the primary."""

from __future__ import annotations

from pathlib import Path

from ops.core.errors import Unavailable, UsageError
from ops.core.quantity import counted
from ops.interfaces.standby import ClusterState
from ops.jobs.standby.place import SHORT, STOP_SECONDS, Place
from ops.jobs.standby.state import await_that, running, state

PROMOTE_SECONDS = 300.0
REJOIN = "sudo seawall standby rejoin {name}"
ALL = -1  # not told up to where the log must be here


def fence(place: Place) -> ClusterState:
    """Stop a cluster and keep it from taking writes when anybody starts it, by whatever way; return how it stands.

    The mark comes first, so that no start passes the guard any more; then the server is stopped in order, by which its
    standby gets all of its log, and its unit masked. With `standby.signal` it would only follow if it were started by
    hand. Raise SeawallError; what is done stays done, and fencing it again goes on.
    """
    place.touch(place.fence)
    stop(place)
    stopped = state(place)  # before the signal, by which it would look like a standby
    place.touch(place.signal)
    return stopped


def stop(place: Place) -> None:
    """Stop a cluster in order, then keep it from starting; raise Unavailable where it goes on.

    Its own program stops it: systemd no longer knows how to stop a unit that is masked, kills all of its processes at
    once, and its standby lacks the last bytes.
    """
    if running(place):
        words: list[str | Path] = [place.programs / "pg_ctl", "-D", place.data, "--mode=fast", "--wait"]
        place.as_owner([*words, f"--timeout={STOP_SECONDS:.0f}", "stop"], timeout=STOP_SECONDS + SHORT)
    place.steering.stop()
    place.steering.forbid()
    if running(place):
        raise Unavailable(
            f"the cluster {place.one.cluster} of {place.host} still runs", "stop it, then fence it again; promote none"
        )


def promote(place: Place, least: int = ALL, *, off: bool = False) -> ClusterState:
    """Make a standby the primary; return how it stands then.

    least: the last checkpoint of the primary that was shut down, beyond which the log here must reach. off: a person
    says that the primary's machine is off; what still comes from it says otherwise. The new primary
    waits for no standby, for there is none yet; it keeps its log for the former primary from this moment on. Raise
    UsageError where it is fenced or takes writes already, Unavailable where the log does not reach so far.
    """
    before = state(place)
    if before.fenced:
        raise UsageError(f"{place.host} is fenced", REJOIN.format(name=place.name))
    if not before.running:
        raise Unavailable(f"the cluster of {place.host} does not run", "start it, and look at its log")
    if not before.follows:
        place.ask(place.keeping)  # a promotion that was killed
        return before
    if off and before.streaming:
        raise UsageError(
            f"{place.other} is not off: {place.host} still receives from it",
            "fence it there; if it is off by now, wait a minute until its silence is noticed",
        )
    if least != ALL and before.position <= least:
        missing = least - before.position
        raise Unavailable(
            f"{place.host} lacks {counted(max(missing, 1), 'byte')} or more of the log of {place.other}",
            "start the former primary again (seawall standby release), let the standby catch up; or accept the loss",
        )
    place.wait_for_standby(on=False)
    place.ask("select pg_reload_conf()")
    place.ask(f"select pg_promote(true, {PROMOTE_SECONDS:.0f})", timeout=PROMOTE_SECONDS + 30)
    await_that(
        f"{place.host} did not become the primary",
        lambda: place.ask("select pg_is_in_recovery()") == "f",
        PROMOTE_SECONDS,
    )
    place.ask(place.keeping)
    place.ask("checkpoint", timeout=PROMOTE_SECONDS)  # so that the new timeline is in the control file, for a rewind
    return state(place)


def synchronous(place: Place) -> ClusterState:
    """Have a primary acknowledge only what its standby has, or not, as the policy says; return how it stands.

    Raise Unavailable where no standby streams, for then no commit would be acknowledged any more.
    """
    seen = state(place)
    if not seen.primary:
        raise UsageError(f"the cluster of {place.host} is not the primary", f"run it on {place.other}")
    if place.one.synchronous and not seen.streaming:
        raise Unavailable(f"{place.other} does not stream from {place.host}", "seawall standby show")
    place.wait_for_standby(on=place.one.synchronous)
    place.ask("select pg_reload_conf()")
    if place.one.synchronous:
        await_that(f"{place.other} did not become synchronous", lambda: state(place).synchronous, 60)
    return state(place)


def release(place: Place) -> ClusterState:
    """Take the fence of a former primary back, where the other machine was not promoted; return how it stands.

    Raise UsageError where the other machine is the primary, SeawallError where it can't be asked.
    """
    if place.ask_other("select pg_is_in_recovery()") != "t":
        raise UsageError(f"{place.other} is the primary; two would part for good", REJOIN.format(name=place.name))
    if place.there(place.fence):
        place.remove(place.signal)
        place.remove(place.fence)
        place.steering.allow()
        place.steering.start()
    return state(place)
