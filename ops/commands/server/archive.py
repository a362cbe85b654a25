"""Take a file of PostgreSQL's write-ahead log into the spool; PostgreSQL runs this itself, as its archive_command.

The file is on the disk when this ends with 0. Anything else makes PostgreSQL keep it, and try again: a spool that is
full or not there, or another file of the same name, which is never overwritten. `seawall log ASSET` brings what waits
in the spool into the repository.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.names import Name
from ops.core.quantity import Size
from ops.jobs.host import folders
from ops.jobs.log.spool import archive

EXAMPLES = """\
examples:
  archive_command = 'seawall archive his_cluster %p'       in postgresql.conf; the playbook writes it
  seawall archive his_cluster pg_wal/000000010000000000000001 --dry-run
"""


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall archive`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("asset", help="name of the asset in the policy")
    parser.add_argument("file", help="the file; PostgreSQL's %%p")
    parser.add_argument("--limit", default="4GiB", metavar="SIZE", help="how much may wait in the spool")
    parser.add_argument("--dry-run", action="store_true", help="only say where the file would be copied to")


def execute(options: Namespace) -> int:
    """Copy the file; 0 when it is in the spool."""
    if not Name.fits(options.asset):
        raise UsageError(f"{options.asset[:80]!r} is not the name of an asset")
    try:
        limit = Size.parse(options.limit).bytes
    except ValueError:
        raise UsageError(f"--limit {options.limit[:40]}: expected {Size.expected}") from None
    spool = folders.spool(options.asset)
    if options.dry_run:
        print(f"would copy {options.file} to {spool}")
        return 0
    archive(Path(options.file), spool, limit)
    return 0
