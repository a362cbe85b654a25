"""What --at means: a moment up to which sets count, or the first letters of a set's identity."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ops.core.errors import UsageError

FEWEST_LETTERS = 4  # fewer fit many sets


def point_in_time(text: str | None, zone: str) -> tuple[datetime | None, str]:
    """Return the moment, read in the site's zone, or the letters; raise UsageError when it is neither."""
    if not text:
        return None, ""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        if len(text) >= FEWEST_LETTERS and set(text) <= set("0123456789abcdef-"):
            return None, text
        raise UsageError(
            f"--at {text}: neither a time nor a set", "use for example 2026-11-20, '2026-11-20 12:00' or 7481305f"
        ) from None
    if len(text) == len("2026-11-20"):
        read = read.replace(hour=23, minute=59, second=59)  # the newest set of that day
    return (read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))), ""
