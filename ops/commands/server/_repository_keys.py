"""The words of `seawall repository keys`: which keys of a client's repository a backup host trusts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from typing import TYPE_CHECKING

from ops.core.errors import UsageError
from ops.core.names import Digest

if TYPE_CHECKING:
    from ops.jobs.run.job import Ended


def arguments(commands: _SubParsersAction[ArgumentParser], reason: str) -> None:
    """Add them. reason: the help of that option."""
    keys = commands.add_parser(
        "keys",
        help="on a backup host: trust the new keys of a repository, and move its old ones aside",
        description="Trust keys of a client's repository, and move those aside whose places they take. Nothing is\n"
        "deleted: `seawall repository set-aside HOST --back MOVE` brings them back. This host can't tell which key\n"
        "opens what: `seawall keys rotate` on the control machine proves it before and after, and runs this command.",
        formatter_class=RawDescriptionHelpFormatter,
        epilog="example:\n  seawall repository keys his1 --trust 4f0c... --retire 9d21... --reason 'Anna left'\n\n"
        "exit codes: 0 done, 1 not done, 2 wrong usage\n",
    )
    keys.add_argument("host", help="whose repository")
    keys.add_argument("--trust", action="append", default=[], metavar="ID", help="trust this key; may be repeated")
    keys.add_argument("--retire", action="append", default=[], metavar="ID", help="move this key aside; likewise")
    keys.add_argument("--reason", default="", help=reason)


def exchanged(options: Namespace, reason: str) -> Ended:
    """Do what the words say; raise UsageError."""
    from ops.jobs.keeper.keys import Exchange, exchange

    return exchange(Exchange(options.host, _ids(options.trust), _ids(options.retire), reason))


def _ids(words: list[str]) -> list[Digest]:
    for word in words:
        if not Digest.fits(word):
            raise UsageError(f"{word!r} is no id of a key", f"expected {Digest.expected}, as `restic key list` shows")
    return [Digest(word) for word in words]
