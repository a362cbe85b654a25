"""Saying how far a long act has come, now and then: a journal is no place for ten lines a second."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from ops.core.announce import announce
from ops.core.quantity import Duration, Size

EVERY_SECONDS = 30.0
WATCHED_SECONDS = 3.0  # a person looks on
_LEAST_SHARE = 0.01  # earlier than that an estimate is a guess


def _every() -> float:
    return WATCHED_SECONDS if sys.stdout.isatty() else EVERY_SECONDS


@dataclass
class Progress:
    """Prints how much was done, and how long the rest may take, every few seconds; a short act says nothing.

    what: the words in front. done: what happens to the bytes. total: bytes, where they are known beforehand.
    """

    what: str
    done: str = "read"
    total: int = 0
    every: float = field(default_factory=_every)
    begun: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)

    def tell(self, done: int, total: int = 0) -> None:
        """Say how many bytes are done, of how many (0: not known), when it is time to say something again."""
        now = time.monotonic()
        if now - self.said < self.every:
            return
        self.said = now
        total = total or self.total
        share = f" of {Size(total)}" if total > done else ""
        left = ""
        if done > _LEAST_SHARE * total > 0 and total > done:
            left = f", about {Duration(round((now - self.begun) * (total - done) / done))} left"
        announce(f"{self.what}: {Size(done)}{share} {self.done}{left}")
