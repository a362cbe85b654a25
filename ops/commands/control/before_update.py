"""Keep all that an update of a machine's packages replaces, so that `seawall roll-back` brings it back.

The machine does the work (there, the same command without its name): a set of each asset, the versions of all packages,
the packages that would be replaced, /etc, and where it lies on btrfs, a snapshot. Nothing is updated.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.fleet.acts.there import person, run_there

EXAMPLES = """\
examples:
  seawall before-update his1 --reason 'security updates of November'
  seawall before-update his1 postgresql-15 --reason '15.14, after the vendor agreed'
  seawall before-update his1 --dry-run

exit codes: 0 done (what can't be had is named), 1 failed: do not update, 2 wrong usage or policy
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall before-update`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("host", metavar="HOST", help="the machine that will be updated")
    parser.add_argument(
        "packages", nargs="*", metavar="PACKAGE", help="what will be updated (default: all that can be)"
    )
    parser.add_argument("--reason", default="", help="what is updated and why; it is recorded")
    parser.add_argument("--by", default="", metavar="WHO", help="who asks (default: who is logged in)")
    parser.add_argument("--asset", action="append", default=[], metavar="NAME", help="make a set of this asset only")
    parser.add_argument("--dry-run", action="store_true", help="say what would be kept, and do nothing")
    _options.add_inventory(parser)


def execute(options: Namespace) -> int:
    """Have the machine keep everything; return its exit code."""
    if not options.dry_run and not options.reason.strip():
        raise UsageError("an update has a reason", "--reason 'security updates of November'")
    words = ["before-update", "--reason", options.reason, "--by", options.by or person()]
    words += [word for asset in options.asset for word in ("--asset", asset)]
    words += [f"--{name.replace('_', '-')}" for name in ("dry_run", "json") if getattr(options, name)]
    return run_there(_options.read_inventory(options), options.host, [*words, "--", *options.packages], _shown)


def _shown(line: str) -> None:
    print(line, flush=True)
