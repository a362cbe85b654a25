"""The instant to which a cluster recovers, and sessions that see exactly what is there then.

A restore point is a place in the log of changes; a session sees what transactions had ended when its snapshot was
made. The two are the same when each transaction whose end stands in the log before the restore point is seen by the
snapshot. That must be read in the log itself: a transaction is written there a moment before others see it as ended,
so that two equal snapshots, one before and one after, prove nothing. The other way round it is always so, for the
snapshots are made first.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ops.core.errors import Unavailable
from ops.core.run import run
from ops.sources.machine.clusters.locate import Place
from ops.sources.postgresql.session import Session

ATTEMPTS = 200  # each takes some hundredths of a second; where much is written only few of them are exact
FLUSH_SECONDS = 60.0
READ_SECONDS = 600.0
LOOK_SECONDS = 0.05
# Prepared transactions are told by the number after the word.
ENDED = re.compile(r"tx: +(\d+), lsn: [^,]+, prev [^,]+, desc: COMMIT(?:_PREPARED (\d+):)? ")

_SNAPSHOT = "select pg_catalog.pg_current_snapshot()"


@dataclass(frozen=True)
class Instant:
    """The place in the log, its name for the recovery, and whether the sessions see exactly what is there then."""

    name: str
    place: int
    exact: bool


@dataclass(frozen=True)
class Log:
    """A cluster's log of changes, from a place on; major: of the programs that read it."""

    cluster: Place
    major: int
    timeline: int
    since: int

    def ended(self, until: int) -> Iterator[int]:
        """Yield the numbers of the transactions that ended well before a place, the lower 32 bits of each."""
        words = [
            f"/usr/lib/postgresql/{int(self.major)}/bin/pg_waldump",
            *(f"--path={self.cluster.log}", f"--timeline={self.timeline}", "--rmgr=Transaction"),
            *(f"--start={written(self.since)}", f"--end={written(until)}"),
        ]
        for found in ENDED.finditer(run(words, timeout=READ_SECONDS).stdout):
            yield int(found[2] or found[1])


def fixed(lead: Session, sessions: Collection[Session], log: Log, name: str, attempts: int = ATTEMPTS) -> Instant:
    """Set a restore point at which all sessions hold the same state; after so many attempts it is about the same.

    lead: the session that asks for what no snapshot holds. Each of the others is left inside its transaction.
    """
    instant = Instant(name, 0, exact=False)
    for attempt in range(attempts):
        for session in sessions if attempt else ():
            session.tell("rollback")
        snapshots, instant = _tried(lead, sessions, f"{name}-{attempt}")
        _flushed(lead, instant.place)
        if all(sees(snapshot, one) for one in log.ended(instant.place) for snapshot in snapshots):
            return Instant(instant.name, instant.place, exact=True)
    return instant


def _tried(lead: Session, sessions: Collection[Session], name: str) -> tuple[Sequence[str], Instant]:
    """Fix what each session sees, and set a restore point as soon after that as can be."""
    for session in sessions:
        # In one message: the less time between the first of them and the restore point, the fewer transactions end.
        session.say(f"begin transaction isolation level repeatable read, read only \\; {_SNAPSHOT}")
    seen = [session.hear()[0] for session in sessions]
    return seen, Instant(name, place(lead.tell(f"select pg_catalog.pg_create_restore_point('{name}')")[0]), False)


def _flushed(session: Session, until: int) -> None:
    """Wait until the log is on the disk up to a place; a small entry of ours makes the server write it."""
    session.tell("select pg_catalog.pg_logical_emit_message(true, 'seawall', '')")
    deadline = time.monotonic() + FLUSH_SECONDS
    while place(session.tell("select pg_catalog.pg_current_wal_flush_lsn()")[0]) < until:
        if time.monotonic() > deadline:
            raise Unavailable(f"PostgreSQL did not write its log to the disk within {FLUSH_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)


def sees(snapshot: str, transaction: int) -> bool:
    """Whether a snapshot, as PostgreSQL writes it, sees what a transaction did; of its number the lower 32 bits."""
    _, end, running = snapshot.split(":")
    near = int(end)
    whole = near + (transaction - near + (1 << 31)) % (1 << 32) - (1 << 31)
    return whole < near and str(whole) not in running.split(",")


def place(text: str) -> int:
    """Return a place in the log, from how PostgreSQL writes it."""
    high, _, low = text.partition("/")
    return int(high, 16) << 32 | int(low, 16)


def written(place: int) -> str:
    """Return a place in the log as PostgreSQL writes it."""
    return f"{place >> 32:X}/{place & 0xFFFFFFFF:X}"


def segments(timeline: int, size: int, first: int, last: int) -> list[str]:
    """Return the names of the log's files from the one with a place to the one that ends with another."""
    apart = (1 << 32) // size
    numbers = range(first // size, (last - 1) // size + 1)
    return [f"{timeline:08X}{number // apart:08X}{number % apart:08X}" for number in numbers]


@dataclass(frozen=True)
class Beginning:
    """Where recovery begins: a place in the log, and its timeline."""

    place: int
    timeline: int


def began(label: str) -> Beginning:
    """Return where recovery begins, from the text that PostgreSQL writes at the end of a backup."""
    found = re.search(r"^START WAL LOCATION: ([0-9A-F]+/[0-9A-F]+) .*^START TIMELINE: (\d+)$", label, re.M | re.S)
    if not found:
        raise Unavailable("PostgreSQL's backup label can't be read")
    return Beginning(place(found[1]), int(found[2]))
