"""Run the checks of this machine now.

Nothing is recorded. The exit code is that of the worst verdict.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.kinds import nearest
from ops.core.printable import as_json
from ops.core.schema import encode
from ops.core.verdict import worst
from ops.jobs.health.job import look
from ops.jobs.host import own_policy, state_files
from ops.reports.check_table import table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="a check in the policy (default: all)")
    parser.epilog = "example: seawall check root_disk"


def execute(options: argparse.Namespace) -> int:
    """Make the checks, show what they saw, and return the worst verdict's exit code."""
    policy = own_policy.read()
    _demand_known(options.names, list(policy.checks))
    entries = look(policy, state_files.read_all(), clock.now(), options.names or None)
    verdict = worst(entry.verdict for entry in entries)
    if options.json:
        print(as_json({"verdict": verdict.value, "checks": encode(entries)}))
    else:
        print(table(entries))
    return verdict.exit_code


def _demand_known(names: Sequence[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            listed = ", ".join(known) or "none"
            raise UsageError(f"unknown check {name!r}{nearest(name, known)}", f"known: {listed}")
