"""What the digests of rows cost beside a dump: counting and digesting a large table, against pg_dump of the same one.

It runs on this computer, on a throwaway PostgreSQL. Both read the table from memory, one after the other; at a backup
they run side by side.
"""

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from ops.core.run import stream
from ops.sources.postgresql.copied import copied
from ops.sources.postgresql.session import PATIENT, PSQL, Session, connection, steady
from tests.benchmarks.timing import medians, table
from tests.restic.throwaway_postgresql import AS_POSTGRES, PROGRAMS, Cluster, cluster

ROWS, ROUNDS, SECONDS = 2_000_000, 5, 600.0
MADE = f"""
create table numbered (id bigint primary key, taken timestamptz, value numeric, note text);
insert into numbered select i, timestamptz '2026-01-01' + i * interval '1 s', i / 7.0,
  'laudo ' || md5(i::text) || ' ' || md5((7 * i)::text) from generate_series(1, {ROWS}) i;
create table lettered (id text primary key, taken timestamptz, value numeric, note text);
insert into lettered select md5(id::text), taken, value, note from numbered;
vacuum analyze;
"""
KEYS = {"numbered": "a key that is a number", "lettered": "a key of letters"}


def measure() -> Iterator[str]:
    """Yield a table for each sort of key."""
    with cluster("shared_buffers=1GB", "max_wal_size=4GB") as server:
        server.psql("create database bench")
        for statement in filter(str.strip, MADE.split(";")):
            server.psql(statement, "bench")
        for name, key in KEYS.items():
            dump, digest = f"pg_dump of {ROWS:,} rows", f"rows and digest, {key}"
            ways = {dump: partial(dumped, server, name), digest: partial(digested, server, name)}
            yield table("the digest of a table beside its dump", medians(ways, ROUNDS), dump, "at most 0.35")


def dumped(server: Cluster, name: str) -> None:
    """Dump a table as a backup does, to nowhere."""
    words = ["--format=custom", "--compress=0", f"--table={name}", f"--host={server.socket}", "bench"]
    done = [*AS_POSTGRES, str(PROGRAMS / "pg_dump"), *words]
    subprocess.run(done, check=True, stdout=subprocess.DEVNULL, cwd=Path("/"))


def digested(server: Cluster, name: str) -> None:
    """Count and digest a table as a backup does."""
    words = connection("bench", host=server.socket, user="postgres", client_encoding="UTF8", options=PATIENT)
    with stream([*AS_POSTGRES, *PSQL, f"--dbname={words}"], timeout=SECONDS, talk=True) as program:
        session = Session(program, "")
        steady(session)
        copied(session, [f"public.{name}"])
