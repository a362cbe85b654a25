"""A backup host that dies in a run of retention. Run as: POINT COUNT BASE DOORS ACCOUNTS.

POINT is a function of ours, by its module and name; right before its COUNT-th call this process kills itself.
"""

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from leaving_doors import ProcessDoors

from ops.jobs.keeper.retention_run import run


def main(point: str, count: int, base: Path, doors: Path, accounts: Path) -> int:
    """Let sets leave, up to that point."""
    module, _, name = point.rpartition(".")
    place = importlib.import_module(module)
    real, left = getattr(place, name), [count]

    def dying(*args: Any, **words: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **words)

    setattr(place, name, dying)
    return run("his1", ProcessDoors(base, doors, accounts)).code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), *map(Path, sys.argv[3:6])))
