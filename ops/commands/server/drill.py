"""Restore an asset of another machine on this one, prove it against its manifest, measure, and leave no trace."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace, RawDescriptionHelpFormatter

from ops.core import kinds
from ops.core.errors import UsageError
from ops.jobs.drill import hold
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.start import drill

EXAMPLES = """\
examples:
  seawall drill his                          from where its sets go first, as its timer does
  seawall drill his --from offsite           from the other site
  seawall drill his --at 2026-11-20          the newest set of that day
  seawall drill his1_server --instant        boot the machine straight from the repository
  seawall drill his1_server --own-kernel     a disk made anew, its own boot loader and kernel, in QEMU
  seawall drill his --sabotage random        damage what was restored: the drill must end in `fail`
  seawall drill his --dump /srv/his.dump     a dump that Seawall did not make, as if it were of this asset
  seawall drill his --keep 'compare table X, ticket 4711' --approver 'Head of IT'
  seawall drill enter his                    a shell in what is kept
  seawall drill end his                      end it, and remove all of it
"""
VERBS = ("enter", "end")


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall drill`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.usage = "seawall drill ASSET [options]\n       seawall drill enter|end ASSET [-- PROGRAM ...]"
    parser.add_argument("asset", help="the asset's name in the policy; or `enter` or `end` before it")
    parser.add_argument("rest", nargs="*", help="after enter or end: the asset; after enter: a program")
    parser.add_argument("--kind", choices=kinds.kinds("ops.drills"), help="another kind of drill than the policy's")
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="restore from this repository")
    parser.add_argument("--at", metavar="WHEN", help="the newest set up to this moment, or a set by its first letters")
    parser.add_argument(
        "--instant",
        action=BooleanOptionalAction,
        help="boot a machine straight from the repository",
    )
    parser.add_argument(
        "--own-kernel",
        action=BooleanOptionalAction,
        help="boot a machine in QEMU, from a disk made anew, by its own boot loader and kernel; slow",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="repeat the choices of a drill whose record has this seed"
    )
    parser.add_argument("--dump", metavar="FILE", help="drill this dump, or folder of pg_dump, in place of a set")
    parser.add_argument("--keep", metavar="REASON", help="leave what was restored for a look, for 24 hours at most")
    parser.add_argument("--approver", metavar="WHO", help="who allowed that look")
    parser.add_argument(
        "--sabotage", nargs="?", const="random", metavar="DAMAGE", help="damage it: by chance, or in this way"
    )


def execute(options: Namespace) -> int:
    """Drill one asset; exit code by verdict: what could not be tried is unknown, never a pass."""
    if options.asset in VERBS:
        return _held(options)
    if options.rest:
        raise UsageError(f"one asset at a time; what is {options.rest[0]!r} for?", "seawall drill --help has examples")
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
        keep=options.keep or "",
        approver=options.approver or "",
        sabotage=options.sabotage or "",
        dump=options.dump or "",
    )


def _held(options: Namespace) -> int:
    if not options.rest:
        raise UsageError(f"whose drill is to {options.asset}?", f"seawall drill {options.asset} ASSET")
    name, *words = options.rest
    if options.asset == "end":
        print(hold.end(name))
        return 0
    return hold.enter(name, [word for word in words if word != "--"])
