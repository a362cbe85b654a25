"""The types of how long sets are kept; docs/policy.md is made of their docstrings, as of those in `model`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from ops.core.quantity import Duration
from ops.core.stricter import MORE


@dataclass(frozen=True)
class Retention:
    """How long sets are kept: each rule keeps sets younger than its duration.

    all: every set.
    daily: the newest set of each day.
    monthly: the newest set of each month.
    yearly: the newest set of each year.
    """

    all: Annotated[Duration, MORE]
    daily: Annotated[Duration | None, MORE] = None
    monthly: Annotated[Duration | None, MORE] = None
    yearly: Annotated[Duration | None, MORE] = None


@dataclass(frozen=True)
class Kept:
    """What a backup host expects of an asset whose sets it keeps.

    retention: how long sets are kept. newest: how old the newest is at most. a_day: how many come on a day at most.
    drill: how old the newest good drill is at most. copies: likewise of its copies, by their repositories.
    """

    retention: Retention
    newest: Duration
    a_day: int
    drill: Duration | None = None
    copies: Mapping[str, Duration] = field(default_factory=dict)
