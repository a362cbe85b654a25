"""Make this machine's repositories, once, with the keys of those who may read them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from ops.core.errors import UsageError
from ops.jobs import settings
from ops.jobs.host import repositories
from ops.policy import HostPolicy
from ops.restic import versions
from ops.restic.failures import NoRepository
from ops.restic.repository import Repository


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
    versions.demand()
    policy = settings.policy()
    readers = [_reader(word) for word in options.reader]
    for name in used(policy):
        made = make(policy, name, [(label, file) for place, label, file in readers if place == name])
        print(f"{name}: {'made' if made else 'there already'}")
    return 0


def used(policy: HostPolicy) -> list[str]:
    """Return the repositories that this machine's assets use, those that sets go to first before their copies."""
    first = [asset.repository for asset in policy.assets.values()]
    then = [copy.to for asset in policy.assets.values() for copy in asset.copies.values()]
    return list(dict.fromkeys([*first, *then]))


def make(policy: HostPolicy, name: str, readers: list[tuple[str, Path]]) -> bool:
    """Make one repository and its readers' keys; return whether anything was made."""
    place = repositories.open_own(policy, name)
    place.reach()
    made = False
    try:
        there = place.repository.readers()
    except NoRepository:
        place.repository.init(_like(policy, name))
        there, made = [], True
    for label, password in readers:
        if label not in there:
            place.repository.add_key(password, label)
            made = True
    return made


def _like(policy: HostPolicy, name: str) -> Repository | None:
    """Return the repository whose chunker this one must share; else deduplication would be lost for good.

    That is the first one that is there: after a disaster the off-site one may be the older.
    """
    for other in used(policy):
        if other == name:
            continue
        place = repositories.open_own(policy, other)
        place.reach()
        try:
            place.repository.readers()
        except NoRepository:
            continue
        return place.repository
    return None


def _reader(word: str) -> tuple[str, str, Path]:
    place, colon, rest = word.partition(":")
    label, equals, file = rest.partition("=")
    if not (colon and equals and Path(file).is_file()):
        raise UsageError(f"--reader {word}: expected REPOSITORY:NAME=FILE with a file that is there")
    return place, label, Path(file)
