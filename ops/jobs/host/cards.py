"""Handing cards over to a backup host: signed with this machine's ledger key, through the door of its account.

What could not be handed over waits among the states, and goes with the next card to the same repository.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from ops.core.announce import announce
from ops.core.document import read_file
from ops.core.errors import Damaged, SeawallError
from ops.core.files import write_atomically
from ops.evidence.ssh_signature import sign
from ops.interfaces.card import CARDS, LIMITS, NAMESPACE, PROOFS, ProofCard, SetCard, Signed, opened, text, written
from ops.jobs.host import credentials, folders
from ops.jobs.host.repositories import OpenRepository

MOST = 100  # so many wait for each repository; the oldest go


def of_set(place: OpenRepository, card: SetCard) -> str:
    """Hand over the card of a set, and those that wait; return what is to be said, empty when all were handed over.

    A set counts without its card: only no set leaves that the backup host knows no card of.
    """
    if place.target.deposit is None:
        return ""
    try:
        outbox = _outbox(place.repository.name)
        write_atomically(outbox / _name(content := _signed(text(card))), content)
        _send(place, outbox)
    except (SeawallError, OSError) as error:
        announce(f"its card was not handed over: {_why(error)}")  # a path in a message would hide what follows
        return "its card waits for the next backup (see the journal); until then the backup host lets nothing go"
    return ""


def of_drill(places: Iterable[OpenRepository], card: ProofCard) -> str:
    """Hand over what a drill showed to all who keep the set; return what is to be said, empty when they all know."""
    missed = []
    for place in places:
        if place.target.deposit is None:
            continue
        try:
            place.deposit(PROOFS, _signed(text(card)))
        except (SeawallError, OSError) as error:
            announce(f"the card of this drill was not handed over: {_why(error)}")
            missed.append(f"the keeper of {place.repository.name} was not told; drill again")
    return "; ".join(missed)


def _signed(card: str) -> bytes:
    return written(Signed(card, sign(card, credentials.find("ledger.key"), NAMESPACE)))


def _name(content: bytes) -> str:
    return f"{sha256(content).hexdigest()}.card"


def _outbox(repository: str) -> Path:
    folder = folders.state() / "state" / "cards" / repository
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    return folder


def _send(place: OpenRepository, outbox: Path) -> None:
    """Hand over what waits, the oldest first; each is removed once it was read back.

    Acts that end at the same time hand over each other's: one that is gone was handed over.
    """
    waiting = sorted(outbox.glob("*.card"), key=_written)
    for path in waiting[:-MOST]:
        path.unlink(missing_ok=True)
    for path in waiting[-MOST:]:
        try:
            content = read_file(path, LIMITS.bytes, str(path))
            opened(content, str(path))
        except Damaged as error:
            if path.exists():
                announce(f"a card that waited was damaged, and is left out: {error.message}")
        else:
            place.deposit(CARDS, content)
        path.unlink(missing_ok=True)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _why(error: Exception) -> str:
    return error.message if isinstance(error, SeawallError) else str(error)
