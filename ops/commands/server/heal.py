"""Heal a repository: bring back what a disk has damaged, and prove that the old sets are what they were.

On the server that owns the repository, what is lost comes back from another of its repositories, such as the off-site
one; for a repository on the server's own disks, that is all. On the backup host, which has no key, snapshots, keys and
`config` come back from what it kept of them, and what the server has replaced is set aside. Nothing is deleted.
Seawall's page heal.md leads through it.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ops.commands._options import paths_in
from ops.core.errors import UsageError

if TYPE_CHECKING:
    from ops.jobs.heal.plan import Plan

EXAMPLES = """\
examples, on the backup host:
  seawall heal --of his1 --names > names               the files of his1 that its last scrub found damaged
  seawall heal --of his1 --reason 'ticket 4712' --approver 'Head of IT'
  seawall heal --of his1 --files aside --reason 'ticket 4712' --approver 'Head of IT'
on the server:
  seawall heal primary --files names --dry-run         what is damaged, what that hurts, what can come back
  seawall heal primary --files names --reason 'ticket 4712' --approver 'Head of IT'
  seawall heal primary --from offsite --read --dry-run every file is read over the network first
  seawall heal primary --names > aside                 what the backup host is to set aside
  seawall heal disks --read --dry-run                  the disk that is here, from the first other repository
exit codes: 0 all is well, or healed; 1 something is not; 2 wrong usage or policy
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall heal`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("repository", nargs="?", help="on a server: which of its repositories, such as primary")
    parser.add_argument("--of", metavar="HOST", help="on a backup host: whose repository")
    parser.add_argument("--from", dest="source", default="", metavar="REPOSITORY", help="from which other repository")
    parser.add_argument("--files", metavar="FILE", help="a file with paths, one a line; -: standard input")
    parser.add_argument("--read", action="store_true", help="on a server: read every pack, to find what is damaged")
    parser.add_argument(
        "--snapshots",
        action="store_true",
        help="on a server: bring lost snapshots back under other ids, if the backup host did not keep them",
    )
    parser.add_argument("--names", action="store_true", help="print the paths for the other machine, and do nothing")
    parser.add_argument("--reason", default="", help="why; it is recorded in the ledger")
    parser.add_argument("--approver", default="", metavar="WHO", help="who allowed it")
    parser.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")


def execute(options: Namespace) -> int:
    """Heal a repository of this machine, or one that it keeps for another; 0 when all is well or healed."""
    if bool(options.of) == bool(options.repository):
        raise UsageError("expected either a repository or --of HOST", "on a server: seawall heal primary")
    if os.geteuid() != 0 and "SEAWALL_ROOT" not in os.environ:
        raise UsageError("only root may read the keys, or move files of a repository", "sudo seawall heal ...")
    return _kept(options) if options.of else _owned(options)


def _kept(options: Namespace) -> int:
    from ops.jobs.keeper import heal

    if options.source or options.read or options.snapshots:
        raise UsageError("--from, --read and --snapshots are for the server that owns the repository")
    if options.names:
        print("".join(f"{path}\n" for path in heal.names(options.of)), end="")
        return 0
    plan = heal.planned(options.of, paths_in(options.files))
    _print(plan.lines(), options)
    if plan.empty:
        return _nothing(options)
    if options.dry_run:
        return 0
    ended = heal.heal(plan, options.reason.strip(), options.approver.strip())
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _owned(options: Namespace) -> int:
    from ops.jobs.heal import here, job, note
    from ops.jobs.heal.plan import Wanted, planned

    if options.names:
        print("".join(f"{path}\n" for path in note.aside(options.repository)), end="")
        return 0
    if back := here.planned(options.repository, snapshots=options.snapshots):
        _print(back.lines(), options)
        if not options.dry_run:
            ended = here.bring_back(back, options.reason.strip(), options.approver.strip())
            print(ended.text(as_json=options.json), end="")
        elif back.opens:
            _print(["what else is damaged can be seen only once they are back"], options)
            return 0
    paths = paths_in(options.files)
    plan = planned(Wanted(options.repository, options.source, paths, every=options.read, snapshots=options.snapshots))
    _print(plan.lines(), options)
    if job.settled(plan):
        if not options.dry_run:
            job.whole_again(plan)
        return _nothing(options)
    if options.dry_run:
        return 0
    ended = job.heal(plan, job.Word(options.reason.strip(), options.approver.strip()))
    print(ended.text(as_json=options.json), end="")
    if not options.json:
        _next(plan)
    return ended.code


def _next(plan: Plan) -> None:
    name = plan.wanted.repository
    if plan.lies_here:
        if plan.target.target.attended:
            print("next: seawall disk verify")
        return
    print(f"next: seawall heal {name} --names > aside; at the backup host: seawall heal --of {plan.host} --files aside")


def _nothing(options: Namespace) -> int:
    _print(["nothing to do"], options)
    return 0


def _print(lines: Iterable[str], options: Namespace) -> None:
    from ops.core.terminal import plain

    for line in lines:
        print(plain(line), file=sys.stderr if options.json else sys.stdout)
