"""The words of `seawall roll-back`, the same on a machine and, behind its name, on the control machine."""

from __future__ import annotations

from argparse import ArgumentParser


def add_words(parser: ArgumentParser) -> None:
    """Add which moment it goes back to, and how."""
    parser.add_argument("id", nargs="?", default="", metavar="ID", help="the moment (default: the newest)")
    parser.add_argument("--list", action="store_true", help="list what was kept before updates")
    parser.add_argument("--drill", action="store_true", help="prove it, in a layer in memory over the machine's system")
    parser.add_argument("--yes", action="store_true", help="do it; without this, what would be done is only shown")
    parser.add_argument("--dry-run", action="store_true", help="do nothing, even with --yes")
    parser.add_argument("--reason", default="", help="why; it is recorded")
    parser.add_argument("--by", default="", metavar="WHO", help="who asks (default: who is logged in)")
    parser.add_argument(
        "--leave", action="append", default=[], metavar="PATH", help="leave this file or folder of /etc as it is"
    )
    parser.add_argument("--partly", action="store_true", help="do it although some packages can't be brought back")
    parser.add_argument("--hold", action="store_true", help="have apt hold these packages back, until you unhold them")
