"""What the age checks share: reading the last good act out of a state file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ops.core import clock, quantity
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.interfaces.state import ActState, State, UnreadableState


def act_state(states: Mapping[str, State], name: str) -> ActState | None:
    """Return the state of a job, None when it never ran; raise Damaged when that can't be read."""
    state = states.get(name)
    if state is None or isinstance(state, ActState):
        return state
    raise unreadable(state)


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


def day(when: datetime) -> str:
    """Return the day of a moment, as people write it."""
    return when.strftime("%Y-%m-%d")
