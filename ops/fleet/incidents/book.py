"""The incidents that the control machine's ledger tells of. There is no other memory of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from ops.core import clock
from ops.core.errors import Damaged, UsageError
from ops.core.printable import printable
from ops.core.verdict import Verdict
from ops.evidence.ledger import HEAD, NAME, digest
from ops.evidence.lines import each
from ops.evidence.verification import verify
from ops.fleet.control_machine.identity import folder
from ops.interfaces.incident import ClosingFacts, NoteFacts, OpeningFacts, TimeLimit
from ops.interfaces.record import Record, read

LEDGER = "var/lib/seawall/ledger"
_ACT = b'"act":"incident-'  # as the ledger writes its lines; few of many are read


@dataclass(frozen=True)
class Note:
    """One note: the record's number and time, and what it keeps."""

    n: int
    when: str
    text: str
    facts: NoteFacts


@dataclass(frozen=True)
class Closing:
    """How an incident was closed, and when. sha256: of the record's line."""

    n: int
    when: str
    facts: ClosingFacts
    sha256: str = ""


@dataclass(frozen=True)
class Incident:
    """One incident. number: of the record that opened it. opened: when that was. sha256: of that record's line."""

    number: int
    opened: str
    text: str
    facts: OpeningFacts
    sha256: str = ""
    notes: tuple[Note, ...] = ()
    closing: Closing | None = None

    @property
    def discovered(self) -> datetime:
        """From when its limits count."""
        return clock.parse(self.facts.discovered)

    def limit_at(self, limit: TimeLimit) -> datetime:
        """Return the moment by which something is to be done."""
        return self.discovered + timedelta(seconds=limit.after)

    def next_limit(self, now: datetime) -> TimeLimit | None:
        """Return the first limit that has not passed at a moment; None where there is none, or it is closed."""
        if self.closing:
            return None
        return next((one for one in self.facts.limits if self.limit_at(one) > now), None)


@dataclass
class Book:
    """All incidents, by number. troubles: what is wrong with the ledger; broken: whether that may be tampering.

    changed: whether it is known that the ledger was changed.
    """

    incidents: dict[int, Incident] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    broken: bool = False
    changed: bool = False

    def of(self, number: int) -> Incident:
        """Return an incident; raise UsageError where there is none of this number."""
        if number not in self.incidents:
            known = ", ".join(map(str, sorted(self.incidents))) or "none"
            raise UsageError(f"there is no incident {number}; there are: {known}", "seawall incident list")
        return self.incidents[number]

    def open_one(self, number: int) -> Incident:
        """Return an open incident; raise UsageError where it is closed, or there is none."""
        found = self.of(number)
        if found.closing:
            hint = "open a new one, and name this one in it: what was closed stays as it is"
            raise UsageError(f"incident {number} was closed at {found.closing.when}", hint)
        return found


def ledger_of(inventory: Path) -> Path:
    """Return the folder of the control machine's ledger, whether it is there or not."""
    return folder(inventory) / LEDGER


def opened(inventory: Path, host: str) -> Book:
    """Return the incidents of a site, with the ledger verified; host: how the control machine is called."""
    home = ledger_of(inventory)
    book = Book()
    if not (home / NAME).exists() and not (home / HEAD).exists():
        return book
    for one in verify(home, folder(inventory) / "etc/seawall/allowed_signers", host=host):
        if one.verdict is not Verdict.PASS:
            book.troubles.append(f"the ledger of this machine does not verify: {printable(one.message)}")
            book.broken |= one.verdict is not Verdict.WARN
            book.changed |= one.verdict is Verdict.FAIL
    try:
        for line in each(home / NAME):
            if _ACT in line:
                _taken(book, line)
    except (OSError, Damaged) as error:
        book.troubles.append(f"the ledger of this machine can't be read: {printable(str(error))}")
        book.broken = True
    return book


def _taken(book: Book, line: bytes) -> None:
    """Add what a line says; one that says nothing of an incident that there is, is told of."""
    try:
        record = read(line, "a record")
        facts = record.outcome()
        clock.parse(record.when)
    except (Damaged, ValueError) as error:
        book.troubles.append(f"a record of an incident can't be read: {printable(str(error).splitlines()[0])}")
        book.broken = True
        return
    if isinstance(facts, OpeningFacts):
        opening = Incident(record.n, record.when, record.message, facts, digest(line))
        book.incidents.setdefault(record.n, opening)
    elif isinstance(facts, NoteFacts | ClosingFacts):
        _added(book, record, facts, digest(line))


def _added(book: Book, record: Record, facts: NoteFacts | ClosingFacts, sha256: str) -> None:
    found = book.incidents.get(facts.incident)
    if found is None or found.closing:
        why = "there is none of that number" if found is None else "it was closed before"
        book.troubles.append(f"record {record.n} is of incident {facts.incident}, but {why}")
        return
    if isinstance(facts, ClosingFacts):
        changed = replace(found, closing=Closing(record.n, record.when, facts, sha256))
    else:
        changed = replace(found, notes=(*found.notes, Note(record.n, record.when, record.message, facts)))
    book.incidents[found.number] = changed
