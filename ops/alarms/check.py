"""The alarm of one check: samples raise it, make it worse, lower it and clear it. Pure.

A single bad sample raises nothing, nor does a single good one clear: so many of the last so many must agree, and for
long enough. What flaps stays raised: each time that it seemed to be over, it must be good for twice as long.
"""

from __future__ import annotations

from dataclasses import replace

from ops.alarms.model import Alarm, Change, Rule, Sample

MOST = 20  # samples that are remembered
LONGEST_CLEAR = 6 * 3600  # seconds that something which flaps must be good for
CALM = 86_400  # seconds after which what flapped before is forgotten
_MOST_FLAPS = 12


def advance(
    alarm: Alarm, sample: Sample, rule: Rule, t: float, wall: str, *, muted: bool = False
) -> tuple[Alarm, Change | None]:
    """Return an alarm after a look at a moment, and what changed; a sample that is known already only lets time pass.

    muted: nothing may be raised or become worse now, as in a window of maintenance; it may still clear.
    """
    if sample.taken != alarm.taken:
        alarm = _taken(alarm, sample, rule, t, wall)
    if not alarm.level:
        return (alarm, None) if muted else _raised(alarm, rule, t)
    level = confirmed(alarm.window, rule.raise_count, rule.raise_of)
    if level > alarm.level and not muted:
        return replace(alarm, level=level, window=alarm.window[-1:], below=None), Change.WORSE
    return _lowered(alarm, rule, t)


def confirmed(window: str, count: int, of: int) -> int:
    """Return the highest level that so many of the last so many samples reach."""
    newest = sorted((int(level) for level in window[-of:]), reverse=True)
    return newest[count - 1] if len(newest) >= count else 0


def suspected(alarm: Alarm) -> bool:
    """Whether the newest sample of a check was bad."""
    return bool(alarm.window) and alarm.window[-1] != "0"


def _taken(alarm: Alarm, sample: Sample, rule: Rule, t: float, wall: str) -> Alarm:
    """Return an alarm with a further sample."""
    window = f"{alarm.window}{sample.level}"[-MOST:]
    alarm = replace(alarm, window=window, taken=sample.taken)
    if sample.level:
        alarm = replace(alarm, message=sample.message, cause=sample.cause)
    if not alarm.level:
        if sample.level and alarm.since is None:
            alarm = replace(alarm, since=t, begun=wall)
        elif not any(level != "0" for level in window[-rule.raise_of :]):
            alarm = replace(alarm, since=None, begun="")
        return alarm
    if sample.level < alarm.level:
        return alarm if alarm.below is not None else replace(alarm, below=t)
    flaps = alarm.flaps + (alarm.below is not None)
    return replace(alarm, below=None, flaps=min(flaps, _MOST_FLAPS))


def _raised(alarm: Alarm, rule: Rule, t: float) -> tuple[Alarm, Change | None]:
    level = confirmed(alarm.window, rule.raise_count, rule.raise_of)
    if not level or not suspected(alarm) or alarm.since is None or t - alarm.since < rule.hold:
        return alarm, None
    calm = alarm.cleared is None or t - alarm.cleared > CALM
    flaps = 0 if calm else min(alarm.flaps + 1, _MOST_FLAPS)
    # What was good before it was raised does not clear it.
    return replace(alarm, level=level, window=alarm.window[-1:], below=None, flaps=flaps), Change.RAISED


def _lowered(alarm: Alarm, rule: Rule, t: float) -> tuple[Alarm, Change | None]:
    """Return an alarm that may be over, or less bad, which is no news, but what gets worse again is."""
    newest = [int(level) for level in alarm.window[-rule.clear_of :]]
    below = sum(level < alarm.level for level in newest)
    if alarm.below is None or newest[-1] >= alarm.level or below < rule.clear_count:
        return alarm, None
    if t - alarm.below < min(rule.clear_hold * 2**alarm.flaps, max(LONGEST_CLEAR, rule.clear_hold)):
        return alarm, None
    left = confirmed(alarm.window, rule.clear_of - rule.clear_count + 1, rule.clear_of)
    if left:
        return replace(alarm, level=left, below=None), None
    return replace(alarm, level=0, below=None, since=None, begun="", cleared=t), Change.CLEARED
