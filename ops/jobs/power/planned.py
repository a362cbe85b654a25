"""The plan of a power cut, as a person reads it before there is one."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.errors import UsageError
from ops.jobs.host import own_policy
from ops.jobs.power import kept, site
from ops.policy.power import group_of
from ops.power.model import Stage, Turn
from ops.power.order import chain, stopping


@dataclass(frozen=True)
class PlanLine:
    """A machine of the plan, in the order in which they stop.

    stop: seconds of its shutdown, measured or assumed. asked_at: the seconds that are left in the battery when it is
    asked. stage: where it stands as the conductor knows it, on the conductor's machine; elsewhere `unknown`.
    """

    name: str
    stop: float
    measured: bool
    asked_at: float
    stage: str


def plan() -> list[PlanLine]:
    """Return the plan of this machine's group; raise UsageError where it belongs to none."""
    policy = own_policy.read()
    found = group_of(policy.power or {}, policy.host)
    if found is None:
        raise UsageError("this machine belongs to no power group", "write one into `power` of the policy: docs/ups.md")
    known = kept.read() if found[1].conductor == policy.host else None
    group = site.group(found[1], known.stops if known else {})
    turns = known.memory.turns if known else {}

    def stage(name: str) -> str:
        return turns.get(name, Turn(Stage.UP)).stage.value if known else "unknown"

    return [
        PlanLine(name, one.stop, one.measured, chain(group, name) + group.margin, stage(name))
        for name in stopping(group)
        for one in (group.machines[name],)
    ]
