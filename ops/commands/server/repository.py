"""Make this machine's repositories, once, with the keys of those who may read them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from ops.core.errors import UsageError
from ops.jobs.repository import make_all


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall repository`."""
    commands = parser.add_subparsers(dest="command", required=True)
    init = commands.add_parser(
        "init",
        help="make the repositories that are not there yet",
        description="Make the repositories that the policy names for this machine and that are not there yet.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="example:\n  seawall repository init --reader primary:drill1=/run/drill1.password\n",
    )
    init.add_argument(
        "--reader",
        action="append",
        default=[],
        metavar="REPOSITORY:NAME=FILE",
        help="add a key for a reader; the file holds its password",
    )


def execute(options: Namespace) -> int:
    """Make what is missing; print one line for each repository: made, or there already."""
    for name, made in make_all([_reader(word) for word in options.reader]):
        print(f"{name}: {'made' if made else 'there already'}", flush=True)
    return 0


def _reader(word: str) -> tuple[str, str, Path]:
    place, colon, rest = word.partition(":")
    label, equals, file = rest.partition("=")
    if not (colon and equals and Path(file).is_file()):
        raise UsageError(f"--reader {word}: expected REPOSITORY:NAME=FILE with a file that is there")
    return place, label, Path(file)
