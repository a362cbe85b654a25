"""Benchmarks: seconds and ratios for a person to read. Nothing fails because something was slow.

make bench        after `make demo`, whose machines it uses
"""

import sys

from ops.core.errors import SeawallError
from ops.lab.lab import Lab
from tests.benchmarks import backup, drill, large, ledger, machine, start, status


def main() -> int:
    """Print every benchmark; 1 when one could not be run."""
    print(start.measure(), flush=True)
    print("\n" + ledger.measure(), flush=True)
    print("\n" + status.measure(), flush=True)
    print("\n" + drill.measure(), flush=True)
    lab = Lab("demo")
    try:
        lab.machine("his1").ssh("command -v seawall")
    except SeawallError as error:
        print(
            f"backup and what follows it: not run, the demo's machines are not set up: {error}\n  make demo",
            file=sys.stderr,
        )
        return 1
    print("\n" + backup.measure(lab), flush=True)
    print("\n" + large.measure(lab), flush=True)
    print("\n" + machine.measure(lab), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
