"""The type of the policy's reports: which ones are made on the control machine and mailed, to whom and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from ops.core.calendar import Calendar

HOUR = time(6, 30)  # where a calendar names only days: before the first one comes to work


@dataclass(frozen=True)
class Reports:
    """Reports of the whole site that the control machine mails by itself.

    to: the contacts who get them; each has a mail address.
    daily: when the short report is made: what needs a person today.
    weekly: when the report of the last week is made.
    monthly: when the report of the last month is made.
    yearly: when the report of the last year, for the management, is made.
    """

    to: tuple[str, ...]
    daily: Calendar | None = None
    weekly: Calendar | None = None
    monthly: Calendar | None = None
    yearly: Calendar | None = None

    @property
    def calendars(self) -> dict[str, Calendar]:
        """When each kind of report is made, those that are; each has a time of day."""
        told = {"daily": self.daily, "weekly": self.weekly, "monthly": self.monthly, "yearly": self.yearly}
        return {kind: calendar.at(HOUR) for kind, calendar in told.items() if calendar}
