"""The types of the site itself: its name, its people, and where it keeps backups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

AWAY = ("offsite", "removable")  # places that a disaster of the site does not reach


@dataclass(frozen=True)
class Site:
    """The site as a whole.

    name: what people call it; printed on reports.
    timezone: the time zone of calendars and reports, such as America/Sao_Paulo.
    language: the language of reports, records, runbook and key sheet: en, or one of docs/languages.md.
    """

    name: str
    timezone: str = "UTC"
    language: str = "en"


@dataclass(frozen=True)
class Contact:
    """A person who is responsible for something.

    name: the person or position.
    phone: the number at which they can be reached at once.
    mail: the address to which reports go.
    deputy: the contact who stands in for them.
    """

    name: str
    phone: str = ""
    mail: str = ""
    deputy: str | None = None


@dataclass(frozen=True)
class Repository:
    """A restic repository, which keeps snapshots.

    kind: how it is reached; a module in ops/targets.
    place: where it is: on the server itself, on a backup host of the site, off-site, or on a removable disk.
    host: the machine in the inventory that keeps it; none for a kind that lies on the machine itself.
    options: further options of the kind.
    """

    kind: str
    place: Literal["local", "primary", "offsite", "removable"]
    host: str | None = None
    options: Any = field(default_factory=dict)
