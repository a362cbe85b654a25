"""What the age checks share: reading the last good act out of a state file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.core import clock, quantity
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.interfaces.check import CheckContext
from ops.interfaces.state import ActState, State, UnreadableState


def act_state(context: CheckContext, name: str, asset: str) -> ActState | None:
    """Return the state of a job on an asset, None when it never ran.

    Raise Damaged when that can't be read, or tells of another asset or of another machine.
    """
    state = context.states.get(name)
    if state is None:
        return None
    if not isinstance(state, ActState):
        raise unreadable(state)
    if state.asset and state.asset != asset:
        raise Damaged(f"the state {name} is of the asset {state.asset}, and not of {asset}")
    if state.host and context.host and state.host != context.host:
        raise Damaged(f"the state {name} is of the machine {state.host}, and not of {context.host}")
    return state


def unreadable(state: State) -> Damaged:
    """Return the error for a state that can't be read, or that is another one's."""
    why = state.message if isinstance(state, UnreadableState) else f"it is that of {state.kind}"
    return Damaged(f"the state can't be read: {why}")


def moment(text: str, field: str, now: datetime) -> datetime:
    """Return a moment that a state tells; raise Damaged when it is none, or lies in the future. field: its name."""
    try:
        found = clock.parse(text)
    except ValueError as error:
        raise Damaged(f"the state can't be read: {field} is not a time") from error
    if found > now + clock.SKEW:
        ahead = span(found - now)
        raise Damaged(f"clock: the last good one is dated {ahead} in the future; compare the clocks")
    return found


def trouble(state: ActState) -> str | None:
    """Return how the newest attempt ended and what it says, None when it was good."""
    if state.verdict is Verdict.PASS:
        return None
    return f"{state.verdict.value}: {state.message or 'no message'}"


def span(time: timedelta) -> str:
    """Return a span of time in words, to two units."""
    return quantity.span(max(0.0, time.total_seconds()))


def zone(name: str) -> tzinfo:
    """Return a time zone by its name, UTC where it is not known: only words for people depend on it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def day(when: datetime) -> str:
    """Return the day of a moment, as people write it."""
    return when.strftime("%Y-%m-%d")
