"""Saying how far a long act has come, now and then: a journal is no place for ten lines a second."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.core.quantity import Size

EVERY_SECONDS = 30.0


@dataclass
class Progress:
    """Prints how much restic has read, at most every thirty seconds; a short act says nothing."""

    what: str
    said: float = field(default_factory=time.monotonic)

    def __call__(self, document: Mapping[str, Any]) -> None:
        """Look at one message of restic's."""
        if document.get("message_type") != "status" or time.monotonic() - self.said < EVERY_SECONDS:
            return
        self.said = time.monotonic()
        done, total = int(document.get("bytes_done", 0)), int(document.get("total_bytes", 0))
        share = f" of {Size(total)}" if total > done else ""
        left = f", about {document['seconds_remaining']} s left" if document.get("seconds_remaining") else ""
        print(f"{self.what}: {Size(done)}{share} read{left}", flush=True)
