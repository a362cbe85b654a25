"""Restore an asset beside what runs: into a folder, or into a database of another name.

A PLACE that begins with / is a folder, which gets one folder for each part of the set; any other word is the name of
a new database on this machine's own server, in which {} stands for the database's own name. Nothing that is there is
touched, unless --in-place is said and answered; what was there before is kept then, too.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.core.errors import UsageError
from ops.jobs.restore.job import found, restore
from ops.jobs.restore.plan import Wanted

EXAMPLES = """\
examples:
  seawall restore his --to his_restored                the newest set, as a new database beside the live one
  seawall restore documents --to /srv/restore          files into a folder
  seawall restore documents --to /srv/restore --only /srv/his/documents/2026
  seawall restore his --to his_restored --only patients --at '2026-11-20 12:00'
  seawall restore lis --to '{}_restored' --part database.lis --from offsite
  seawall restore lis --to '{}_restored' --to reports=/srv/restore      all of a set of several parts
  seawall restore his --in-place                       asks first; keeps what was there before
  seawall restore his --to his_restored --dry-run      only says what it would do
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall restore`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("asset", help="the asset's name in the policy")
    parser.add_argument(
        "--to", action="append", default=[], metavar="[PART=]PLACE", help="a folder, or the name of a new database"
    )
    parser.add_argument("--at", metavar="WHEN", help="2026-11-20, '2026-11-20 12:00' (the site's time), or a set's id")
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="default: where its sets go first")
    parser.add_argument("--part", action="append", default=[], metavar="PART", help="only this part of the set")
    parser.add_argument("--only", action="append", default=[], metavar="PATH|TABLE", help="only this; may be repeated")
    parser.add_argument("--in-place", action="store_true", help="put it in the place of what is there; asks first")
    parser.add_argument("--confirm", metavar="ASSET", help="the answer to --in-place, for scripts")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def execute(options: Namespace) -> int:
    """Restore an asset; 0 when all was brought and is as its manifest says."""
    wanted = Wanted(options.to, options.part, options.only, in_place=options.in_place)
    with found(options.asset, wanted, options.at, options.source) as ready:
        print("\n".join(ready.lines()), file=sys.stderr if options.json else sys.stdout)
        if options.dry_run:
            return 0
        if options.in_place:
            _demand_answer(options)
        ended = restore(ready, options.only)
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _demand_answer(options: Namespace) -> None:
    """Demand a person's word, or raise UsageError."""
    answer = options.confirm
    if answer is None:
        if not sys.stdin.isatty():
            raise UsageError("--in-place wants an answer, and nobody is at the terminal", "--confirm ASSET gives it")
        answer = input(f"What is there is put aside. Type {options.asset} to go on: ")
    if answer.strip() != options.asset:
        raise UsageError("not confirmed; nothing was changed")
