"""Short labels for names that people chose: what stands in tags, file names and reports is plain."""

from __future__ import annotations

import re
from collections.abc import Iterable


def labels(names: Iterable[str]) -> dict[str, str]:
    """Return each name by a label of letters, digits and `_`; the same names have the same labels each time."""
    found: dict[str, str] = {}
    # Names that need no change come first, so that no other takes their label.
    for name in sorted(names, key=lambda name: (_plain(name) != name, name)):
        label, number = _plain(name), 1
        while label in found:
            number += 1
            label = f"{_plain(name)}_{number}"
        found[label] = name
    return found


def _plain(name: str) -> str:
    # No `-`: it parts a label from the name of a text kept beside the manifest.
    return re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "unnamed"
