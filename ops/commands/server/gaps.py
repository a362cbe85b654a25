"""What nobody listed: find what this machine holds and no asset covers.

Looked for are the databases of each database server that runs, SQLite files that a program has open, mounted volumes,
and folders over a size below /srv, /home, /opt, /data, /var/www and /var/lib. Each that no asset covers and no
exception of the policy excuses is a gap. A database is covered by a source of its own kind alone, for a copy of its
files is no backup of it. A server that is stopped is not seen; its files are, when they are large.
"""

from __future__ import annotations

import argparse

from ops.jobs.gaps import find_gaps
from ops.reports.gaps_table import table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.epilog = """\
examples:
  seawall gaps                    look now, as the timer does every day
  seawall gaps --json             the same for programs
  seawall policy show his1        its exceptions, and where they are written

exit codes: 0 nothing is left out, 1 there are gaps, 2 there are gaps and the policy calls that a failure, 3 not all
could be looked at
"""


def execute(options: argparse.Namespace) -> int:
    """Look, record and show what was found; return the verdict's exit code."""
    ended = find_gaps(table)
    print(ended.text(as_json=options.json), end="")
    return ended.code
