"""Write copies to discs: make images of what is on no disc yet, read the discs that were written, list them all.

What is damaged where the repository is collected comes back from its discs, or their images.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.names import Digest
from ops.core.printable import printable
from ops.core.quantity import Size, counted
from ops.jobs.disc import catalogue, make, recovering, verify

EXAMPLES = """\
examples:
  seawall disc make discs --to /srv/images --dry-run      how many discs there would be
  seawall disc make discs --to /srv/images                an image for each; write them with any program
  seawall disc make discs --to /srv/images --anew         with everything, not only with what is new
  seawall disc verify discs                               reads the disc in this machine's drive
  seawall disc verify discs /dev/sr0 --kept "bank, box 4"
  seawall disc verify discs HIS1_DISCS_1_001 --sha256 SUM --by "Head of IT"     it was read on another machine
  seawall disc list discs                                 what is on which disc, and where it lies
  seawall disc recover discs HIS1_DISCS_1_001.iso --dry-run       what would come back from this image
  seawall disc recover discs --reason 'disk sdb, ticket 4712' --approver 'Head of IT'      from the disc in the drive

exit codes: 0 done, and what was read is good; 1 it is not; 2 wrong usage or policy
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall disc`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    steps = parser.add_subparsers(dest="step", required=True, metavar="make|verify|list|recover")
    one = steps.add_parser("make", help="make images of what is on no disc yet")
    one.add_argument("repository", help="name of the repository in the policy")
    one.add_argument("--to", required=True, metavar="FOLDER", help="a folder of root's, for the images")
    one.add_argument("--anew", action="store_true", help="begin a new series of discs, with everything")
    one.add_argument("--again", action="store_true", help="forget images that were made, and whose discs nobody read")
    one.add_argument("--dry-run", action="store_true", help="only say what would be made")
    two = steps.add_parser("verify", help="read a disc whole, and compare it with what was made")
    two.add_argument("repository", help="name of the repository in the policy")
    two.add_argument(
        "disc", nargs="?", help="the drive or an image; with --sha256 the label; else this machine's drive"
    )
    two.add_argument("--kept", default="", metavar="PLACE", help="where the disc is going to lie")
    two.add_argument("--sha256", metavar="SUM", help="of the disc's bytes, as another machine read them")
    two.add_argument("--by", default="", metavar="NAME", help="who read it there")
    three = steps.add_parser("list", help="list the discs")
    three.add_argument("repository", help="name of the repository in the policy")
    four = steps.add_parser("recover", help="bring back from a disc what is damaged or gone where it was collected")
    four.add_argument("repository", help="name of the repository in the policy")
    four.add_argument("disc", nargs="?", help="the drive or an image; else this machine's drive")
    four.add_argument("--reason", default="", help="why; it is recorded in the ledger")
    four.add_argument("--approver", default="", help="who allowed it; it is recorded in the ledger")
    four.add_argument("--dry-run", action="store_true", help="only say what would come back")


def execute(options: Namespace) -> int:
    """Do one step; 0 when it is done and what was read is good."""
    return {"make": _make, "verify": _verify, "list": _list, "recover": _recover}[options.step](options)


def _make(options: Namespace) -> int:
    found, plan = make.planned(options.repository, anew=options.anew, again=options.again)
    if options.dry_run:
        for index, label in enumerate(plan.labels):
            print(f"would make {label}: {counted(len(plan.discs[index]), 'file')}, {Size(plan.amount(index))} of data")
        return 0
    ended = make.make(found, plan, Path(options.to).absolute())
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _verify(options: Namespace) -> int:
    if options.sha256 is None:
        if options.by:
            raise UsageError("--by says who read the disc elsewhere", "add --sha256, or leave --by out")
        path = Path(options.disc) if options.disc else verify.drive()
        ended = verify.read(options.repository, path, options.kept)
    else:
        if not (options.disc and options.by and Digest.fits(options.sha256.strip().lower())):
            raise UsageError("--sha256 requires the label of the disc, 64 hexadecimal digits, and --by NAME")
        ended = verify.told(options.repository, options.disc, options.sha256, options.by, options.kept)
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _recover(options: Namespace) -> int:
    path = Path(options.disc) if options.disc else verify.drive()
    plan = recovering.looked(options.repository, path)
    for line in plan.lines():
        print(line, file=sys.stderr if options.json else sys.stdout)
    if options.dry_run:
        return 1 if plan.lost else 0
    ended = recovering.recover(plan, options.reason, options.approver)
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _list(options: Namespace) -> int:
    catalogue.collected(options.repository)
    known = catalogue.known(options.repository)
    if options.json:
        print(json.dumps(known.written(), indent=2))
        return 0
    for disc in known.discs:
        read = f"read {disc.read}" if disc.read else "NOT READ YET"
        read = f"DAMAGED, seen {disc.damaged}" if disc.damaged else read
        by = f" by {disc.by}" if disc.by else ""
        size = f"{counted(len(disc.packs), 'pack')}, {Size(disc.bytes)}"
        print(printable(f"{disc.label}  made {disc.run}  {size}  {read}{by}  {disc.kept or 'place not noted'}"))
    if not known.discs:
        print("no disc was made yet")
    return 0
