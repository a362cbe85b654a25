"""What a person says of a new site, each answer read as strictly as the policy would read it."""

from __future__ import annotations

import ipaddress
import os
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ops.core.calendar import Calendar
from ops.core.kinds import nearest
from ops.core.quantity import Duration
from ops.policy.model import Asset

GROUPS = ("servers", "backup_hosts", "drill_hosts", "postgresql_hosts", "mariadb_hosts", "ups_hosts")
TAKEN = {*GROUPS, "all", "ungrouped", "host", "localhost", "control"}  # Ansible's, and the policy's
LONGEST = 100  # letters of a name or number that reports print
SPREAD = Asset.random_delay
COPY_AFTER = 2  # hours after the last backup of the day
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Machine:
    """A machine by the name that the inventory gives it, and how SSH reaches it."""

    name: str
    address: str

    @classmethod
    def parse(cls, text: str) -> Machine:
        """Return the machine of `NAME=ADDRESS`, or of a name that is its own address; raise ValueError."""
        name, _, address = (part.strip() for part in text.partition("="))
        address = address or name
        if not 1 <= len(name) <= LONGEST or not all(_LABEL.fullmatch(label) for label in name.split(".")):
            raise ValueError(
                f"{name!r} can't be the name of a machine; expected a DNS name of lower-case letters, digits and "
                f"hyphens, such as his1=192.0.2.11"
            )
        if name in TAKEN:
            raise ValueError(f"{name!r} has a meaning of its own in the inventory; give the machine another name")
        if not _reachable(address):
            raise ValueError(f"{address!r} is neither an IP address nor a DNS name; expected such as his1=192.0.2.11")
        return cls(name, address)


def _reachable(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        labels = address.lower().removesuffix(".").split(".")
        looks_like_ip = all(label.isdigit() for label in labels)
        return not looks_like_ip and all(_LABEL.fullmatch(label) for label in labels)
    return True


@dataclass(frozen=True)
class Contact:
    """Who answers for the backups."""

    name: str
    phone: str
    mail: str

    @classmethod
    def parse(cls, text: str) -> Contact:
        """Return the contact of `NAME, PHONE, MAIL`; raise ValueError."""
        parts = [part.strip() for part in text.split(",")]
        if len(parts) != 3:  # noqa: PLR2004 -- the three that the text names
            raise ValueError("expected name, telephone, mail, such as: Head of IT, +420 555 0100, it@hospital.example")
        name, phone, mail = (worded(part) for part in parts)
        if sum(letter.isdigit() for letter in phone) < 3:  # noqa: PLR2004 -- the shortest numbers that people call
            raise ValueError(f"{phone!r} is not a telephone number")
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", mail):
            raise ValueError(f"{mail!r} is not a mail address")
        return cls(name, phone, mail)


@dataclass(frozen=True)
class Answers:
    """A new site. schedule: when everything is backed up. user: the account that SSH logs in to."""

    site: str
    timezone: str
    contact: Contact
    servers: tuple[Machine, ...]
    backup_host: Machine
    offsite_host: Machine | None
    drill_host: Machine | None
    schedule: Calendar
    rpo: Duration
    rto: Duration
    user: str = "root"

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Every machine once, the servers first."""
        others = (self.backup_host, self.offsite_host, self.drill_host)
        return (*self.servers, *(machine for machine in others if machine))

    @property
    def copies(self) -> Calendar:
        """When to copy off-site each day: once the last backup of the day has had its time."""
        hour, minute = str(self.schedule).split()[1].split(",")[-1].split(":")[:2]
        return Calendar.parse(f"*-*-* {(int(hour) + COPY_AFTER) % 24:02d}:{minute}:00")

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with answers that are right one by one."""
        for what in ("name", "address"):
            values = [str(getattr(machine, what)) for machine in self.machines]
            for value in sorted({value for value in values if values.count(value) > 1}):
                yield (
                    f"two machines have the {what} {value}; servers, backup hosts and the drill host are machines of "
                    f"their own, so that none is lost with another"
                )
        needed = self.schedule.zoned(self.timezone).longest_gap() + SPREAD.span
        if needed > self.rpo.span:
            least = Duration(int(needed / timedelta(seconds=1)))
            yield (
                f"at most {self.rpo} of work may be lost, but backups at these times are up to {least} apart; "
                f"back up more often, such as 06:00, 12:00, 18:00, or allow more"
            )


def worded(text: str) -> str:
    """Return a text that reports print; raise ValueError when it is empty, too long or no text."""
    text = " ".join(text.split())
    if not text or len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"expected a text of 1 to {LONGEST} letters, found {text[:40]!r}")
    if re.search(r"\{[{%#]", text):
        raise ValueError(f"{text!r} has braces that Ansible takes for an expression")
    return text


def zone(text: str) -> str:
    """Return the name of a time zone; raise ValueError, with the nearest one that there is."""
    known = sorted(zoneinfo.available_timezones())
    if text not in known:
        raise ValueError(f"{text!r} is not a time zone{nearest(text, known)}; expected such as Europe/Prague")
    return text


def own_zone() -> str:
    """Return the time zone of this machine, UTC where it has none by name."""
    link = os.path.realpath("/etc/localtime")
    name = link.partition("/zoneinfo/")[2]
    return name if name in zoneinfo.available_timezones() else "UTC"


def machines(text: str) -> tuple[Machine, ...]:
    """Return the machines of a list, parted by commas or blanks; raise ValueError."""
    return tuple(Machine.parse(part) for part in re.split(r"[,\s]+", text.strip()))


def times(text: str) -> Calendar:
    """Return the calendar of daily times such as `04:30` or `06:00, 12:00`; raise ValueError."""
    found = [_TIME.fullmatch(part) for part in re.split(r"[,\s]+", text.strip())]
    hours = sorted({one[1] for one in found if one})
    minutes = {one[2] for one in found if one}
    if not all(found):
        raise ValueError(f"expected a time of day such as 04:30, or several such as 06:00, 12:00; found {text!r}")
    if len(minutes) > 1:
        raise ValueError(f"several times need the same minutes, such as 06:30, 12:30; found {text!r}")
    return Calendar.parse(f"*-*-* {','.join(hours)}:{minutes.pop()}:00")


def span(text: str) -> Duration:
    """Return a duration longer than nothing; raise ValueError."""
    try:
        found = Duration.parse(text)
    except ValueError as error:
        raise ValueError(f"expected {Duration.expected}, found {text!r}") from error
    if not found.seconds:
        raise ValueError("expected a duration longer than nothing")
    return found


def account(text: str) -> str:
    """Return the name of an account; raise ValueError."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", text):
        raise ValueError(f"{text!r} can't be the name of an account")
    return text


def new_folder(text: str) -> Path:
    """Return the folder of a new inventory; raise ValueError where something is already there."""
    path = Path(text)
    if os.path.lexists(path):
        raise ValueError(f"{path} already exists; nothing is overwritten")
    if not path.name or not path.parent.is_dir():
        raise ValueError(f"there is no folder {path.parent}")
    return path
