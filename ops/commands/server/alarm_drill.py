"""Try whether somebody is told when something breaks, and answers: make a fault, measure, wait for the answer.

A timer is stopped, or something of the drill's own breaks, which harms nobody; all is as before at the end, whatever
becomes of this program. Then the checks, the alarms and the channels do what they always do. Whoever is called answers
with `seawall ack`. Good is a drill that every channel has told and a person has answered in the policy's time; what
came of it is recorded in the ledger.
"""

from __future__ import annotations

import argparse

from ops.core.printable import as_json
from ops.core.schema import encode
from ops.jobs.alarm_drill.fault import FAULTS
from ops.jobs.alarm_drill.job import Planned, drill_alarms, planned
from ops.jobs.run.job import Ended


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    known = "; ".join(f"{name}: {fault.words}" for name, fault in FAULTS.items())
    parser.add_argument(
        "kind", nargs="?", default="", metavar="KIND", help=f"{known} (default: the one that was drilled longest ago)"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument(
        "--hold", type=int, metavar="PROCESS", help="hold the fault until that process ends; only the drill's unit does"
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "examples:\n  sudo seawall alarm-drill                  as its timer does\n"
        "  seawall alarm-drill rounds --dry-run      what would break, and who would be called\n"
    )


def execute(options: argparse.Namespace) -> int:
    """Drill, or say what would be done; 0 when everybody was told and a person answered, 2 when not."""
    if options.hold is not None:
        from ops.jobs.alarm_drill.staging import hold

        hold(options.kind, options.hold)
        return 0
    if options.dry_run:
        drill = planned(options.kind)
        print(as_json(_plain(drill)) if options.json else _words(drill))
        return 0
    outcome = drill_alarms(options.kind)
    print(Ended(outcome.verdict.exit_code, encode(outcome.facts), f"{outcome.verdict.value}: {outcome.message}").text(
        as_json=options.json
    ), end="")  # fmt: skip
    return outcome.verdict.exit_code


def _plain(drill: Planned) -> dict[str, object]:
    said = {"kind": drill.kind, "does": drill.fault.does, "stops": drill.fault.timer, "check": drill.fault.check}
    return {**said, "channels": list(drill.channels), "called": list(drill.called)}


def _words(drill: Planned) -> str:
    return (
        f"would {drill.fault.does}, so that {drill.fault.check} says: {drill.fault.words}\n"
        f"called first: {', '.join(drill.called)}, by {', '.join(drill.channels)}\n"
        f"told within {drill.drill.told_within}, answered within {drill.drill.answered_within} of that"
    )
