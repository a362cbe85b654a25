"""Ten thousand answers, ledgers, manifests and states of garbage: each is told as such, and little memory is used."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
COUNT = 2_500


@pytest.mark.unmeasured
@pytest.mark.parametrize("kind", ["answers", "ledgers", "manifests", "states"])
def test_garbage_is_taken_for_what_it_is(kind: str) -> None:
    words = [sys.executable, "-m", "tests.fed", kind, str(COUNT)]
    done = subprocess.run(words, check=False, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr[-4_000:]}"
    assert done.stdout.startswith(f"{COUNT} {kind}: ")


def test_what_needs_much_memory_is_noticed() -> None:
    """The limit on the process is one: it fails where a reader has none."""
    code = "from tests import fed; fed.KINDS['x'] = lambda: lambda chance: bytearray(200 << 20); fed.many('x', 1)"
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=CHECKOUT, capture_output=True, text=True)
    assert done.returncode != 0
    assert "MemoryError" in done.stderr
