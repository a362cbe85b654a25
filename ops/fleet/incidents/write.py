"""What people do with incidents: open, note, close. Each is one signed record; nothing is kept beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.files import lock
from ops.core.printable import printable, storable
from ops.core.schema import Plain, encode
from ops.core.verdict import Verdict
from ops.evidence.ledger import Ledger
from ops.evidence.redaction import redacted_text
from ops.fleet.control_machine.identity import demanded, folder, furnished
from ops.fleet.incidents import book, names
from ops.fleet.inventory import Inventory
from ops.interfaces.incident import (
    CLOSED,
    LONGEST,
    LONGEST_NAME,
    MOST,
    NOTED,
    OPENED,
    ClosingFacts,
    GoneThing,
    NoteFacts,
    OpeningFacts,
)
from ops.interfaces.outcome import OutcomeFacts
from ops.jobs.ledger.attest import demand_person
from ops.policy import HostPolicy

_WAIT = 60.0  # seconds for somebody else who writes at the same time


@dataclass(frozen=True)
class Teller:
    """Who tells it, and what. by: whose word it is, if not of the person logged in. dry: nothing is recorded."""

    text: str
    by: str = ""
    dry: bool = False


@dataclass(frozen=True)
class Told:
    """What was recorded. n: the record's number, 0 where nothing was; an opening's is that of its incident."""

    n: int
    body: Mapping[str, Plain]


@dataclass(frozen=True)
class Site:
    """What is needed of an inventory, read once."""

    path: Path
    policies: Mapping[str, HostPolicy]
    own: HostPolicy

    @classmethod
    def of(cls, read: Inventory) -> Site:
        """Return it; raise UsageError where the policy does not name the control machine."""
        policies = read.policies()
        return cls(read.path, policies, demanded(policies))

    def book(self) -> book.Book:
        """Return the incidents that there are."""
        return book.opened(self.path, self.own.host)


def open_(site: Site, class_: str, kind: str, affected: Sequence[str], told: Teller, since: str, alarm: str) -> Told:
    """Open an incident; raise UsageError for what the policy does not know.

    since: when it was discovered; empty for now. alarm: HOST/NUMBER of the alarm that told it; empty where none did.
    """
    now = clock.now()
    things = names.affected(affected, site.policies, site.own)
    if not things:
        raise UsageError("nothing is named as affected", "--affected his,backup1")
    if len(things) > MOST:
        raise UsageError(f"{len(things)} things are named", f"name {MOST} at most, such as the machines they are on")
    name, of = names.fault_class(class_, site.policies, names.hosts_of(things, site.policies))
    facts = OpeningFacts(
        by=_by(told),
        class_=name,
        kind=kind,
        affected=things,
        discovered=clock.iso(_moment(site, since, now)),
        limits=names.limits(of),
        alarm=_alarm(alarm, site.policies),
    )
    return _recorded(site, OPENED, kind, told, facts, now)


def note(site: Site, number: int, told: Teller, happened: str = "", gone: Sequence[str] = ()) -> Told:
    """Add a note to an open incident. happened: when, if earlier than now. gone: what was stolen, `THING = VALUE`.

    Raise UsageError where there is no such incident, or it is closed.
    """
    now = clock.now()
    if len(gone) > MOST:
        raise UsageError(f"{len(gone)} things are named as gone", f"write further notes, each with {MOST} at most")
    facts = NoteFacts(
        incident=number,
        by=_by(told),
        happened=clock.iso(_moment(site, happened, now)) if happened else "",
        gone=tuple(_gone(text) for text in gone),
    )
    with _open_alone(site, number):
        return _recorded(site, NOTED, f"incident {number}", told, facts, now)


def close(site: Site, number: int, told: Teller, lesson: str, entered: str, entered_by: str) -> Told:
    """Close an incident: `told` says the cause; entered, entered_by: how much was entered from paper, and by whom.

    Raise UsageError where one of these says nothing, or there is no such open incident.
    """
    facts = ClosingFacts(
        incident=number,
        by=_by(told),
        cause=_discreet("--cause", told.text),
        lesson=_discreet("--lesson", lesson),
        entered=_discreet("--entered", entered),
        entered_by=_name("--entered-by", entered_by),
    )
    with _open_alone(site, number):
        return _recorded(site, CLOSED, f"incident {number}", told, facts, clock.now())


def _recorded(site: Site, act: str, subject: str, told: Teller, facts: OutcomeFacts, started: datetime) -> Told:
    body: dict[str, Plain] = {
        "host": site.own.host,
        "actor": demand_person(told.by),
        "act": act,
        "subject": subject,
        "result": Verdict.PASS.value,
        "message": _discreet("what is told", told.text),
        "started": clock.iso(started),
        "facts": encode(facts),
    }
    if told.dry:
        return Told(0, body)
    home = furnished(site.path, site.own)
    written = Ledger(home / book.LEDGER, home / "etc/seawall/credentials/ledger.key").append(body)
    return Told(written.n, body)


@contextmanager
def _open_alone(site: Site, number: int) -> Iterator[None]:
    """Hold others off between a look at an open incident and the record that follows; raise UsageError for none."""
    site.book().open_one(number)  # where there is none, nothing is made
    with lock(folder(site.path) / "run/seawall/incident.lock", "another act on incidents", _WAIT):
        site.book().open_one(number)
        yield


def _by(told: Teller) -> str:
    who = demand_person(told.by)
    return _name("--by", told.by or who.removeprefix("person:"))


def _name(option: str, text: str) -> str:
    name = " ".join(printable(text).split())
    if not name:
        raise UsageError(f"{option} names nobody", f"{option} 'Head of IT'")
    if len(name) > LONGEST_NAME:
        raise UsageError(f"{option} has {len(name)} letters", f"write {LONGEST_NAME} at most")
    return name


def _discreet(option: str, text: str) -> str:
    """Return a text as records may keep it: without names of patients and paths; raise UsageError for none."""
    if not text.strip():
        raise UsageError(f"{option} says nothing", "write one sentence; seawall incident --help has examples")
    kept = storable(redacted_text("\n".join(printable(line) for line in text.splitlines())))
    if len(kept) > LONGEST:  # what is cut out of it may leave longer words
        raise UsageError(f"{option} has {len(kept)} letters", f"write {LONGEST} at most, and notes for the rest")
    return kept


def _moment(site: Site, text: str, now: datetime) -> datetime:
    return names.moment(text, site.own.site.timezone, now) if text else now


def _gone(text: str) -> GoneThing:
    what, _, value = text.rpartition("=") if "=" in text else (text, "", "")
    return GoneThing(what=_discreet("--gone", what.strip()), value=_name("--gone", value) if value.strip() else "")


def _alarm(text: str, policies: Mapping[str, HostPolicy]) -> str:
    host, _, number = text.partition("/")
    if text and (host not in policies or not (number.isascii() and number.isdecimal()) or len(number) > 9):  # noqa: PLR2004
        raise UsageError(f"{text!r} is no alarm of this site", "write HOST/NUMBER, as the alarm's message has them")
    return text
