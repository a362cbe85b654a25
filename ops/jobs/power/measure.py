"""How long this machine's last shutdowns took, by its own journal: from the word to stop to the journal's last line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.errors import SeawallError, Unavailable
from ops.core.run import run

MOST_BOOTS = 10
JOURNAL_SECONDS = 60.0
AFTER_JOURNAL = 10.0  # seconds that are added: file systems are unmounted after the journal has ended
_ASKED = "98268866d1d54a499c4e98921d93bc40"  # SD_MESSAGE_SHUTDOWN, which logind says
_TARGET = "shutdown.target"
_MICRO = 1_000_000


@dataclass(frozen=True)
class Measured:
    """One shutdown. boot: how many boots ago it was. seconds: from the word to stop to its end."""

    boot: int
    seconds: float


def shutdowns() -> list[Measured]:
    """Return the shutdowns that the journal still knows, the newest first; raise Unavailable when it knows none."""
    found = [Measured(boot, seconds) for boot in range(1, MOST_BOOTS + 1) if (seconds := _took(boot)) is not None]
    if not found:
        raise Unavailable(
            "the journal knows no shutdown of this machine",
            "keep it over a reboot (mkdir /var/log/journal; systemctl restart systemd-journald), reboot, ask again",
        )
    return found


def _took(boot: int) -> float | None:
    """Return how long the shutdown at the end of a boot took; None where the machine just lost its power."""
    try:
        begun = _moments(boot, f"MESSAGE_ID={_ASKED}", "+", f"UNIT={_TARGET}")
        last = _moments(boot)
    except SeawallError:
        return None
    return judged(list(begun), list(last))


def judged(begun: list[float], last: list[float]) -> float | None:
    """Given the moments of words to stop and of the last line, return the seconds between, with what follows it."""
    if not begun or not last:
        return None
    return round(last[-1] - begun[0] + AFTER_JOURNAL, 1) if last[-1] >= begun[0] else None


def _moments(boot: int, *matches: str) -> Iterator[float]:
    words = ["journalctl", f"--boot=-{boot}", "--output=json", "--output-fields=MESSAGE_ID", "--lines=1", "--quiet"]
    for line in run([*words, *matches], timeout=JOURNAL_SECONDS, most=1 << 20).stdout.splitlines():
        yield int(json.loads(line)["__MONOTONIC_TIMESTAMP"]) / _MICRO
