"""The way back after a cut: in order, each machine once what it needs is well, and woken until it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ops.power.model import Event, Group, Kind, Look, Memory, Stage, Turn
from ops.power.order import needed, starting

STOPS_AT_MOST = 3.0  # times as long as usual, and 120 s more; who has not stopped by then never will
STOPS_MORE = 120.0
UNKNOWN_CHARGE = 600.0  # seconds of steady mains that stand for a charge that nobody tells


def returned(group: Group, memory: Memory, look: Look, t: float, events: list[Event], wake: list[str]) -> Memory:
    """Return the memory after a step back; add whom to wake. Nothing is woken before mains are steady."""
    turns = {name: _unstopped(group, name, turn, t, events) for name, turn in memory.turns.items()}
    if memory.mains_since is None or t - memory.mains_since < group.steady:
        return replace(memory, turns=turns)
    charged = _is_charged(group, look, t - memory.mains_since)
    for name in starting(group):
        turn = turns[name]
        if turn.stage is Stage.OFF and (name in look.alive or (charged and _may_start(group, turns, name))):
            turn = Turn(Stage.WAKING, since=t)
            events.append(Event(Kind.WAKING, name))
        if turn.stage is Stage.WAKING:
            turn = _waked(group, name, turn, look, t, events, wake)
        turns[name] = turn
    if _is_whole(turns):
        if memory.cut and memory.battery_since is None:
            events.append(Event(Kind.OVER, figures={"seconds": round(t - memory.mains_since, 1)}))
        return replace(memory, turns=turns, outage=False)
    return replace(memory, turns=turns)


def _is_whole(turns: Mapping[str, Turn]) -> bool:
    """Whether all are back; one that does not answer, and of which nobody knows yet why, is not."""
    return all(turn.stage is Stage.ABSENT or (turn.stage is Stage.UP and not turn.missed) for turn in turns.values())


def _unstopped(group: Group, name: str, turn: Turn, t: float, events: list[Event]) -> Turn:
    """A machine that was asked and never stopped: it hangs, or never heard of it; its check tells which."""
    limit = group.machines[name].stop * STOPS_AT_MOST + STOPS_MORE
    if turn.stage is Stage.ASKED and t - turn.since >= limit:
        events.append(Event(Kind.UNSTOPPED, name, {"seconds": round(t - turn.since, 1)}))
        return Turn(Stage.WAKING, since=t)
    return turn


def _is_charged(group: Group, look: Look, mains: float) -> bool:
    charge = look.supply.full
    return mains >= UNKNOWN_CHARGE if charge is None else charge >= group.back_above


def _may_start(group: Group, turns: Mapping[str, Turn], name: str) -> bool:
    """Whether all that a machine needs is there, or ran out of patience: better without it than never."""
    return all(
        turns[one].stage in {Stage.UP, Stage.ABSENT} or turns[one].late for one in needed(group, group.machines[name])
    )


def _waked(group: Group, name: str, turn: Turn, look: Look, t: float, events: list[Event], wake: list[str]) -> Turn:
    if name in look.alive and name in look.well:
        events.append(Event(Kind.BACK, name, {"seconds": round(t - turn.since, 1), "tries": turn.tries}))
        return Turn(since=t)
    if not turn.late and t - turn.since >= group.patience:
        events.append(Event(Kind.LATE, name, {"seconds": round(t - turn.since, 1), "tries": turn.tries}))
        turn = replace(turn, late=True)
    if name not in look.alive and (not turn.tries or t - turn.woken >= group.wake_every):
        wake.append(name)
        turn = replace(turn, tries=turn.tries + 1, woken=t)
    return turn
