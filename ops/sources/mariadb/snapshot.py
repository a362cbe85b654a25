"""One instant for a MariaDB dump and for the counting beside it.

MariaDB can't hand a snapshot from one session to another. So nobody writes for the moment in which both begin their
transactions: a third session holds FLUSH TABLES WITH READ LOCK from when the dump's program is there until the
dump's transaction is. The lock is gone when that session is, however this program ends.
"""

from __future__ import annotations

import errno
import os
import select
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from ops.core.errors import Locked, SeawallError, Unavailable
from ops.sources.mariadb.gate import GO
from ops.sources.mariadb.session import Session, text

# How long the repository's program may take until it starts the dump; nothing is locked meanwhile.
START_SECONDS = 120
# How long the dump may take until its transaction has begun; all writers wait meanwhile.
JOIN_SECONDS = 20.0
# The server renews what it tells of transactions only when nobody asked for a tenth of a second.
_LOOK_SECONDS = 0.12
_WATCH_SECONDS = 2.0


class Gate:
    """Our side of the gate before the dump's program."""

    def __init__(self, fifo: Path, over: Event) -> None:
        self.fifo = fifo
        self.over = over
        self.end = -1

    def meet(self) -> None:
        """Wait until the program is there."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self.over.is_set():
            try:
                self.end = os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                time.sleep(0.05)
            else:
                return
        raise Unavailable("the repository's program did not start the dump", "its own message comes first")

    def say(self, words: str) -> None:
        """Say something to the program; when it has left there is nobody to hear it."""
        with suppress(BrokenPipeError):
            os.write(self.end, f"{words[:1000]}\n".encode())

    def gone(self, within: float = 0.0) -> bool:
        """Whether the program has ended, or does so within some seconds."""
        watch = select.poll()
        watch.register(self.end, 0)
        return bool(watch.poll(within * 1000))

    def close(self) -> None:
        """Let go of it; a program that still waits for a word takes this as a no."""
        if self.end >= 0:
            os.close(self.end)


@dataclass
class Instant:
    """The sessions that fix an instant: `holder` locks, `counter` reads what was there at that moment.

    lock: whether the server is locked at all. through: it stays so until the dump has ended. patience: how many
    seconds anybody waits for a lock.
    """

    gate: Gate
    holder: Session
    counter: Session
    user: str
    patience: int
    lock: bool
    through: bool = False
    dump: int = field(default=0, init=False)

    def fix(self) -> float:
        """Let the dump begin, and return for how many seconds nobody could write."""
        self._alone()
        begun = time.monotonic()
        if self.lock:
            self._locked()
        self.counter.tell("start transaction with consistent snapshot, read only")
        newest = int(self.counter.one("select connection_id()"))
        self.gate.say(GO)
        self.dump = self._joined(newest)
        if self.lock and not self.through:
            self.holder.tell("unlock tables")
        self.holder.tell("do release_lock('seawall-instant')")
        return round(time.monotonic() - begun, 3)

    def _alone(self) -> None:
        """Wait for other captures on this server to be past their instants, for the dump is known by its number."""
        if self.holder.one(f"select get_lock('seawall-instant', {self.patience})") != 1:
            raise Locked(f"another backup held this server for more than {self.patience} s", "try again later")

    def _locked(self) -> None:
        try:
            self.holder.tell("flush tables with read lock")
        except Unavailable as error:
            if "Lock wait timeout" not in error.message:
                raise
            raise Locked(
                f"MariaDB: a session has locked a table, or has been writing, for more than {self.patience} s",
                "SHOW FULL PROCESSLIST lists the session; lock_wait in the policy sets how long to wait",
            ) from error

    def _joined(self, newest: int) -> int:
        """Wait until the dump's transaction has begun; return the number of its connection.

        That is 0 for a dump that has ended: a small one is over before it is seen, all of it under the lock.
        """
        query = (
            "select p.id from information_schema.processlist p"  # noqa: S608 -- quoted
            " join information_schema.innodb_trx t on t.trx_mysql_thread_id = p.id"
            f" where p.user = {text(self.user)} and p.id > {newest}"
            " and coalesce(p.info, '') not like 'START TRANSACTION%'"
        )
        deadline = time.monotonic() + JOIN_SECONDS
        while time.monotonic() < deadline:
            if found := self.holder.ask(query):
                return int(found[0])
            if self.gate.gone(_LOOK_SECONDS):
                return 0
        raise Unavailable(
            f"mariadb-dump did not start a transaction within {JOIN_SECONDS:.0f} s", "the server was unlocked"
        )

    def follow(self) -> None:
        """Watch the dump until it has ended; one that waits too long for a table's lock is ended."""
        query = (
            f"select time from information_schema.processlist where id = {self.dump}"  # noqa: S608 -- numbers
            f" and state like 'Waiting for%lock' and time >= {self.patience}"
        )
        while not self.gate.gone(_WATCH_SECONDS):
            if self.holder.ask(query):
                raise Locked(f"MariaDB: the dump waited more than {self.patience} s for a locked table")
        if self.through:
            self.holder.tell("unlock tables")

    def stop(self, words: str) -> None:
        """Let the server go, and end the dump, which is of no use any more; say why."""
        self.gate.say(words)
        with suppress(SeawallError):  # a session that has ended holds nothing
            self.holder.tell("unlock tables")
            if self.dump:
                self.holder.tell(f"kill connection {self.dump}")
