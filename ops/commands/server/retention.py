"""On a backup host: which sets are to leave the repositories that it keeps, when and why; and what stays.

It has no key: cards that servers and drill hosts hand over tell it which snapshots are one set, and which were proven.
Planning deletes nothing.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ops.commands.server import _retention_plan as plan


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall retention`."""
    plan.add(parser.add_subparsers(dest="command", required=True))


def execute(options: Namespace) -> int:
    """Do what the words say; return the exit code."""
    return plan.told(options)
