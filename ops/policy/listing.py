"""A document of the policy, value by value, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def leaves(data: Any, start: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every single value of a document with its path."""
    if isinstance(data, dict) and data:
        for name, part in data.items():
            yield from leaves(part, f"{start}.{name}" if start else name)
    elif isinstance(data, list) and data:
        for index, part in enumerate(data):
            yield from leaves(part, f"{start}[{index}]")
    else:
        yield start, data


def worded(value: Any) -> str:
    """Return a value as it would be written in the policy."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
