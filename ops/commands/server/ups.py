"""Go through a power cut in order: conduct the machines of a UPS, show the plan, measure, test the battery.

The machine to which a UPS is connected runs `conduct`, which only its unit starts. See docs/ups.md.
"""

from __future__ import annotations

import argparse

from ops.core.printable import as_json
from ops.core.quantity import Duration


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("conduct", help="conduct the power group of this machine; only its unit runs this")
    acts.add_parser("plan", help="show in which order the machines stop and start, when, and where each stands")
    acts.add_parser("measure", help="say how long this machine's last shutdowns took, by its journal; changes nothing")
    test = acts.add_parser("test", help="let the UPS test its battery, as the policy has it, and wait for the result")
    test.add_argument("--dry-run", action="store_true", help="say what would be done, and what is against it")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "examples:\n  seawall ups plan\n  seawall ups measure\n  sudo seawall ups test --dry-run\n"


def execute(options: argparse.Namespace) -> int:
    """Do what the words say; return the exit code."""
    return {"conduct": _conduct, "plan": _plan, "measure": _measure, "test": _test}[options.act](options)


def _conduct(_: argparse.Namespace) -> int:
    from ops.jobs.power.conduct import conduct

    conduct()
    return 0


def _plan(options: argparse.Namespace) -> int:
    from ops.jobs.power.planned import plan

    lines = plan()
    if options.json:
        print(as_json([vars(line) for line in lines]))
        return 0
    for line in lines:
        took = str(Duration(round(line.stop))) if line.measured else f"{Duration(round(line.stop))} assumed"
        left = Duration(round(line.asked_at))
        print(f"{line.name}: {line.stage}; stops in {took}, is asked when {left} of the battery are left")
    return 0


def _measure(options: argparse.Namespace) -> int:
    from ops.jobs.power.measure import shutdowns

    found = shutdowns()
    if options.json:
        print(as_json([vars(one) for one in found]))
        return 0
    for one in found:
        print(f"{one.boot} boots ago: {Duration(round(one.seconds))}")
    longest = Duration(max(round(one.seconds) for one in found))
    print(f"the longest is for the policy: power.GROUP.machines.THIS.shutdown_time: {longest}")
    return 0


def _test(options: argparse.Namespace) -> int:
    from ops.jobs.power.battery_test import planned, test_battery
    from ops.jobs.run.job import Ended

    if options.dry_run:
        plan = planned()
        if options.json:
            print(as_json({"ups": plan.test.ups, "command": plan.test.command, "against": plan.against}))
        else:
            print(f"would give {plan.test.ups} the command {plan.test.command}")
            print(f"not now: {plan.against}" if plan.against else "nothing is against it now")
        return 1 if plan.against else 0
    outcome = test_battery()
    print(Ended.here(outcome, outcome.code).text(as_json=options.json), end="")
    return outcome.code
