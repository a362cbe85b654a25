"""Whether sets left the repositories that this machine keeps as they should, as of the last run for each client.

A run that found something else than it had asked for has thrown that away; who did it is to be found out all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.quantity import counted
from ops.core.verdict import Finding, Verdict
from ops.health._age import unreadable
from ops.interfaces.check import Check, CheckContext
from ops.interfaces.state import LEAVING, ActState


@dataclass(frozen=True)
class Options:
    """There is nothing to choose."""


def probe(_: Options, context: CheckContext) -> Iterator[Finding]:
    """Judge the states that the last runs left."""
    states = {name: state for name, state in context.states.items() if name.startswith(f"{LEAVING}-")}
    if not states:
        yield Finding(Verdict.UNKNOWN, "no run yet; start one: seawall retention run HOST")
        return
    bad = False
    for name, state in sorted(states.items()):
        if not isinstance(state, ActState):
            raise unreadable(state)
        if state.verdict is not Verdict.PASS:
            bad = True
            yield Finding(state.verdict, f"{name.removeprefix(f'{LEAVING}-')}: {state.message or 'no message'}")
    if not bad:
        yield Finding(Verdict.PASS, f"sets leave {counted(len(states), 'repository', 'repositories')} as planned")


KIND = Check(
    Options,
    probe,
    derived=True,
    synonyms=("prune", "forget", "expire"),
    why="Sets that leave a repository are gone for good after two weeks. A run that did something else than was asked "
    "for is a fault, or an attack.",
    remedy="`seawall retention list` shows what left, and `seawall retention undo` brings it back. Find out who did "
    "it before the next run.",
)
