"""Start backups, copies, drills and health checks on many machines, and follow them until they end.

  seawall fleet run backup                        back up every asset of every machine
  seawall fleet run copy his lis                  copy two assets to every repository that the policy names
  seawall fleet run drill --on drill1             run all drills of one drill host
  seawall fleet run health --on servers,backup1   check the health of a group and a host
  seawall fleet run backup --dry-run              only list what would be started

Each act runs in the unit that its timer starts, with the same account and limits. A unit that is already running is
followed, not started twice. Ctrl-C leaves the units running. A table at the end shows how each act ended; an act that
could not be followed to its end is unknown. See docs/fleet.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from typing import TYPE_CHECKING

from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.core.printable import as_json
from ops.core.verdict import worst
from ops.fleet import inventory
from ops.fleet.acts.choose import ACTS, Act, choose

if TYPE_CHECKING:
    from ops.fleet.acts.follow import Board

AT_ONCE = 4
MOST_AT_ONCE = 32
INTERRUPTED = 130
EXAMPLES = """\
examples:
  seawall fleet run backup -i inventories/hospital
  seawall fleet run copy his --at-once 2
  seawall fleet run drill his --dry-run
  seawall fleet run health --on servers,backup1 --json
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall fleet` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="start acts on many machines and follow them until they end")
    run.formatter_class = argparse.RawDescriptionHelpFormatter
    run.epilog = EXAMPLES
    run.add_argument("act", choices=ACTS, help="what to start")
    run.add_argument("assets", nargs="*", metavar="ASSET", help="only these assets (default: all)")
    run.add_argument("--on", default="", metavar="HOSTS", help="only these hosts and groups, comma-separated")
    run.add_argument(
        "--at-once",
        type=_count,
        default=AT_ONCE,
        metavar="N",
        help=f"run at most N acts at the same time (default: {AT_ONCE})",
    )
    run.add_argument("--dry-run", action="store_true", help="list what would be started, and exit")
    _options.add_inventory(run)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_AT_ONCE}")
    return int(text)


def execute(options: argparse.Namespace) -> int:
    """Start and follow; return the exit code of the worst verdict, or 130 after Ctrl-C."""
    read = _options.read_inventory(options)
    on = [name.strip() for name in options.on.split(",") if name.strip()]
    if options.on and not on:
        raise UsageError("--on names no host or group")
    acts = choose(read, options.act, options.assets, on)
    if options.dry_run:
        return _plan(acts, as_json=options.json)
    return _run(read, acts, options)


def _plan(acts: list[Act], *, as_json: bool) -> int:
    from ops.fleet.acts import show

    print(json.dumps(show.planned_plain(acts)) if as_json else show.planned(acts))
    return 0


def _run(read: inventory.Inventory, acts: list[Act], options: argparse.Namespace) -> int:
    from ops.fleet.acts import show
    from ops.fleet.acts.follow import Board, follow

    progress = show.Progress(sys.stderr)
    board = Board(acts, progress.change)
    try:
        follow(read, board, options.at_once, lambda: progress.running(board))
    except KeyboardInterrupt:
        progress.close()
        print(_left(board, read), file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)  # an ordinary end would wait for every thread that still waits for a machine
    progress.close()
    print(as_json(show.plain(board)) if options.json else show.table(board))
    return worst(end.verdict for end in board.ended.values()).exit_code


def _left(board: Board, read: inventory.Inventory) -> str:
    """Return what is said after Ctrl-C: what goes on, and how to look at it later."""
    running = [act for act in board.running if act in board.units]
    perhaps = [act for act in board.running if act not in board.units]
    later = shlex.join(["seawall", "status", "-i", str(read.path)])
    return (
        f"seawall fleet: interrupted; the units are left running\n"
        f"  still running: {_named(running)}\n"
        f"{f'  perhaps started: {_named(perhaps)}{chr(10)}' if perhaps else ''}"
        f"  not started: {_named(board.waiting)}\n"
        f"  {later} shows later how they end"
    )


def _named(acts: list[Act]) -> str:
    return ", ".join(act.words for act in acts) or "none"
