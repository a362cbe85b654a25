"""Restore an asset of another machine on this one, compare it with its manifest, measure, and leave no trace."""

from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser, BooleanOptionalAction, Namespace, RawDescriptionHelpFormatter
from dataclasses import replace

from ops.core import kinds
from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.jobs import settings
from ops.jobs.drill import hold
from ops.jobs.drill.external_dump import brought, drilled_dump
from ops.jobs.drill.job import drilled
from ops.jobs.drill.options import DrillOptions
from ops.jobs.run.handover import offered, taken_over
from ops.jobs.run.job import Outcome, actor, perform
from ops.jobs.run.override import REMOVAL, Override
from ops.jobs.run.systemd_unit import reset_failed, run_in_unit
from ops.policy import HostPolicy
from ops.policy.model import Drilled

EXAMPLES = """\
examples:
  seawall drill his                          from its own repository, as its timer does
  seawall drill his --from offsite           from the off-site repository
  seawall drill his --at 2026-11-20          the newest set up to that day
  seawall drill his1_server --instant        boot the machine straight from the repository
  seawall drill his1_server --own-kernel     boot a newly built disk in QEMU, with its own kernel
  seawall drill his --sabotage random        damage the restored copy: the drill must end in `fail`
  seawall drill his --dump /srv/his.dump     a dump that Seawall did not make, judged as this asset
  seawall drill his --keep 'compare table X, ticket 4711' --approver 'Head of IT'
  seawall drill enter his                    open a shell in the restored system
  seawall drill end his                      end it, and remove everything
"""
VERBS = ("enter", "end")


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall drill`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.usage = "seawall drill ASSET [options]\n       seawall drill enter|end ASSET [-- PROGRAM ...]"
    parser.add_argument("asset", help="name of the asset in the policy, optionally after `enter` or `end`")
    parser.add_argument("rest", nargs="*", help="after enter or end: the asset, and for enter a program to run")
    parser.add_argument("--kind", choices=kinds.kinds("ops.drills"), help="a kind of drill other than the policy's")
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="restore from this repository")
    parser.add_argument(
        "--at", metavar="WHEN", help="the newest set up to this time, or a set by the first letters of its id"
    )
    parser.add_argument(
        "--instant",
        action=BooleanOptionalAction,
        help="boot a machine straight from the repository",
    )
    parser.add_argument(
        "--own-kernel",
        action=BooleanOptionalAction,
        help="boot from a newly built disk in QEMU, with the machine's own boot loader and kernel (slow)",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="repeat the random choices of the drill with this seed in its record"
    )
    parser.add_argument("--dump", metavar="FILE", help="drill this dump, or folder of pg_dump, instead of a set")
    parser.add_argument(
        "--keep", metavar="REASON", help="hold the restored system for inspection, for 24 hours at most"
    )
    parser.add_argument("--approver", metavar="WHO", help="who approved the inspection")
    parser.add_argument(
        "--sabotage",
        nargs="?",
        const="random",
        metavar="DAMAGE",
        help="damage the restored copy: at random, or in this way",
    )


def execute(options: Namespace) -> int:
    """Drill one asset; exit code by verdict: what could not be tried is unknown, never a pass."""
    if options.asset in VERBS:
        return _kept(options)
    if options.rest:
        raise UsageError(
            f"only one asset at a time; unexpected argument {options.rest[0]!r}", "seawall drill --help has examples"
        )
    policy = settings.policy()
    chosen = _chosen(policy, options.asset)
    act = f"drill-{options.asset}"
    said = replace(DrillOptions.of(options, policy.site.timezone), by=actor())
    _demand_machine(said, chosen)
    with brought(options.asset, said.dump) as copy:
        said = replace(said, dump=copy)
        with offered(act, said.written()):
            held = hold.note(options.asset).exists if said.keep else None
            state = f"{_act(said)}-{options.asset}"
            unit = f"seawall-{act}.service"
            if (code := run_in_unit(unit, state, as_json=options.json, enough=held)) is not None:
                if _act(said) != "drill":
                    reset_failed(unit)
                return code
        left = taken_over(act)
        return _performed(options, policy, chosen, DrillOptions.read(left) if left else said)


def _demand_machine(wishes: DrillOptions, chosen: Drilled) -> None:
    """Raise UsageError where something else than a machine is to boot from a disk."""
    kind = wishes.kind or (chosen.asset.drill.kind if chosen.asset.drill else "")
    if wishes.own_kernel and kind != "machine":
        raise UsageError(f"a drill of the kind {kind} does not boot a disk", "use --own-kernel with the kind `machine`")


def _act(wishes: DrillOptions) -> str:
    """Return what it is called: a damaged copy or a stranger's dump says nothing of the asset's own sets."""
    return "sabotage" if wishes.sabotage else "dump" if wishes.dump else "drill"


def _performed(options: Namespace, policy: HostPolicy, chosen: Drilled, wishes: DrillOptions) -> int:
    """Drill in this process."""
    kind = _act(wishes)
    seeded = replace(wishes, seed=secrets.randbits(32) if wishes.seed is None else wishes.seed)
    name = options.asset
    outcome = perform(
        kind,
        f"{kind}-{name}",
        name,
        policy.host,
        lambda: _played(policy, name, chosen, seeded),
        failed=Verdict.UNKNOWN,
    )
    print(json.dumps(dict(outcome.facts)) if options.json else f"{outcome.verdict.value}: {outcome.message}")
    return outcome.verdict.exit_code


def _played(policy: HostPolicy, name: str, chosen: Drilled, wishes: DrillOptions) -> Outcome:
    """Record that something is to be kept before anything is restored; then drill."""
    if wishes.keep:
        Override(REMOVAL, wishes.keep, wishes.by, wishes.approver).record(policy.host, name)
    return drilled_dump(name, chosen, wishes) if wishes.dump else drilled(policy, name, chosen, wishes)


def _kept(options: Namespace) -> int:
    if not options.rest:
        raise UsageError("missing asset name", f"usage: seawall drill {options.asset} ASSET")
    name, *words = options.rest
    if options.asset == "end":
        return hold.end(name)
    return hold.enter(name, [word for word in words if word != "--"])


def _chosen(policy: HostPolicy, name: str) -> Drilled:
    if name not in policy.drills:
        near = kinds.nearest(name, list(policy.drills))
        raise UsageError(
            f"{policy.host} does not drill any asset {name!r}{near}", f"it drills: {', '.join(policy.drills) or 'none'}"
        )
    return policy.drills[name]
