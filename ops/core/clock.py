"""The only reader of the time of day; inside, time is always UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SKEW = timedelta(minutes=5)  # what two clocks may differ before a time counts as lying in the future
FIRST_YEAR, LAST_YEAR = 1900, 9000


def now() -> datetime:
    """Return the present moment in UTC, to the microsecond."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC with whole seconds, such as 2026-11-22T13:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str) -> datetime:
    """Given ISO 8601 with a zone (restic's nanoseconds too), return the moment in UTC; raise ValueError."""
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        text = f"{head}.{tail[: min(digits, 6)]:0<6}{tail[digits:]}"
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {text}")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:  # beyond them no zone can be told
        raise ValueError(f"no time of an act: {text}")
    return moment.astimezone(UTC)
