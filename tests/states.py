"""States for tests, from as little as a test is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.core.errors import Damaged
from ops.interfaces.state import State, UnreadableState, state_of

COMMON = {"health": {"verdict": "pass"}, "gaps": {"verdict": "pass", "excused": [], "covered": []}}


def state(name: str, told: Mapping[str, Any]) -> State:
    """Return a state as it is read from a file of that name; one without a kind, version or verdict gets them.

    The kind None: what stands in the place of a file that can't be read.
    """
    kind = name.partition("-")[0]
    if told.get("kind", kind) is None:
        return UnreadableState(message=told["message"])
    try:
        return state_of(
            {"version": 1, "kind": kind, **COMMON.get(kind, {"verdict": "unknown"}), **told}, f"{name}.json"
        )
    except Damaged as error:
        return UnreadableState(message=error.message)


def states(told: Mapping[str, Mapping[str, Any]]) -> dict[str, State]:
    """Return states by name, as they are read from files."""
    return {name: state(name, one) for name, one in told.items()}
