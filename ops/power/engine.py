"""One step of a conductor: from what it remembers and what it sees now to what it does. Nothing here acts or waits.

While a battery feeds, each machine is asked to stop at the latest moment from which it and all that must outlast it
still have time; a machine that was asked is let go to its end, mains or not, and started again afterwards. What a
machine does of itself, because its own upsmon saw reason to, is seen and treated alike.
"""

from __future__ import annotations

import math
from dataclasses import replace

from ops.power import battery, supplied
from ops.power.going_back import returned
from ops.power.model import Acts, Event, Group, Kind, Look, Memory, Reading, Stage, Turn
from ops.power.order import chain, dependants, stopping

OFF_AFTER = 2  # looks running in which a machine that was asked does not answer: it is off
GONE_AFTER = 6  # the same for one that was not: it stopped of itself
ABSENT_AFTER = 120  # the same without a cut: somebody switched it off
SLOW = 4.0  # of the margin, this part is kept from those whose dependants are slow to stop
ENOUGH_CHARGE = 30.0  # per cent; above that, a charge is waited for that falls
HANGS, HANGS_MORE = 1.5, 30.0  # times as long as usual, and seconds more
SIGNAL_STOP, SIGNAL_MAINS = "FSD OB LB", "OL"
SIGNAL_BATTERY, SIGNAL_CUT = "OB", "OB DISCHRG"  # a cut that may be a moment's, and one that lasts


def step(group: Group, memory: Memory, look: Look, t: float) -> tuple[Memory, Acts]:
    """Return what to remember after a look at a moment, and what to do now."""
    events: list[Event] = []
    memory = _completed(group, memory, t)
    memory = supplied.judged(group, memory, look.supply, t, events)
    memory = replace(memory, turns=_seen(group, memory, look, t, events))
    wake: list[str] = []
    if memory.on_battery:
        memory = _emptying(group, memory, look, t, events)
    elif memory.outage:
        memory = returned(group, memory, look, t, events, wake)
    memory = replace(
        memory, cut=memory.outage and (memory.cut or any(one.machine or one.kind is Kind.CUT for one in events))
    )
    return memory, Acts(_signals(group, memory, t), tuple(wake), tuple(events))


def resumed(group: Group, memory: Memory, t: float) -> Memory:
    """Return the memory for a conductor whose machine was started again: what was asked to stop is off by now.

    It did not see how its machine ended, so each machine that it knows to have been up is to be so again.
    """
    turns = {
        name: replace(
            turn, since=t, missed=0, woken=0.0, tries=0, late=False, stage=_after_boot(group, name, turn.stage)
        )
        for name, turn in memory.turns.items()
    }
    return Memory(turns=turns, outage=True)


def _after_boot(group: Group, name: str, stage: Stage) -> Stage:
    if name == group.conductor:
        return Stage.UP
    return Stage.OFF if stage in {Stage.ASKED, Stage.WAKING} else stage


def _completed(group: Group, memory: Memory, t: float) -> Memory:
    """Return the memory with every machine of the group, and no other."""
    if memory.turns.keys() == group.machines.keys():
        return memory
    return replace(memory, turns={name: memory.turns.get(name, Turn(since=t)) for name in group.machines})


def _seen(group: Group, memory: Memory, look: Look, t: float, events: list[Event]) -> dict[str, Turn]:
    """Return where each machine stands by who answers."""
    others = set(group.machines) - {group.conductor}
    deaf = len(others) > 1 and not others & look.alive  # nobody answers: as likely the network as all of them
    found = {}
    for name, turn in memory.turns.items():
        if name == group.conductor or name in look.alive:
            found[name] = turn
            if turn.missed or turn.stage is Stage.ABSENT:
                found[name] = replace(turn, missed=0, stage=Stage.UP if turn.stage is Stage.ABSENT else turn.stage)
            continue
        silent = replace(turn, missed=turn.missed + 1)
        found[name] = _missed(group, memory, name, silent, t, events, deaf=deaf)
    return found


