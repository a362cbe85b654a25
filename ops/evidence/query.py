"""What a ledger says of the acts before: the figures that a new one is compared with."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.evidence.ledger import NAME


def past(directory: Path, act: str, subject: str, most: int = 10) -> list[Mapping[str, Any]]:
    """Return the newest records of one act on one subject, the oldest first; lines that are none are passed over."""
    found: deque[Mapping[str, Any]] = deque(maxlen=most)
    try:
        with (directory / NAME).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if f'"{subject}"' in line and (record := _record(line)) and _is(record, act, subject):
                    found.append(record)
    except FileNotFoundError:
        return []
    return list(found)


def _record(line: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _is(record: Mapping[str, Any], act: str, subject: str) -> bool:
    return record.get("act") == act and record.get("subject") == subject
