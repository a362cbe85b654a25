"""Compare the ledger with the policy's calendars: what was expected in a period, done, late and missing."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ops.commands import _coverage_table as coverage_table
from ops.commands import _options
from ops.core import clock
from ops.jobs.host import own_policy
from ops.jobs.ledger.coverage import coverage


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of `seawall ledger coverage`."""
    _options.add_period(parser)
    _options.add_signers(parser)


def execute(options: argparse.Namespace, directory: Path, signers: Path) -> int:
    """Show what was expected and what was done; the exit code is the verdict."""
    found = coverage(own_policy.read(), clock.now(), (options.since, options.until), directory, signers)
    print(json.dumps(coverage_table.plain(found)) if options.json else coverage_table.text(found))
    return found.verdict.exit_code
