"""Make a PostgreSQL standby the primary: fence the old primary first, then promote.

Without --now this only says how both machines stand, what would be done, and what could be lost. An old primary that
can't be reached can't be fenced: then a person must know that its machine is off, and stays off, and say so in words.
Nothing decides this by itself. docs/standby.md leads through it, also without a control machine.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.core.printable import as_json

if TYPE_CHECKING:
    from ops.fleet.failover.plan import Plan
    from ops.fleet.inventory import Inventory
    from ops.fleet.ssh.ask import Answer
    from ops.interfaces.standby import ClusterState
    from ops.policy.standby import Standby

EXAMPLES = """\
examples:
  seawall failover his -i inventories/hospital                          how it stands, and what would be done
  seawall failover his --now --reason 'ticket 4712: disk errors'        his1 is fenced, his2 becomes the primary
  seawall failover his --now --reason 'his1 burnt' --off 'his1 is off'  his1 can't be reached
  seawall failover his --to his1 --now --reason 'back again'
exit codes: 0 done, or shown what would be done; 1 failed, or it can't be done; 2 wrong usage or policy
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall failover` understands."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("name", help="the standby's name in the policy")
    parser.add_argument("--to", default="", metavar="HOST", help="which machine is to be the primary")
    parser.add_argument("--now", action="store_true", help="do it (default: only say what would be done)")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done, whatever else is said")
    parser.add_argument("--reason", default="", help="why; it is recorded in the ledgers of both machines")
    parser.add_argument(
        "--off", default="", metavar="WORDS", help="where the old primary can't be reached: 'HOST is off'"
    )
    parser.add_argument("--accept-loss", action="store_true", help="promote although acknowledged commits may be lost")
    _options.add_inventory(parser)


def execute(options: argparse.Namespace) -> int:
    """Show the plan, or carry it out; return the exit code."""
    from ops.fleet.failover.act import look
    from ops.fleet.failover.plan import plan

    read = _options.read_inventory(options)
    one = _named(read, options.name)
    answers = look(read, options.name, one.machines)
    _tell(answers, options)
    planned = plan(one, answers, options.to)
    doing = options.now and not options.dry_run
    if not doing and options.json:
        print(as_json({**vars(planned), "off": planned.off}))
        return 0
    for line in _lines(planned):
        print(line, file=sys.stderr if options.json else sys.stdout)
    return _done(read, planned, options) if doing else 0


def _named(read: Inventory, name: str) -> Standby:
    known = {each: one for policy in read.policies().values() for each, one in (policy.standby or {}).items()}
    if name not in known:
        listed = ", ".join(sorted(known)) or "none"
        raise UsageError(f"the policy has no standby {name!r}{nearest(name, sorted(known))}; known: {listed}")
    return known[name]


def _tell(answers: dict[str, Answer[ClusterState]], options: argparse.Namespace) -> None:
    for host, answer in answers.items():
        seen = answer.fact
        words = answer.trouble
        if seen is not None:
            what = "primary" if seen.primary else "standby" if seen.follows else "former primary"
            more = ["fenced"] if seen.fenced else []
            more += ["streams" if seen.streaming else "does not stream"] if seen.running else ["is down"]
            words = ", ".join([what, *more])
        print(f"{host}: {words}", file=sys.stderr if options.json else sys.stdout)


def _lines(planned: Plan) -> list[str]:
    first = (
        f"1. fence {planned.old}: stop its cluster, keep it from starting and from taking writes"
        if planned.fences
        else f"1. {planned.old} can't be reached, and so not be fenced: once you know that it is, --off '{planned.off}'"
    )
    lost = planned.loss or "nothing that was acknowledged"
    if not planned.loss and planned.synchronous:
        lost += f", if commits waited for {planned.new}: the check postgresql_standby of {planned.old} tells"
    return [
        first,
        f"2. promote {planned.new}",
        f"could be lost: {lost}",
        f"then, on {planned.old}: sudo seawall standby rejoin; until then {planned.new} has no standby",
    ]


def _done(read: Inventory, planned: Plan, options: argparse.Namespace) -> int:
    from ops.fleet.failover.act import carry_out

    if not options.reason.strip():
        raise UsageError("a failover requires a reason", "--reason TEXT; it is recorded in the ledgers")
    if not planned.fences and options.off != planned.off:
        raise UsageError(
            f"{planned.old} can't be fenced: if it still takes writes, two primaries part for good",
            f"know that it is off and stays off, then say so: --off '{planned.off}'",
        )
    if planned.loss and not options.accept_loss:
        raise UsageError(f"this could lose {planned.loss}", "--accept-loss")

    def tell(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    new = carry_out(read, options.name, planned, options.reason, tell, accept_loss=options.accept_loss)
    if options.json:
        print(as_json(new.written()))
        return 0
    print(f"{planned.new} is the primary, on timeline {new.timeline}")
    print(f"applications: those that name both machines find it by themselves; point all others to {planned.new}")
    print(f"next, on {planned.old} when it is well: sudo seawall standby rejoin {options.name} --reason ...")
    return 0
