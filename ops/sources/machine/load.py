"""A load of small commits on the databases of a booted machine, each counted once its server acknowledged it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ops.core.errors import Damaged
from ops.core.run import Stream
from ops.core.verdict import Finding, Verdict
from ops.interfaces.server import CATALOGUE_SECONDS, Server
from ops.sources.machine.clusters.recovery import Inside
from ops.sources.machine.facts import MachineFacts
from ops.sources.postgresql.session import PSQL, Session

TABLE = "public.seawall_crash"
DATABASE = "postgres"
COUNTED = "select json_build_array(count(*), coalesce(max(number), 0)) from public.seawall_crash"
_DAY = 86_400.0
# One commit each; psql says the number only after the server has answered.
ROUNDS = 200_000
WORDS = "insert into {table} values ({number});\n\\echo {number}\n"


@dataclass
class CommitLoad:
    """Commits of one session, numbered from 1."""

    last: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def acknowledged(self) -> int:
        """Return how many commits were acknowledged so far."""
        return self.last


@contextmanager
def load_commits(server: Server, facts: MachineFacts) -> Iterator[CommitLoad]:
    """Write to the machine's first cluster as fast as it takes it, until the block ends."""
    here = Inside(server, first(facts))
    with here.talk([*PSQL, f"--dbname={DATABASE}"], _DAY) as program:
        Session(program, seconds=CATALOGUE_SECONDS).tell(f"create table {TABLE} (number bigint primary key)")
        load = CommitLoad()
        threads = [threading.Thread(target=work, args=[program, load], daemon=True) for work in (_write, _count)]
        for thread in threads:
            thread.start()
        try:
            yield load
        finally:
            load.over.set()
            program.dismiss()
            for thread in threads:
                thread.join()


def verify_load(server: Server, facts: MachineFacts, acknowledged: int) -> Finding:
    """Demand every acknowledged commit, without a gap; one more may be there, whose answer did not come any more."""
    here = Inside(server, first(facts))
    with here.talk([*PSQL, f"--dbname={DATABASE}"], _DAY) as program:
        session = Session(program, seconds=CATALOGUE_SECONDS)
        count, most = session.ask(COUNTED)
        session.tell(f"drop table {TABLE}")
    if count >= acknowledged and most == count:
        return Finding(Verdict.PASS, f"all {acknowledged:,} acknowledged commits are there")
    return Finding(
        Verdict.FAIL,
        f"{acknowledged:,} commits were acknowledged, but {count:,} are there, the last with number {most:,}",
    )


def first(facts: MachineFacts) -> int:
    """Return the port of the first cluster; raise Damaged when there is none."""
    ports = sorted(int(port) for port in facts.clusters)
    if not ports:
        raise Damaged("the machine's manifest names no cluster")
    return ports[0]


def _write(program: Stream, load: CommitLoad) -> None:
    for number in range(1, ROUNDS + 1):
        if load.over.is_set():
            return
        program.write(WORDS.format(table=TABLE, number=number))


def _count(program: Stream, load: CommitLoad) -> None:
    for line in program.lines():
        if line.isdecimal() and len(line) <= len(str(ROUNDS)):
            load.last = int(line)
