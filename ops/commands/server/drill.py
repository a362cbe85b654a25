"""Restore an asset of another machine on this one, compare it with its manifest, measure, and leave no trace."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser, BooleanOptionalAction, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from ops.core import kinds
from ops.core.document import read_file
from ops.core.errors import UsageError
from ops.jobs.drill import hold
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.start import drill
from ops.policy.rules.names import DRILL_VERBS

MOST_QUESTION = 10_000

EXAMPLES = """\
examples:
  seawall drill his                          from its own repository, as its timer does
  seawall drill his --from offsite           from the off-site repository
  seawall drill his --from disks             from the removable disk that is connected here
  seawall drill his --at 2026-11-20          the newest set up to that day
  seawall drill his1_server --instant        boot the machine straight from the repository
  seawall drill his1_server --own-kernel     boot a newly built disk in QEMU, with its own kernel
  seawall drill his --inject-damage random        damage the restored copy: the drill must end in `fail`
  seawall drill his --dump /srv/his.dump     a dump that Seawall did not make, judged as this asset
  seawall drill his --oldest                 the oldest set, on the newest servers that the policy names
  seawall drill his --recall question --at 2019-06-30 --reason 'request 4711'
                                             one record or file from the set nearest to that day
  seawall drill his --hold 'compare table X, ticket 4711' --approver 'Head of IT'
  seawall drill enter his                    open a shell in the restored system
  seawall drill words his                    show what programs said in it: patients' data may be among it
  seawall drill end his                      end it, and remove everything
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall drill`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.usage = "seawall drill ASSET [options]\n       seawall drill enter|words|end ASSET [-- PROGRAM ...]"
    parser.add_argument("asset", help="name of the asset in the policy, optionally after `enter`, `words` or `end`")
    parser.add_argument("rest", nargs="*", help="after enter, words or end: the asset, and for enter a program to run")
    parser.add_argument("--kind", choices=kinds.kinds("ops.drills"), help="a kind of drill other than the policy's")
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="restore from this repository")
    parser.add_argument(
        "--at", metavar="WHEN", help="the newest set up to this time, or a set by the first letters of its id"
    )
    parser.add_argument(
        "--instant",
        action=BooleanOptionalAction,
        help="boot a machine straight from the repository; only one whose root is trusted like this machine's own",
    )
    parser.add_argument(
        "--own-kernel",
        action=BooleanOptionalAction,
        help="boot from a newly built disk in QEMU, with the machine's own boot loader and kernel (slow)",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="repeat the random choices of the drill with this seed in its record"
    )
    _of_others(parser)
    parser.add_argument(
        "--hold", metavar="REASON", help="hold the restored system for inspection, for 24 hours at most"
    )
    parser.add_argument("--approver", metavar="WHO", help="who approved the inspection")
    parser.add_argument(
        "--inject-damage",
        nargs="?",
        const="random",
        metavar="DAMAGE",
        help="damage the restored copy: at random, or in this way",
    )
    # The words of the version before; they are understood, and no help names them.
    parser.add_argument("--keep", dest="hold", help=SUPPRESS)
    parser.add_argument("--sabotage", dest="inject_damage", nargs="?", const="random", help=SUPPRESS)


def _of_others(parser: ArgumentParser) -> None:
    """Add the words for what is drilled in place of the newest set: sets of years ago, and others' dumps."""
    parser.add_argument("--dump", metavar="FILE", help="drill this dump, or folder of pg_dump, instead of a set")
    parser.add_argument("--oldest", action="store_true", help="drill the oldest set, as `drill.oldest` says")
    parser.add_argument(
        "--recall",
        metavar="FILE",
        help="put the question in this file (- for standard input) to the set nearest to --at: a path, or SQL that "
        "answers a number above 0 where the record is there; the question is not recorded",
    )
    parser.add_argument("--reason", metavar="TEXT", help="why it is recalled; it is recorded, so name no patient")


def execute(options: Namespace) -> int:
    """Drill one asset; exit code by verdict: what could not be tried is unknown, never a pass."""
    if options.asset in DRILL_VERBS:
        return _held(options)
    if options.rest:
        raise UsageError(
            f"only one asset at a time; unexpected argument {options.rest[0]!r}", "seawall drill --help has examples"
        )
    ended = drill(options.asset, _wanted(options))
    print(ended.text(as_json=options.json), end="")
    return ended.code


def _wanted(options: Namespace) -> DrillOptions:
    return DrillOptions(
        repository=options.source or "",
        at=options.at or "",
        kind=options.kind or "",
        instant=options.instant,
        own_kernel=options.own_kernel,
        seed=options.seed,
        keep=options.hold or "",
        approver=options.approver or "",
        sabotage=options.inject_damage or "",
        dump=options.dump or "",
        oldest=options.oldest,
        recall=_question(options.recall) if options.recall else "",
        reason=options.reason or "",
    )


def _question(name: str) -> str:
    """Return the question that a file holds: it may name a patient, and so is no argument of this command."""
    try:
        if name == "-":
            text = sys.stdin.read(MOST_QUESTION + 1)
        else:
            text = read_file(Path(name), MOST_QUESTION, name).decode("utf-8")
    except (OSError, UnicodeError) as error:
        raise UsageError(f"--recall {name}: it can't be read ({type(error).__name__})", "name a text file") from None
    if not text.strip() or len(text) > MOST_QUESTION:
        raise UsageError(f"--recall {name}: it is empty, or longer than {MOST_QUESTION} characters")
    return text.strip()


def _held(options: Namespace) -> int:
    if not options.rest:
        raise UsageError("missing asset name", f"usage: seawall drill {options.asset} ASSET")
    name, *words = options.rest
    if options.asset == "end":
        print(hold.end(name))
        return 0
    if options.asset == "words":
        print("\n".join(hold.words(name)) or f"{name}: no program said anything")
        return 0
    return hold.enter(name, [word for word in words if word != "--"])
