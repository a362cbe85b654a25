"""Archive the write-ahead log of an asset's PostgreSQL cluster: all that was committed up to now.

The cluster is asked to end the segment that it writes. What waits in the spool goes into the repository and is read
back there; only then is it removed from the spool. A segment that is missing is named, and the act fails until the next
backup, from which the log goes on.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter

from ops.jobs.log.job import archive_log, look

EXAMPLES = """\
examples:
  seawall log his_cluster             archive now, as its timer does every few minutes
  seawall log his_cluster --dry-run   only say what waits
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall log`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("asset", help="name of the asset in the policy")
    parser.add_argument("--dry-run", action="store_true", help="only say what waits in the spool")


def execute(options: Namespace) -> int:
    """Archive the log of one asset; 0 when each commit up to now was read back, 1 when not."""
    if options.dry_run:
        print(look(options.asset))
        return 0
    ended = archive_log(options.asset)
    print(ended.text(as_json=options.json), end="")
    return ended.code
