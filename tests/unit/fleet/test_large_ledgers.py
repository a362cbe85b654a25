"""The largest ledger that is collected, and garbage of that size, need little memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
MOST = 100  # mebibytes
KINDS = {
    "largest-record": ("pass", "100000 records of his1"),
    "strangers": ("fail", "is not a record"),
    "successions": ("fail", "is not a record"),
    "no-records": ("fail", "line 1 is not a record"),
    "million": ("unknown", "has more than 1000000 lines; expected at most 100000"),
    "too-many": ("unknown", "has more than 100001 lines; expected at most 100000"),
}


@pytest.mark.unmeasured
@pytest.mark.parametrize("kind", KINDS)
def test_a_large_ledger_needs_little_memory(kind: str, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.unit.fleet.large_ledgers", kind, str(tmp_path)]
    done = subprocess.run(words, check=False, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4_000:]
    told = json.loads(done.stdout)
    assert told["mebibytes"] < MOST
    assert (told["verdict"], KINDS[kind][1] in told["message"]) == (KINDS[kind][0], True), told["message"]
