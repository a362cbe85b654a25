"""Create this machine's repositories, with the keys of those who may read them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from ops.core.errors import UsageError
from ops.jobs.repository import make_all, note_all


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
    commands.add_parser(
        "note",
        help="note with which keys this machine opens other machines' repositories",
        description="Open every repository that this machine may read, and note the id of the key that opened it.",
    )


def execute(options: Namespace) -> int:
    """Make what is missing, or only open what is there; print one line for each repository."""
    if options.command == "note":
        for opened in note_all():
            print(f"{opened.name}: opens with key {opened.key}", flush=True)
        return 0
    for opened in make_all([_reader(word) for word in options.reader]):
        print(f"{opened.name}: opens with key {opened.key}", flush=True)
        print(f"{opened.name}: {'made' if opened.made else 'exists already'}", flush=True)
    return 0


def _reader(word: str) -> tuple[str, str, Path]:
    place, colon, rest = word.partition(":")
    label, equals, file = rest.partition("=")
    if not (colon and equals and Path(file).is_file()):
        raise UsageError(f"--reader {word}: expected REPOSITORY:NAME=FILE with an existing file")
    return place, label, Path(file)
