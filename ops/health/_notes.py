"""Reading what a check left for itself; a note of another form is as good as none."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ops.core.schema import Plain


def number(value: Plain) -> float | None:
    """Return a note as a number, None where it is none, or no finite one."""
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fits and isinstance(value, (int, float)) else None


def mapping(value: Plain) -> dict[str, Plain]:
    """Return a note as a mapping to write in, empty where it is none."""
    return dict(value) if isinstance(value, Mapping) else {}


def pairs(value: Plain) -> list[tuple[float, float]]:
    """Return a note as pairs of numbers; what is no pair is left out."""
    found = []
    for one in value if isinstance(value, (list, tuple)) else ():
        if isinstance(one, (list, tuple)) and len(one) == 2:  # noqa: PLR2004 -- a pair
            first, second = number(one[0]), number(one[1])
            if first is not None and second is not None:
                found.append((first, second))
    return found
