"""When a systemd calendar expression elapses: systemd-analyze is asked, so policy and timers cannot disagree."""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ops.core.errors import CommandError
from ops.core.run import run

FIRST = datetime(2026, 1, 1, tzinfo=UTC)  # from here on calendars are looked at, on every machine and day the same
_ELAPSE = re.compile(r"^ *(?:Next elapse|Iter[^:]*|\(in UTC\)): +\w{3} (\S+ \S+) UTC$", re.MULTILINE)
_NORMAL = re.compile(r"^Normalized form: (.+)$", re.MULTILINE)


class Answer(NamedTuple):
    """normal: the expression with every part written out. moments: its next elapses, in UTC."""

    normal: str
    moments: tuple[datetime, ...]


@functools.lru_cache(maxsize=2048)
def ask(expression: str, zone: str, base: datetime, count: int) -> Answer:
    """Ask systemd for the next `count` elapses of an expression, read in a time zone; raise ValueError when it is none.

    The zone goes by TZ: for one in the expression itself systemd starts a process for each elapse, which takes
    fifteen times as long.
    """
    if not known(zone):
        raise ValueError(f"{zone} is not a known time zone")
    since = f"{base.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S')} UTC"
    argv = ["systemd-analyze", "calendar", f"--iterations={count}", f"--base-time={since}", "--", expression]
    try:
        output = run(argv, timeout=20, env={"TZ": zone}).stdout
    except CommandError as error:
        raise ValueError(f"{expression}: {error.stderr.strip()}") from error
    found = [datetime.strptime(time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) for time in _ELAPSE.findall(output)]
    normal = _NORMAL.search(output)
    return Answer(normal[1] if normal else expression, tuple(found))


@functools.lru_cache(maxsize=64)
def known(zone: str) -> bool:
    """Return whether Python and systemd on this machine know a time zone, such as Europe/Prague."""
    try:
        ZoneInfo(zone)
        run(["systemd-analyze", "calendar", "--", f"*-*-* 00:00:00 {zone}"], timeout=20)
    except (ZoneInfoNotFoundError, ValueError, OSError, CommandError):
        return False
    return True
