"""Reports by mail: who gets them, by which channel."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.policy.model import Written
from ops.policy.reports import Reports
from ops.policy.rules import names

_PATH = "policy.reports"


def judge(reports: Reports, written: Written) -> Iterator[Problem]:
    """Yield what is wrong with the reports."""
    if not reports.to:
        yield Problem(f"{_PATH}.to", "names nobody; write the contacts who read the reports")
    for number, name in enumerate(reports.to):
        path = f"{_PATH}.to[{number}]"
        yield from names.known(path, "contact", name, written.contacts)
        contact = written.contacts.get(name)
        if contact and not contact.mail:
            yield Problem(path, f"{name} has no mail address; add `mail` to policy.contacts.{name}")
    if not reports.calendars:
        yield Problem(_PATH, "makes none; write when: for example daily: '*-*-* 06:30'")
    if written.alarms is None or all(spec.kind != "mail" for spec in written.alarms.channels.values()):
        yield Problem(_PATH, "needs a channel of kind mail in policy.alarms.channels, by which the reports go")
