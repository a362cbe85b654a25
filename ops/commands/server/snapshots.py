"""List the sets of this machine's assets in the repository, with a verdict for each."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.core.printable import printable
from ops.core.quantity import Size
from ops.core.schema import encode
from ops.jobs.snapshots import ListedSet, listed


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall snapshots`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = "examples:\n  seawall snapshots his\n  seawall snapshots his --from offsite --json\n"
    parser.add_argument("asset", nargs="?", help="list this asset only")
    parser.add_argument(
        "--from", dest="source", metavar="REPOSITORY", help="list this repository (default: the assets' own)"
    )


def execute(options: Namespace) -> int:
    """Print every set, newest first; 0 when the repositories could be read."""
    rows = listed(options.asset, options.source)
    print(json.dumps(encode(rows), indent=2) if options.json else "\n".join(map(_line, rows)) or "no sets yet")
    return 0


def _line(row: ListedSet) -> str:
    return printable(
        f"{row.time}  {row.asset:<16} {row.set[:8]}  {Size(row.bytes)!s:>10}  {row.repository:<10} "
        f"{row.verdict.value:<7}  {row.message}"
    )
