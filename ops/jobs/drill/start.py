"""Starting a drill: what a person wants of it reaches the unit, and the drill is a job like any other."""

from __future__ import annotations

import secrets
from dataclasses import replace

from ops.core import kinds
from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.jobs.drill import hold
from ops.jobs.drill.external_dump import brought, drilled_dump
from ops.jobs.drill.job import drilled
from ops.jobs.drill.options import DrillOptions
from ops.jobs.host import own_policy
from ops.jobs.run.handover import offered, taken_over
from ops.jobs.run.job import Ended, Outcome, actor, perform
from ops.jobs.run.override import REMOVAL, Override
from ops.jobs.run.systemd_unit import reset_failed, run_in_unit
from ops.policy import HostPolicy
from ops.policy.model import Drilled


def drill(name: str, wanted: DrillOptions) -> Ended:
    """Drill one asset, through its unit where a person starts it; the exit code is that of the verdict.

    What could not be tried is unknown, never a pass. Raise UsageError for what does not go together.
    """
    policy = own_policy.read()
    chosen = _chosen(policy, name)
    job = joined.drill(name)
    said = replace(wanted, zone=policy.site.timezone, by=actor())
    said.demand_sense()
    _demand_machine(said, chosen)
    with brought(name, said.dump) as copy:
        said = replace(said, dump=copy)
        with offered(job, said, by_root=True):
            held = (lambda: hold.is_held(name)) if said.keep else None
            unit = joined.service(job)
            if ended := run_in_unit(unit, joined.act(_act(said), name), held, ended_code=Verdict.UNKNOWN.exit_code):
                if _act(said) != "drill":
                    reset_failed(unit)
                return ended
        return _performed(name, policy, chosen, taken_over(job, DrillOptions) or said)


def _demand_machine(wanted: DrillOptions, chosen: Drilled) -> None:
    """Raise UsageError where something else than a machine is to boot from a disk."""
    kind = wanted.kind or (chosen.asset.drill.kind if chosen.asset.drill else "")
    if wanted.own_kernel and kind != "machine":
        raise UsageError(f"a drill of the kind {kind} does not boot a disk", "use --own-kernel with the kind `machine`")


def _act(wanted: DrillOptions) -> str:
    """Return what it is called: a damaged copy or a stranger's dump says nothing of the asset's own sets."""
    return "sabotage" if wanted.sabotage else "dump" if wanted.dump else "drill"


def _performed(name: str, policy: HostPolicy, chosen: Drilled, wanted: DrillOptions) -> Ended:
    """Drill in this process."""
    kind = _act(wanted)
    seeded = replace(wanted, seed=secrets.randbits(32) if wanted.seed is None else wanted.seed)
    outcome = perform(
        kind,
        joined.act(kind, name),
        name,
        policy.host,
        lambda: _played(policy, name, chosen, seeded),
        failed=Verdict.UNKNOWN,
    )
    return Ended.here(outcome, outcome.verdict.exit_code)


def _played(policy: HostPolicy, name: str, chosen: Drilled, wanted: DrillOptions) -> Outcome:
    """Record that something is to be kept before anything is restored; then drill."""
    if wanted.keep:
        Override(REMOVAL, wanted.keep, wanted.by, wanted.approver).record(policy.host, name)
    return drilled_dump(name, chosen, wanted) if wanted.dump else drilled(policy, name, chosen, wanted)


def _chosen(policy: HostPolicy, name: str) -> Drilled:
    if name not in policy.drills:
        near = kinds.nearest(name, list(policy.drills))
        raise UsageError(
            f"{policy.host} does not drill any asset {name!r}{near}", f"it drills: {', '.join(policy.drills) or 'none'}"
        )
    return policy.drills[name]
