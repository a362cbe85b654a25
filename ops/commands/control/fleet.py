"""Start acts on many machines at once and follow them to their ends.

  seawall fleet run backup              back up every asset of every machine
  seawall fleet run copy his lis        copy two assets to all the places that the policy names
  seawall fleet run drill --on drill1   do all drills of one drill host
  seawall fleet run health --on hospital_servers,backup1
                                        look at the health of some groups and hosts

Each act runs in the unit that its timer starts, under the same account and limits. A unit that runs already is
followed, not started twice. Ctrl-C leaves the units running. The table at the end says how each act ended; one that
could not be followed to its end is unknown. docs/fleet.md explains it.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from typing import TYPE_CHECKING

from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.core.verdict import worst
from ops.fleet import inventory
from ops.fleet.acts.choose import ACTS, Act, choose

if TYPE_CHECKING:
    from ops.fleet.acts.follow import Board

AT_ONCE = 4
MOST_AT_ONCE = 32
INTERRUPTED = 130


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall fleet` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="start acts on many machines and follow them to their ends")
    run.add_argument("act", choices=ACTS, help="what to do")
    run.add_argument("assets", nargs="*", metavar="ASSET", help="only these assets (default: all)")
    run.add_argument("--on", default="", metavar="HOSTS", help="only these hosts and groups, separated by commas")
    run.add_argument("--at-once", type=_count, default=AT_ONCE, metavar="N", help=f"acts at once (default: {AT_ONCE})")
    run.add_argument("--dry-run", action="store_true", help="only list what would be started")
    _options.add_inventory(run)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_AT_ONCE}")
    return int(text)


def execute(options: argparse.Namespace) -> int:
    """Start and follow; return the exit code of the worst verdict, 130 when somebody stopped looking."""
    read = inventory.read(options.inventory)
    on = [name.strip() for name in options.on.split(",") if name.strip()]
    if options.on and not on:
        raise UsageError("--on names no host")
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
        print(_left(board, read), file=sys.stderr)
        return INTERRUPTED
    progress.close()
    print(json.dumps(show.plain(board), ensure_ascii=False) if options.json else show.table(board))
    return worst(end.verdict for end in board.ended.values()).exit_code


def _left(board: Board, read: inventory.Inventory) -> str:
    """Return what is said to somebody who stopped looking: what goes on, and how to look at it later."""
    running = [act for act in board.running if act in board.units]
    perhaps = [act for act in board.running if act not in board.units]
    later = shlex.join(["seawall", "status", "-i", str(read.path)])
    return (
        f"seawall fleet: stopped looking, by hand\n"
        f"  still running on their machines: {_named(running)}\n"
        f"{f'  perhaps just started: {_named(perhaps)}{chr(10)}' if perhaps else ''}"
        f"  not started: {_named(board.waiting)}\n"
        f"  {later} shows later how they ended"
    )


def _named(acts: list[Act]) -> str:
    return ", ".join(act.words for act in acts) or "none"
