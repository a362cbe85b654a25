"""States for tests, from as little as a test is about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.core.errors import Damaged
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.state import State, UnreadableState, state_of
from ops.interfaces.status_answer import read

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


def answer(host: str = "his1", **more: Any) -> dict[str, Any]:
    """Return what a machine tells of itself, as plain data."""
    common = {"version": 1, "host": host, "time": "2026-11-22T05:00:00Z", "seawall": "0.1.0", "policy_digest": ""}
    return {**common, "verdict": "pass", "checks": [], **more}


def told(host: str = "his1", **more: Any) -> MachineStatus:
    """Return what the control machine makes of that."""
    found = read(json.dumps(answer(host, **more)).encode(), "its answer")
    return MachineStatus(verdict=found.verdict, told=found)
