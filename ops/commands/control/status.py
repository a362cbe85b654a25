"""Show how the whole fleet stands: every machine is asked at once, and none is ever missing.

A machine that does not answer, has no agent or gives an unreadable answer is unknown, with its reason.
"""

from __future__ import annotations

import argparse
import sys

from ops.commands._options import add_language, spoken
from ops.commands.control import _options
from ops.core.printable import as_json
from ops.fleet.status import collect
from ops.interfaces.fleet_status import FleetStatus


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    _options.add_inventory(parser)
    add_language(parser)
    parser.add_argument(
        "--ask",
        action="store_true",
        help="ask every machine itself, also where the policy has its status read at its backup hosts",
    )
    parser.epilog = "example: seawall status -i inventories/hospital"


def execute(options: argparse.Namespace) -> int:
    """Show the status of the fleet and return its verdict's exit code."""
    status = collect(_options.read_inventory(options).path, ask_all=options.ask)
    with spoken(options, status.language):
        print(as_json(status.written()) if options.json else _text(status))
    return status.verdict.exit_code


def _text(status: FleetStatus) -> str:
    from ops.reports.status import text

    return text.render(status, colours=sys.stdout.isatty())
