"""Ask the disks and pools of this machine how they are, and write that down for the checks that judge it.

Root's unit runs this once an hour, where the policy has a check of kind `smart` or `zfs`; `seawall check smart` judges.
"""

from __future__ import annotations

import argparse

from ops.core.printable import as_json, printable
from ops.core.quantity import counted
from ops.interfaces.devices import written
from ops.jobs.devices import look, look_and_write


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.add_argument("--dry-run", action="store_true", help="ask, and write nothing down")
    parser.epilog = "example: seawall devices --dry-run"


def execute(options: argparse.Namespace) -> int:
    """Look, and say how many devices answered; 1 where one could not be asked."""
    seen = look() if options.dry_run else look_and_write()
    if options.json:
        print(as_json(written(seen)))
    else:
        print(f"{counted(len(seen.disks), 'disk')}, {counted(len(seen.pools.splitlines()), 'pool')} of ZFS")
        for trouble in seen.troubles:
            print(f"  {printable(trouble)}")
    return int(bool(seen.troubles))
