"""Restore an asset into a folder, or into a database with another name, next to the live data.

A PLACE that begins with / is a folder, in which each part of the set gets a folder of its own. Any other word is the
name of a new database on this machine's own server; {} in it stands for the database's own name. Existing data are
never changed, unless you use --in-place and confirm; even then, the previous data are kept under another name.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from functools import partial

from ops.core.announce import announce
from ops.core.errors import UsageError
from ops.jobs.restore import moment
from ops.jobs.restore.job import found, restore
from ops.jobs.restore.plan import Wanted

EXAMPLES = """\
examples:
  seawall restore his --to his_restored                the newest set, as a new database next to the live one
  seawall restore documents --to /srv/restore          files into a folder
  seawall restore documents --to /srv/restore --only /srv/his/documents/2026
  seawall restore his --to his_restored --only patients --at '2026-11-20 12:00'
  seawall restore lis --to '{}_restored' --part database.lis --from offsite
  seawall restore lis --to '{}_restored' --to reports=/srv/restore      all of a set of several parts
  seawall restore his --in-place                       asks first; keeps what was there before
  seawall restore his --in-place --accept-differences  goes on although something differs, if you say so
  seawall restore his --in-place --with-logins         on a new server: its accounts may log in as before
  seawall restore his_cluster --at '2026-11-20 14:32' --to /srv/recovered   PostgreSQL as it was at that moment
  seawall restore his --to his_restored --dry-run      only says what it would do
"""


IN_PLACE = "Existing data will be kept under a new name. Type {} to continue: "
ACCEPT = "The differences stay in the data. Type {} to accept them: "


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall restore`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("asset", help="name of the asset in the policy")
    parser.add_argument(
        "--to",
        action="append",
        default=[],
        metavar="[PART=]PLACE",
        help="restore into this folder, or as a new database with this name",
    )
    _selecting(parser)
    parser.add_argument(
        "--in-place",
        action="store_true",
        help="replace the live data, which are kept under another name; asks for confirmation",
    )
    parser.add_argument(
        "--with-logins",
        action="store_true",
        help="on a new server: let the accounts that it makes log in with their old passwords; otherwise they can't",
    )
    parser.add_argument(
        "--accept-differences",
        action="store_true",
        help="accept what is not as its manifest says: names each difference, asks, and records who accepted it",
    )
    parser.add_argument("--confirm", metavar="ASSET", help="confirm --in-place, --accept-differences in a script")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")


def _selecting(parser: ArgumentParser) -> None:
    """Describe the words that say which data, and what comes with them."""
    parser.add_argument(
        "--at",
        metavar="WHEN",
        help="2026-11-20, '2026-11-20 12:00' (site time), or the id of a set; a cluster with an archived log is "
        "restored as it was at that very moment, with `latest` as late as possible",
    )
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="repository (default: the asset's own)")
    parser.add_argument("--part", action="append", default=[], metavar="PART", help="restore this part of the set only")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATH|TABLE",
        help="restore only this table or path; may be repeated",
    )
    parser.add_argument(
        "--with-constraints",
        action="store_true",
        help="with --only, also restore the indexes and constraints of the tables, in PostgreSQL",
    )


def execute(options: Namespace) -> int:
    """Restore an asset; 0 when all was brought and is as its manifest says, or was accepted."""
    if moment.is_moment(options.asset, options.at):
        return _recovered(options)
    wanted = Wanted(
        options.to,
        options.part,
        options.only,
        in_place=options.in_place,
        constraints=options.with_constraints,
        logins=options.with_logins,
    )
    with found(options.asset, wanted, options.at, options.source) as ready:
        print("\n".join(ready.lines()), file=sys.stderr if options.json else sys.stdout)
        if options.dry_run:
            return 0
        if options.in_place:
            _demand_answer(options, "--in-place", IN_PLACE)
        if options.accept_differences:
            _demand_way(options, "--accept-differences")
        ended = restore(ready, options.only, partial(_accepted, options) if options.accept_differences else None)
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _recovered(options: Namespace) -> int:
    """Recover a cluster as it was at a moment; 0 when it got there."""
    if any((options.part, options.only, options.in_place, options.with_logins, options.accept_differences)):
        raise UsageError("a cluster is recovered as a whole, into a folder", "use --at with --to /FOLDER alone")
    with moment.found(options.asset, options.at, options.to, options.source) as ready:
        print("\n".join(ready.lines()), file=sys.stderr if options.json else sys.stdout)
        if options.dry_run:
            return 0
        ended = moment.restore(ready)
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _demand_answer(options: Namespace, asked: str, question: str) -> None:
    """Demand a person's word, or raise UsageError. asked: the option that needs it."""
    _demand_way(options, asked)
    answer = options.confirm
    if answer is None:
        answer = input(question.format(options.asset))
    if answer.strip() != options.asset:
        raise UsageError("not confirmed; nothing was changed")


def _demand_way(options: Namespace, asked: str) -> None:
    """Raise UsageError when nobody could give an answer, or the one that was given beforehand is wrong."""
    if options.confirm is None and not sys.stdin.isatty():
        raise UsageError(f"{asked} requires confirmation, and there is no terminal", "use --confirm ASSET")
    if options.confirm is not None and options.confirm.strip() != options.asset:
        raise UsageError("not confirmed; nothing was changed")


def _accepted(options: Namespace, differences: Sequence[str]) -> bool:
    """Name differences, and return whether a person accepts them."""
    announce("not as the manifest says:")
    for difference in differences:
        announce(f"  {difference}")
    if options.confirm is not None:
        return True
    return bool(input(ACCEPT.format(options.asset)).strip() == options.asset)
