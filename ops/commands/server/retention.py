"""On a backup host: which sets are to leave the repositories that it keeps, when and why; that they do, or come back.

It has no key: cards that servers and drill hosts hand over tell it which snapshots are one set, and which were proven.
Planning deletes nothing. Nothing leaves unless the policy says when; what leaves is kept for a while.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ops.commands.server import _retention_plan as plan
from ops.commands.server import _retention_runs as runs


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall retention`."""
    commands = parser.add_subparsers(dest="command", required=True)
    plan.add(commands)
    runs.add(commands)


def execute(options: Namespace) -> int:
    """Do what the words say; return the exit code."""
    return runs.told(options) if options.command in runs.RUNS else plan.told(options)
