"""What the age checks share: reading the last good act out of a state file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.quantity import Duration

SKEW = timedelta(minutes=5)  # what two clocks may differ before a time counts as lying in the future


def last_good(state: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the last good act of a state, None when there was none; raise Damaged when it does not say."""
    if "last_good" not in state:
        raise Damaged(f"the state can't be read: {state.get('message') or 'last_good is missing'}")
    good = state["last_good"]
    if good is not None and not isinstance(good, Mapping):
        raise Damaged("the state can't be read: last_good is not a record")
    return good


def moment(record: Mapping[str, Any], field: str, now: datetime) -> datetime:
    """Return a time of a record; raise Damaged when it is none, or lies in the future."""
    try:
        found = clock.parse(str(record[field]))
    except (KeyError, ValueError) as error:
        raise Damaged(f"the state can't be read: {field} is not a time") from error
    if found > now + SKEW:
        ahead = span(found - now)
        raise Damaged(f"clock: the last good one is dated {ahead} in the future; compare the clocks")
    return found


def trouble(state: Mapping[str, Any]) -> str | None:
    """Return how the newest attempt ended and what it says, None when it was good."""
    verdict = state.get("verdict")
    if verdict == "pass":
        return None
    return f"{verdict}: {state.get('message') or 'no message'}"


def span(time: timedelta) -> str:
    """Return a span of time in words, to two units."""
    words = str(Duration(max(0, int(time.total_seconds())))).split()
    return " ".join(words[:2])


def day(when: datetime) -> str:
    """Return the day of a moment, as people write it."""
    return when.strftime("%Y-%m-%d")
