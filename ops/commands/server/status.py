"""Show the state of this machine.

The results of checks are those of the last round; the ages of backups, copies and drills are judged as of now.
"""

from __future__ import annotations

import argparse

from ops.core import clock
from ops.core.printable import as_json
from ops.interfaces.pushed import line
from ops.jobs.host import own_policy, state_files
from ops.jobs.status import collect
from ops.reports.check_table import table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--push",
        action="store_true",
        help="hand it over to the backup hosts of this machine's repositories, signed; a timer runs this",
    )
    which.add_argument(
        "--clients",
        action="store_true",
        help="on a backup host, as root: print the newest status that each machine handed over, as it lies here",
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "examples:\n  seawall status --json\n  seawall status --push\n\n"
        "exit codes: 0 pass, 1 warn, 2 fail, 3 unknown;\n"
        "            with --push 0 handed over, 1 not to all of them\n"
    )


def execute(options: argparse.Namespace) -> int:
    """Show the status of this machine and return its verdict's exit code."""
    if options.clients:
        return _clients()
    policy = own_policy.read()
    status = collect(policy, state_files.read_all(), clock.now())
    if options.push:
        from ops.jobs.push.job import hand_over

        handed = [*hand_over(policy, status)]
        print("\n".join(f"{name}: {why or 'handed over'}" for name, why in handed))
        return int(any(why for _, why in handed))
    said = as_json(status.written()) if options.json else f"{status.host}\n{table(status.checks)}"
    print(said)
    return status.verdict.exit_code


def _clients() -> int:
    from ops.jobs.push.told import newest

    for handed in newest():
        print(line(handed), flush=True)
    return 0
