"""Let sets leave the repositories that this backup host keeps, and bring them back.

Nothing leaves unless the policy says when. What leaves is kept for a while, and comes back by one word; its space is
free only afterwards.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from ops.commands.server import _retention_runs as runs


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall retention`."""
    runs.add(parser.add_subparsers(dest="command", required=True))


def execute(options: Namespace) -> int:
    """Do what the words say; return the exit code."""
    return runs.told(options)
