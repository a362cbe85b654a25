"""A calendar: the days and times at which something is due, again and again."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from ops.core.calendar import elapses, fields, hints, words
from ops.core.calendar.clock_changes import Change, changes
from ops.core.calendar.fields import Refused
from ops.core.calendar.words import Item
from ops.core.numbers import Shown

_MANY = 400  # elapses that the longest gap is looked for in
_YEAR, _DAYS = timedelta(days=366), timedelta(days=2)
_shown = Shown()
_shown.maxstring = 60


@dataclass(frozen=True)
class Calendar:
    """The days and times on which something is due.

    text: as it was written. items: what that means; any of them makes it due. zone: the time zone in which it is read.
    """

    text: str
    items: tuple[Item, ...]
    zone: str = "UTC"
    expected: ClassVar[str] = (
        "a calendar such as 'day 10, day 20, last day', 'every 2 months' or a systemd expression like '*-*-* 01:30'"
    )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the calendar a text stands for; raise ValueError when it is none, or does not come again and again."""
        return cls(text, words.read(text))

    @classmethod
    def refusal(cls, data: Any) -> str:
        """Return what is wrong with data that are no calendar, and what to write instead, in one sentence."""
        why = hints.number(data) if type(data) is int else ""
        if isinstance(data, (str, date)):
            try:
                words.read(str(data))
            except Refused as error:
                why = str(error)
            except ValueError:
                why = hints.text(str(data))
        found = _shown.repr(data)
        return f"expected a calendar, found {found}: {why}" if why else f"expected {cls.expected}, found {found}"

    @property
    def expressions(self) -> tuple[str, ...]:
        """What the timers of systemd are told."""
        return tuple(f"{item.expression} {self.zone}" for item in self.items)

    @property
    def timed(self) -> bool:
        """Whether a time of day is said for all of its days."""
        return all(item.time for item in self.items)

    def zoned(self, zone: str) -> Calendar:
        """Return the same calendar read in a time zone such as Europe/Prague."""
        return replace(self, zone=zone)

    def at(self, moment: time) -> Calendar:
        """Return the same days, at a time of day where the text says none."""
        if self.timed:
            return self
        items = tuple(replace(item, time=item.time or f"{moment:%H:%M:%S}") for item in self.items)
        return replace(self, text=words.written(items), items=items)

    def moved(self, moment: time) -> Calendar:
        """Return the same days, at another time of day, whatever times the text says."""
        items = tuple(replace(item, time=f"{moment:%H:%M:%S}") for item in self.items)
        return replace(self, text=words.written(items), items=items)

    def latest(self) -> time:
        """Return the latest time of day at which this is ever due."""
        return max(fields.latest(item.time or "00:00:00") for item in self.items)

    def times(self) -> list[set[time]]:
        """Return the times of day at which this is due, for each of its items: they may be of different days."""
        return [fields.times(item.time or "00:00:00") for item in self.items]

    def after(self, moment: datetime, count: int = 1) -> list[datetime]:
        """Return the next `count` moments at which this is due after a moment, in UTC."""
        found = {due for item in self.items for due in elapses.ask(item.expression, self.zone, moment, count).moments}
        return sorted(found)[:count]

    def would_be_due(self, change: Change) -> datetime | None:
        """Return the first local time, without a zone, of this among those that a change of the clock concerns."""
        since = change.begins.replace(tzinfo=UTC) - timedelta(seconds=1)
        possible = [item for item in self.items if change.hours & fields.hours(item.time or "00:00:00")]
        found = [elapses.ask(item.expression, "UTC", since, 1).moments[0].replace(tzinfo=None) for item in possible]
        return min((due for due in found if due < change.ends), default=None)

    def deadline(self, due: datetime, grace: timedelta) -> datetime:
        """Return until when what is due at a moment is in time, in UTC: the end of its grace, or of its window."""
        local = due.astimezone(ZoneInfo(self.zone))
        ends = [
            end_of_day(local, item.window[1])
            for item in self.items
            if item.window and item.window[0] == local.day and self._comes(item, due)
        ]
        return max([due + grace, *ends])

    def _comes(self, item: Item, due: datetime) -> bool:
        """Return whether one of the items is due at a moment: others may be due on that day, too."""
        return due in elapses.ask(item.expression, self.zone, due - timedelta(seconds=1), 1).moments

    def longest_gap(self) -> timedelta:
        """Return the longest time between two following moments, of some 400 and of those about a missing hour."""
        looked = [self.after(elapses.FIRST, _MANY)]
        for change in changes(self.zone, elapses.FIRST, elapses.FIRST + _YEAR):
            if change.skipped and looked[0][-1] < change.at:
                looked.append(self.after(change.at - _DAYS, _MANY))
        gaps = [later - earlier for times in looked for earlier, later in itertools.pairwise(times)]
        return max(gaps, default=timedelta.max)

    def shortest_gap(self) -> timedelta:
        """Return the shortest time between two following moments, of some 400."""
        times = self.after(elapses.FIRST, _MANY)
        return min((later - earlier for earlier, later in itertools.pairwise(times)), default=timedelta.max)

    def __str__(self) -> str:
        return self.text


def end_of_day(local: datetime, day: int) -> datetime:
    """Return the end of a day of a local moment's month, or of its last day where it is shorter, in UTC."""
    last = (local.replace(day=1) + timedelta(days=31)).replace(day=1).date() - timedelta(days=1)
    following = min(last, local.date().replace(day=min(day, last.day))) + timedelta(days=1)
    return datetime.combine(following, time(), local.tzinfo).astimezone(UTC)
