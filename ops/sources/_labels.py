"""Short labels for databases whose names may hold anything: parts of a set are named in tags and file names."""

from __future__ import annotations

import re
from collections.abc import Iterable


def labels(names: Iterable[str]) -> dict[str, str]:
    """Return a label of letters, digits and `_` for each name, and the name; two names never share one."""
    found: dict[str, str] = {}
    for name in sorted(names):
        label = short = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
        number = 1
        while label in found:
            number += 1
            label = f"{short}_{number}"
        found[label] = name
    return found
