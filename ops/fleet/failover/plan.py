"""The plan of a failover, by how both machines stand. Pure: nothing is asked, and nothing is done."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.errors import Unavailable, UsageError
from ops.core.quantity import Size
from ops.fleet.ssh.ask import Answer
from ops.interfaces.standby import ClusterState
from ops.policy.standby import Standby


@dataclass(frozen=True)
class Plan:
    """What a failover would do.

    new: the machine that becomes the primary; old: the one that was. fences: whether the old one can be reached, and is
    fenced first; else a person must know that it is off. promoted: the new one is the primary already. loss: what
    acknowledged commits could be lost, in words; empty: none. least: where the log of an old primary that was shut down
    before ends.
    """

    new: str
    old: str
    fences: bool
    promoted: bool
    loss: str
    least: int | None
    synchronous: bool

    @property
    def off(self) -> str:
        """What a person says who knows that the old primary can't come back by itself."""
        return f"{self.old} is off"


def plan(one: Standby, answers: dict[str, Answer[ClusterState]], to: str = "") -> Plan:
    """Return the plan; raise UsageError where there is nothing to do or two primaries, Unavailable where it can't be.

    to: the machine that is to become the primary; by default the one that follows.
    """
    states = {host: answer.fact for host, answer in answers.items() if answer.fact is not None}
    new = _new(one, states, to)
    there, old = states[new], one.other(new)
    before = states.get(old)
    if there.fenced or not there.running:
        raise Unavailable(f"{new} {'is fenced' if there.fenced else 'does not run'}, and can't be promoted")
    if before and before.system != there.system:
        raise Unavailable(f"{old} and {new} have two clusters that were never one", f"seawall standby rejoin, on {new}")
    if there.primary and (before is None or not before.primary):
        raise UsageError(f"{new} is the primary already; nothing to do", f"on {old}: sudo seawall standby rejoin")
    if there.primary:
        raise UsageError(
            f"{old} and {new} both take writes: only a person can say which of them is to be kept",
            "on the other one: sudo seawall standby fence NAME; docs/standby.md",
        )
    if before is None and there.streaming:
        raise UsageError(
            f"{old} can't be reached from here, but it is not off: {new} still receives from it",
            "fence it there: sudo seawall standby fence; if it is off by now, wait a minute and ask again",
        )
    clean = before is not None and not before.running and before.clean
    return Plan(
        new=new,
        old=old,
        fences=before is not None,
        promoted=False,
        loss=_loss(one, there, before),
        least=before.position if before and clean else None,
        synchronous=one.synchronous,
    )


def _new(one: Standby, states: dict[str, ClusterState], to: str) -> str:
    if to and to not in one.machines:
        raise UsageError(f"{to} is none of the two machines: {', '.join(one.machines)}")
    if to and to not in states:
        raise Unavailable(f"{to} can't be asked how its cluster stands")
    following = [host for host, seen in states.items() if seen.follows and seen.running and not seen.fenced]
    running = [host for host, seen in states.items() if seen.primary]
    chosen = [to] if to else following or running
    if not chosen:
        raise Unavailable("no standby runs that could become the primary", "restore the newest backup: docs/restore.md")
    return chosen[0]


def _loss(one: Standby, there: ClusterState, before: ClusterState | None) -> str:
    """Return what could be lost; nothing where the primary is shut down in order, or commits wait for the standby."""
    if before and before.running and there.streaming:
        return ""  # it is shut down in order, and its standby gets all; it is not promoted if it lacks a byte
    if before and not before.running and before.clean:
        if there.position > before.position:
            return ""
        return f"{Size(max(1, before.position - there.position))} of the log"  # its last record has a length, too
    if one.synchronous:
        return ""
    if before and before.running:
        return f"{Size(max(0, before.position - there.position))} of the log, for the standby does not stream"
    return "what the old primary acknowledged and had not sent yet; how much, only its own log tells"
