"""A throwaway PostgreSQL in a temporary folder: on a socket only, ended with its block."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a server under its own account")
PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/nonexistent"))  # this Debian's release
AS_POSTGRES = ("runuser", "-u", "postgres", "--")
_WORDS = (
    *("listen_addresses=", "fsync=off", "full_page_writes=off", "jit=off"),
    *("max_prepared_transactions=5", "wal_level=logical", "max_wal_senders=2"),
)
# Without the mark of an act that this process runs meanwhile: the next one would end the client as a remnant of it.
_OWN = dict(os.environ)


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs. socket: the folder of its socket."""

    socket: str

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run SQL as the superuser and return what it answers; fails when the SQL does."""
        words = ["psql", "-XAtq", "--set=ON_ERROR_STOP=1", f"--host={self.socket}", "-d", database]
        call = [*AS_POSTGRES, *words]
        done = subprocess.run(call, input=sql, capture_output=True, text=True, cwd="/", env=_OWN, check=False)
        assert done.returncode == 0, f"{sql}: {done.stderr}"
        return done.stdout.strip()

    def databases(self) -> dict[str, tuple[bool, int, str]]:
        """Return which databases there are: whether each may be connected to, how often, and what it says of itself."""
        said = "coalesce(shobj_description(oid, 'pg_database'), '')"
        query = f"select json_agg(json_build_array(datname, datallowconn, datconnlimit, {said})) from pg_database"
        return {name: (open_, limit, words) for name, open_, limit, words in json.loads(self.psql(query))}


@contextmanager
def cluster(*settings: str, wal_segment: str = "16") -> Iterator[Cluster]:
    """Make a cluster, run it with further settings, and end it with the block. wal_segment: in MiB."""
    if not (PROGRAMS / "postgres").is_file():
        pytest.fail("PostgreSQL's programs are not there; `make setup` installs them")
    with TemporaryDirectory(prefix="throwaway-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        subprocess.run(["chown", "postgres", folder], check=True)
        make = [
            "initdb",
            "--no-sync",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            f"--wal-segsize={wal_segment}",
            "-D",
            f"{folder}/data",
        ]
        options = " ".join(f"-c {word}" for word in (*_WORDS, *settings, f"unix_socket_directories={folder}"))
        start = ["pg_ctl", "--wait", "-D", f"{folder}/data", "-l", f"{folder}/log", "-o", options, "start"]
        for program, *words in (make, start):
            done = [*AS_POSTGRES, str(PROGRAMS / program), *words]
            subprocess.run(done, check=True, cwd="/", stdout=subprocess.DEVNULL)
        try:
            yield Cluster(str(place))
        finally:
            stop = [*AS_POSTGRES, str(PROGRAMS / "pg_ctl"), "-D", f"{folder}/data", "--mode=immediate", "stop"]
            subprocess.run(stop, check=True, cwd="/", stdout=subprocess.DEVNULL)
