"""Create this machine's repositories, with the keys of those who may read them."""

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
        help="create the missing repositories",
        description="Create the repositories that the policy names for this machine and that do not exist yet.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="example:\n  seawall repository init --reader primary:drill1=/run/drill1.password\n",
    )
    init.add_argument(
        "--reader",
        action="append",
        default=[],
        metavar="REPOSITORY:NAME=FILE",
        help="add a key for a reader; FILE contains its password",
    )


def execute(options: Namespace) -> int:
    """Make what is missing; print one line for each repository: made, or there already."""
    for name, made in make_all([_reader(word) for word in options.reader]):
        print(f"{name}: {'made' if made else 'exists already'}", flush=True)
    return 0


def _reader(word: str) -> tuple[str, str, Path]:
    place, colon, rest = word.partition(":")
    label, equals, file = rest.partition("=")
    if not (colon and equals and Path(file).is_file()):
        raise UsageError(f"--reader {word}: expected REPOSITORY:NAME=FILE with an existing file")
    return place, label, Path(file)
