"""How fast the command starts: each health check and each unit pays this."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ops.core.run import run
from tests.benchmarks.timing import medians, table

BARE, HELP = "python3 -c pass", "seawall --help"


def measure() -> Iterator[str]:
    """Yield the table."""
    program = Path(sys.executable).with_name("seawall")
    seconds = medians(
        {
            BARE: partial(run, [sys.executable, "-c", "pass"], timeout=60),
            HELP: partial(run, [program, "--help"], timeout=60),
        },
        rounds=25,
    )
    yield table("start", seconds, BARE, "at most 2.5")
