"""Who stops before whom, and how long a chain of shutdowns takes: what follows from needs and measured times."""

from __future__ import annotations

from collections.abc import Mapping

from ops.power.model import Group, Machine

DEAD_TIME = 15.0  # what NUT recommends: three polls
NOTICE = 15.0  # later than another upsmon one may notice it: a round, and twice the five seconds until NUT gives up
SLOWER = 1.3  # than usual, a shutdown may be


def cycle(needs: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Given what each machine needs, return machines that need each other in a circle; empty where none do."""
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return ()
        for needed in needs.get(name, ()):
            if found := walk(needed, (*path, name)):
                return found
        done.add(name)
        return ()

    return next((found for name in needs if (found := walk(name, ()))), ())


def needed(group: Group, machine: Machine) -> tuple[str, ...]:
    """Return what must outlast a machine: what it needs, and the conductor, without whom nobody is stopped in order."""
    own = tuple(name for name in machine.needs if name in group.machines)
    return own if machine.name == group.conductor or group.conductor in own else (*own, group.conductor)


def dependants(group: Group, name: str) -> list[str]:
    """Return who must be off before a machine stops."""
    return [one.name for one in group.machines.values() if name in needed(group, one)]


def chain(group: Group, name: str) -> float:
    """Return the seconds from the moment a machine begins to stop until all that must outlast it are off, too."""
    machine = group.machines[name]
    return machine.stop + max((chain(group, one) for one in needed(group, machine)), default=0.0)


def stopping(group: Group) -> list[str]:
    """Return the machines in the order in which they stop, the conductor last."""
    return sorted(group.machines, key=lambda name: (-chain(group, name), name))


def starting(group: Group) -> list[str]:
    """Return the machines in the order in which they start: each after what it needs."""
    found: list[str] = []
    waiting = sorted(group.machines)
    while waiting:
        ready = [name for name in waiting if set(needed(group, group.machines[name])) <= set(found)]
        found += ready
        waiting = [name for name in waiting if name not in ready] if ready else []
    return found


def delay(group: Group, name: str) -> float:
    """Return the seconds for which a machine's shutdown waits where its upsmon hears nothing any more on battery.

    Nobody conducts then: so each waits until those that need it have noticed, too, and have stopped.
    """
    later = [delay(group, one) + NOTICE + group.machines[one].stop * SLOWER for one in dependants(group, name)]
    return max(later, default=0.0)


def dead_time(group: Group, name: str) -> float:
    """Return the seconds of silence on battery after which a machine stops, as its upsmon usually notices it."""
    return DEAD_TIME + delay(group, name)
