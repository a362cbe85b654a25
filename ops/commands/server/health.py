"""Record and show this machine's health.

`run` runs every check in the policy and records the results. It exits with 0 if it could check and write, so that a
full disk does not also cause a failed unit, and with 1 if the ledger lacks the line that it was to get. Rounds started
by the timer also add lines to the ledger: the first of each day, and each one whose verdict differs from the one
before. `show` judges what was recorded.
"""

from __future__ import annotations

import argparse

from ops.core import clock
from ops.core.printable import as_json
from ops.interfaces.state import written
from ops.jobs.health.job import look_and_record, recorded, unrecorded
from ops.jobs.host import state_files
from ops.reports.check_table import table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("run", help="run all checks and record the results")
    acts.add_parser("show", help="show and judge the last results")
    parser.epilog = "example: seawall health show --json"


def execute(options: argparse.Namespace) -> int:
    """Look and record, or show what was recorded."""
    runs = options.act == "run"
    state = look_and_record() if runs else recorded(state_files.read_all(), clock.now())
    print(as_json(written(state)) if options.json else table(state.checks))
    return int(unrecorded(state)) if runs else state.verdict.exit_code
