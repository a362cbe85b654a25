"""Swaps of MariaDB databases that were killed: whoever restores next on that server ends them first, maybe days later.

Where the tables had not moved all is put back; else it goes on, for they may have been used since. What people have
defined meanwhile is written down before it gives way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.document import Limits, decode, parse
from ops.core.errors import SeawallError
from ops.core.files import lock, write_atomically
from ops.sources.mariadb.session import Session
from ops.sources.mariadb.swap import LEFT, NOTES, PREFIX, Swap, known, loaded, rest_of

_LIMITS = Limits(bytes=256 << 20, depth=4, entries=4_000_000, text=128 << 20)
_PATIENCE = 3600.0  # seconds for which another restore's swap may keep us waiting


@contextmanager
def alone(socket: str) -> Iterator[None]:
    """Be the only one who changes places on a server: two assets may be restored at once."""
    own = sha256(socket.encode()).hexdigest()[:8]
    with lock(NOTES / f"{PREFIX}{own}.lock", "a restore in place on the same server", _PATIENCE):
        yield


def unfinished(session: Session, socket: str) -> None:
    """End what swaps on this server left that were killed; one that can't be ended is named, and its note stays."""
    with alone(socket):
        for note in sorted(NOTES.glob(f"{PREFIX}*.json")):
            try:
                swap = decode(Swap, parse(note.read_bytes(), _LIMITS, str(note)), str(note))
                if swap.socket == socket:
                    _ended(session, swap)
            except SeawallError as error:
                why = str(error).partition("\n")[0]
                announce(f"an interrupted restore in place can't be ended: {why}; {LEFT.format(note)}")


def _ended(session: Session, swap: Swap) -> None:
    moved = swap.moved(session)
    if moved is None:
        announce(
            f"{swap.live}: an interrupted restore in place is left as it is, for tables came or went since; "
            f"{LEFT.format(swap.note)}"
        )
    elif moved:
        _gone_on(session, swap)
    else:
        swap.undo(session)
        announce(f"{swap.live}: an interrupted restore in place was undone; the live data are as they were")


def _gone_on(session: Session, swap: Swap) -> None:
    """Make what the restored database lacks in its place; what was defined there since is kept as a text."""
    since = Path(f"{swap.text_of_kept.with_suffix('')}-until-{clock.now():%Y%m%dT%H%M%SZ}.sql")
    write_atomically(since, rest_of(session, swap.socket, swap.live, force=True))
    swap.furnish(session, force=True)
    loaded(swap.socket, swap.live, swap.late, force=True)
    lacks = sorted({*swap.has} - known(session, swap.live))
    lost = swap.end(session)
    kept = f"; the previous data are kept as {swap.kept}" if swap.there else ""
    without = f", without {', '.join(lost)}, whose text is in {swap.text_of_kept}" if lost else ""
    lacking = f"; it lacks {', '.join(lacks)}, as the server refused them" if lacks else ""
    announce(
        f"{swap.live}: an interrupted restore in place was ended{kept}{without}{lacking}; "
        f"what was defined in it until then is in {since}"
    )
