"""Find data on this machine that no asset covers.

The command looks for the databases of every running database server, SQLite files that a program has open, mounted
volumes, and large folders below /srv, /home, /opt, /data, /var/www and /var/lib. Whatever is neither covered by an
asset nor excused by an exception in the policy is a gap. Only a source of its own kind covers a database, because a
copy of its files is not a backup. A stopped server is not seen; its files are, if they are large.
"""

from __future__ import annotations

import argparse

from ops.jobs.gaps import find_gaps
from ops.reports.gaps_table import table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.epilog = """\
examples:
  seawall gaps                    search now, as the timer does every day
  seawall gaps --json             the same for programs
  seawall policy show his1        show its exceptions, and where they are written

exit codes: 0 nothing is left out, 1 there are gaps, 2 there are gaps and the policy calls that a failure, 3 not all
could be looked at
"""


def execute(options: argparse.Namespace) -> int:
    """Look, record and show what was found; return the verdict's exit code."""
    ended = find_gaps(table)
    print(ended.text(as_json=options.json), end="")
    return ended.code
