"""What feeds the group: a cut that begins, one that goes on though mains came for a moment, a test that is none."""

from __future__ import annotations

from dataclasses import replace

from ops.power.model import Event, Group, Kind, Memory, Supply

LONGEST_TEST = 1800.0  # seconds; a battery that feeds for longer feeds, whatever it is called
SILENT_AFTER = 60.0


def judged(group: Group, memory: Memory, supply: Supply, t: float, events: list[Event]) -> Memory:
    """Return the memory with what feeds now; while the UPS says nothing, what fed last goes on to feed."""
    if supply.on_battery is None:
        return _silent(memory, t, events)
    if memory.silent_since is not None:
        memory = replace(memory, silent_since=None)
    if supply.on_battery and not memory.on_battery and _is_test(memory, supply, t, events):
        return replace(memory, test_since=t if memory.test_since is None else memory.test_since)
    if memory.test_since is not None and not supply.testing:
        memory = replace(memory, test_since=None)
    return _emptied(memory, t) if supply.on_battery else _fed(group, memory, t, events)


def _silent(memory: Memory, t: float, events: list[Event]) -> Memory:
    since = t if memory.silent_since is None else memory.silent_since
    told = memory.silent_since == -1.0
    if not told and t - since >= SILENT_AFTER:
        events.append(Event(Kind.SILENT))
        since = -1.0
    return replace(memory, silent_since=-1.0 if told else since)


def _is_test(memory: Memory, supply: Supply, t: float, events: list[Event]) -> bool:
    """Whether a battery feeds only because it is tested."""
    if not supply.testing:
        return False
    if memory.test_since is None or t - memory.test_since < LONGEST_TEST:
        return True
    events.append(Event(Kind.LONG_TEST))
    return False


def _emptied(memory: Memory, t: float) -> Memory:
    """A cut begins, or goes on: mains that came for less than they must last were none."""
    if memory.on_battery:
        return memory
    if memory.battery_since is not None:
        return replace(memory, on_battery=True, mains_since=None)
    return replace(memory, on_battery=True, outage=True, battery_since=t, mains_since=None, ends=None, readings=())


def _fed(group: Group, memory: Memory, t: float, events: list[Event]) -> Memory:
    since = t if memory.mains_since is None else memory.mains_since
    if memory.on_battery or memory.mains_since is None:
        memory = replace(memory, on_battery=False, mains_since=since)
    if memory.battery_since is not None and t - since >= group.steady:
        if memory.cut:
            events.append(Event(Kind.MAINS, figures={"seconds": round(since - memory.battery_since, 1)}))
        return replace(memory, battery_since=None, ends=None, readings=())
    return memory