def _missed(group: Group, memory: Memory, name: str, turn: Turn, t: float, events: list[Event], *, deaf: bool) -> Turn:
    """Return where a machine stands that does not answer."""
    took = t - turn.since
    if turn.stage is Stage.ASKED and turn.missed >= OFF_AFTER and (not deaf or took >= group.machines[name].stop):
        seconds = {} if deaf else {"seconds": round(took, 1)}  # a network that fails measures nothing
        events.append(Event(Kind.OFF, name, seconds))
        return replace(turn, stage=Stage.OFF, since=t)
    if (
        turn.stage is Stage.UP
        and memory.outage
        and turn.missed >= GONE_AFTER
        and not (deaf and memory.battery_since is not None)
    ):
        events.append(Event(Kind.OFF, name))
        return replace(turn, stage=Stage.OFF, since=t)
    if turn.stage is Stage.UP and not deaf and turn.missed >= ABSENT_AFTER:
        return replace(turn, stage=Stage.ABSENT, since=t)
    return turn


def _emptying(group: Group, memory: Memory, look: Look, t: float, events: list[Event]) -> Memory:
    """Count what is left, and ask those whose time has come."""
    began = memory.battery_since if memory.battery_since is not None else t
    if look.supply.on_battery:
        seen = Reading(t, look.supply.runtime, look.supply.charge)
        memory = replace(memory, readings=battery.kept(memory.readings, seen))
    memory = replace(memory, ends=battery.ends(group, began, memory.readings, memory.ends))
    low = look.supply.low and look.supply.on_battery is not None
    if t - began < group.hold and not low:
        return memory
    if not memory.cut:
        events.append(Event(Kind.CUT, figures=_figures(look)))
    left = _left(memory, look, t, low=low)
    hurries = low or look.supply.charge is None or look.supply.charge < ENOUGH_CHARGE
    turns = dict(memory.turns)
    for name in stopping(group):
        if turns[name].stage in {Stage.UP, Stage.WAKING} and _is_due(group, turns, name, left, t, hurries=hurries):
            figures = {"needed": round(chain(group, name), 1)} | ({} if left is None else {"left": round(left, 1)})
            events.append(Event(Kind.ASKED, name, figures))
            turns[name] = Turn(Stage.ASKED, since=t)
    return replace(memory, turns=turns)


def _figures(look: Look) -> dict[str, float]:
    told = {"runtime": look.supply.runtime, "charge": look.supply.full}
    return {name: value for name, value in told.items() if value is not None}


def _left(memory: Memory, look: Look, t: float, *, low: bool) -> float | None:
    """Return the seconds that are left; None where nothing tells, and they may be none."""
    if low:
        return 0.0
    if memory.ends is not None:
        return max(memory.ends - t, 0.0)
    falls = look.supply.charge is not None and look.supply.charge >= ENOUGH_CHARGE
    return math.inf if falls else None  # how fast it falls will tell


def _is_due(group: Group, turns: dict[str, Turn], name: str, left: float | None, t: float, *, hurries: bool) -> bool:
    """Whether a machine's latest moment has come.

    A part of the margin is for dependants that stop more slowly than usual, if the battery's charge, too, says that it
    ends (hurries): a runtime of nothing beside a full battery is no reason to take a disk from a database. Where nobody
    knows what is left, one stops after the other; so does the conductor at the very end, for the UPS ends with it.
    """
    stops = any(_stops(group, one, turns[one], t) for one in dependants(group, name))
    if left is None or not hurries or (left == 0.0 and name == group.conductor):
        return not stops and (left is None or left - chain(group, name) <= group.margin)
    return left - chain(group, name) <= (group.margin / SLOW if stops else group.margin)


def _stops(group: Group, name: str, turn: Turn, t: float) -> bool:
    """Whether a machine runs, or is on its way to be off; one that takes far longer than usual hangs."""
    if turn.stage is Stage.ASKED:
        return t - turn.since < group.machines[name].stop * HANGS + HANGS_MORE
    return turn.stage in {Stage.UP, Stage.WAKING}


def _signals(group: Group, memory: Memory, t: float) -> dict[str, str]:
    """Return what each machine's own signal shows: one that is off and starts of itself on battery is stopped again."""
    began = memory.battery_since
    lasts = began is not None and t - began >= group.hold
    usual = SIGNAL_MAINS if not memory.on_battery else SIGNAL_CUT if lasts else SIGNAL_BATTERY
    return {
        name: SIGNAL_STOP if _is_to_stop(turn.stage, on_battery=memory.on_battery) else usual
        for name, turn in memory.turns.items()
    }


def _is_to_stop(stage: Stage, *, on_battery: bool) -> bool:
    return stage is Stage.ASKED or (stage is Stage.OFF and on_battery)
