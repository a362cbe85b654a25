"""Starting a drill: what a person wants of it reaches the unit, and the drill is a job like any other."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from ops.core import kinds
from ops.core.errors import SeawallError, UsageError
from ops.core.verdict import Verdict
from ops.interfaces import joined
from ops.jobs.disk.borrowed import borrowed
from ops.jobs.drill import hold
from ops.jobs.drill.external_dump import brought, drilled_dump
from ops.jobs.drill.job import drilled
from ops.jobs.drill.oldest import drilled_oldest
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.recall import demand_question, recalled
from ops.jobs.host import own_policy
from ops.jobs.run.handover import offered, taken_over
from ops.jobs.run.job import Ended, Outcome, actor, perform
from ops.jobs.run.override import REMOVAL, Override
from ops.jobs.run.systemd_unit import reset_failed, run_in_unit
from ops.policy import HostPolicy, access
from ops.policy.model import Drilled


def drill(name: str, wanted: DrillOptions) -> Ended:
    """Drill one asset, through its unit where a person starts it; the exit code is that of the verdict.

    What could not be tried is unknown, never a pass. Raise UsageError for what does not go together.
    """
    policy = own_policy.read()
    chosen = _chosen(policy, name)
    job = joined.oldest(name) if wanted.oldest else joined.drill(name)
    said = replace(wanted, zone=policy.site.timezone, by=actor())
    said.demand_sense()
    if said.recall:
        demand_question(said.recall)
    _demand_machine(said, chosen)
    with _lent(policy, name, chosen, said) as refused, brought(name, said.dump) as copy:
        if refused:
            return refused
        said = replace(said, dump=copy)
        with offered(job, said, by_root=True):
            held = (lambda: hold.is_held(name)) if said.keep else None
            unit = joined.service(job)
            if ended := run_in_unit(unit, joined.act(_act(said), name), held, ended_code=Verdict.UNKNOWN.exit_code):
                if _act(said) not in {"drill", "oldest"}:
                    reset_failed(unit)
                return ended
        return _performed(name, policy, chosen, taken_over(job, DrillOptions) or said)


@contextmanager
def _lent(policy: HostPolicy, name: str, chosen: Drilled, wanted: DrillOptions) -> Iterator[Ended | None]:
    """Have the disk here, for a block, from which a person wants to drill: a drill itself sees no disk of this machine.

    Yield how it ended where that is not possible.
    """
    with ExitStack() as held:
        kept = policy.repositories.get(wanted.repository)
        try:
            if kept and access.attended(kept):
                held.enter_context(borrowed(policy, chosen.host, wanted.repository))
            refused = None
        except SeawallError as error:
            refused = _refused(policy, name, wanted, error)
        yield refused


def _refused(policy: HostPolicy, name: str, wanted: DrillOptions, error: SeawallError) -> Ended:
    """Record a drill that could not begin."""

    def work() -> Outcome:
        raise error

    act = joined.act(_act(wanted), name)
    outcome = perform(_act(wanted), act, name, policy.host, work, failed=Verdict.UNKNOWN)
    return Ended.here(outcome, outcome.verdict.exit_code)


def _demand_machine(wanted: DrillOptions, chosen: Drilled) -> None:
    """Raise UsageError where something else than a machine is to boot from a disk."""
    kind = wanted.kind or (chosen.asset.drill.kind if chosen.asset.drill else "")
    if wanted.own_kernel and kind != "machine":
        raise UsageError(f"a drill of the kind {kind} does not boot a disk", "use --own-kernel with the kind `machine`")


def _act(wanted: DrillOptions) -> str:
    """Return what it is called: a damaged copy, a stranger's dump or an old set says nothing of the newest set."""
    named = {"sabotage": wanted.sabotage, "dump": wanted.dump, "oldest": wanted.oldest, "recall": wanted.recall}
    return next((act for act, asked in named.items() if asked), "drill")


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
    if wanted.dump:
        return drilled_dump(name, chosen, wanted)
    if wanted.oldest:
        return drilled_oldest(policy, name, chosen, wanted)
    return recalled(policy, name, chosen, wanted) if wanted.recall else drilled(policy, name, chosen, wanted)


def _chosen(policy: HostPolicy, name: str) -> Drilled:
    if name not in policy.drills:
        near = kinds.nearest(name, list(policy.drills))
        raise UsageError(
            f"{policy.host} does not drill any asset {name!r}{near}", f"it drills: {', '.join(policy.drills) or 'none'}"
        )
    return policy.drills[name]
