"""Show the state of this machine.

The results of checks are those of the last round; the ages of backups, copies and drills are judged as of now.
"""

from __future__ import annotations

import argparse

from ops.core import clock
from ops.core.printable import as_json
from ops.jobs.host import own_policy, state_files
from ops.jobs.status import collect
from ops.reports.check_table import table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.epilog = "example: seawall status --json"


def execute(options: argparse.Namespace) -> int:
    """Show the status of this machine and return its verdict's exit code."""
    status = collect(own_policy.read(), state_files.read_all(), clock.now())
    said = as_json(status.written()) if options.json else f"{status.host}\n{table(status.checks)}"
    print(said)
    return status.verdict.exit_code
