"""Calendars: when something is due, in a procedure's words or as a systemd calendar expression.

`words` turns a text into days and times, `hints` says what a text that is no calendar probably meant, `elapses` asks
systemd-analyze when they come, `clock_changes` knows the hours that summer time takes or doubles, and `calendar` is
the type that everyone uses.
"""

from ops.core.calendar.calendar import Calendar
from ops.core.calendar.words import Item

__all__ = ["Calendar", "Item"]
