"""Restore an asset of another machine on this one, prove it against its manifest, measure, and leave no trace."""

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
  seawall drill his                          from where its sets go first, as its timer does
  seawall drill his --from offsite           from the other site
  seawall drill his --at 2026-11-20          the newest set of that day
  seawall drill his1_server --instant        boot the machine straight from the repository
  seawall drill his1_server --own-kernel     a disk made anew, its own boot loader and kernel, in QEMU
  seawall drill his --sabotage random        damage what was restored: the drill must end in `fail`
  seawall drill his --dump /srv/his.dump     a dump that Seawall did not make, as if it were of this asset
  seawall drill his --keep 'compare table X, ticket 4711' --approver 'Head of IT'
  seawall drill enter his                    a shell in what is kept
  seawall drill end his                      end it, and remove all of it
"""
VERBS = ("enter", "end")


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall drill`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.usage = "seawall drill ASSET [options]\n       seawall drill enter|end ASSET [-- PROGRAM ...]"
    parser.add_argument("asset", help="the asset's name in the policy; or `enter` or `end` before it")
    parser.add_argument("rest", nargs="*", help="after enter or end: the asset; after enter: a program")
    parser.add_argument("--kind", choices=kinds.kinds("ops.drills"), help="another kind of drill than the policy's")
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="restore from this repository")
    parser.add_argument("--at", metavar="WHEN", help="the newest set up to this moment, or a set by its first letters")
    parser.add_argument(
        "--instant",
        action=BooleanOptionalAction,
        help="boot a machine straight from the repository",
    )
    parser.add_argument(
        "--own-kernel",
        action=BooleanOptionalAction,
        help="boot a machine in QEMU, from a disk made anew, by its own boot loader and kernel; slow",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="repeat the choices of a drill whose record has this seed"
    )
    parser.add_argument("--dump", metavar="FILE", help="drill this dump, or folder of pg_dump, in place of a set")
    parser.add_argument("--keep", metavar="REASON", help="leave what was restored for a look, for 24 hours at most")
    parser.add_argument("--approver", metavar="WHO", help="who allowed that look")
    parser.add_argument(
        "--sabotage", nargs="?", const="random", metavar="DAMAGE", help="damage it: by chance, or in this way"
    )


def execute(options: Namespace) -> int:
    """Drill one asset; exit code by verdict: what could not be tried is unknown, never a pass."""
    if options.asset in VERBS:
        return _kept(options)
    if options.rest:
        raise UsageError(f"one asset at a time; what is {options.rest[0]!r} for?", "seawall drill --help has examples")
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
        raise UsageError(f"a drill of the kind {kind} boots no disk", "--own-kernel goes with the kind machine")


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
        raise UsageError(f"whose drill is to {options.asset}?", f"seawall drill {options.asset} ASSET")
    name, *words = options.rest
    if options.asset == "end":
        return hold.end(name)
    return hold.enter(name, [word for word in words if word != "--"])


def _chosen(policy: HostPolicy, name: str) -> Drilled:
    if name not in policy.drills:
        near = kinds.nearest(name, list(policy.drills))
        raise UsageError(
            f"{policy.host} drills no asset {name!r}{near}", f"it drills: {', '.join(policy.drills) or 'none'}"
        )
    return policy.drills[name]
