"""Look, record and show this machine's health.

`run` makes every check that the policy asks for and writes down what it saw; it ends with 0 when it could look and
write, so that a full disk does not also make a failed unit. The timer's rounds leave lines in the ledger, too: the
first of each day, and each with another verdict. `show` judges what was written down.
"""

from __future__ import annotations

import argparse
import json

from ops.core import clock
from ops.core.verdict import Verdict
from ops.jobs.health.job import look_and_record, recorded
from ops.jobs.host import state_files
from ops.reports.check_table import table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("run", help="look and record")
    acts.add_parser("show", help="judge what was recorded last")
    parser.epilog = "example: seawall health show --json"


def execute(options: argparse.Namespace) -> int:
    """Look and record, or show what was recorded."""
    runs = options.act == "run"
    state = look_and_record() if runs else recorded(state_files.read_all(), clock.now())
    print(json.dumps(state, ensure_ascii=False) if options.json else table(state["checks"]))
    return 0 if runs else Verdict(state["verdict"]).exit_code
