"""A machine whose PostgreSQL archives its log into a spool, as its own account: what the tests of that work with."""

import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from one_machine import Machine
from throwaway_postgresql import AS_POSTGRES, PROGRAMS, Cluster

ASSET = "cluster"
GRANTS = """
create role seawall_dump login bypassrls replication in role pg_read_all_data;
alter role seawall_dump set default_transaction_read_only = on;
grant execute on function pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_create_restore_point(text),
  pg_switch_wal() to seawall_dump;
create table visits (number int primary key, at timestamptz not null);
"""


@dataclass(frozen=True)
class Site:
    """A machine with a cluster, and a folder that the server's account may enter."""

    machine: Machine
    server: Cluster
    open: Path

    @property
    def spool(self) -> Path:
        return self.open / "var/spool/seawall" / ASSET

    def visit(self, number: int) -> datetime:
        """Commit a row; return a moment after that commit, and before whatever comes later."""
        self.server.psql(f"insert into visits values ({number}, clock_timestamp())")
        return datetime.fromisoformat(self.server.psql("select to_json(clock_timestamp()) #>> '{}'"))

    def lose(self, number: int) -> str:
        """Commit a row, and let the segment with it disappear once it is in the spool; return its name."""
        path = self.full(number)
        path.unlink()
        return path.name

    def full(self, number: int) -> Path:
        """Commit a row, and return the segment with it, which waits in the spool."""
        self.visit(number)
        path = self.spool / self.server.psql("select pg_walfile_name(pg_switch_wal())")
        deadline = time.monotonic() + 60
        while not path.exists():
            assert time.monotonic() < deadline
        return path

    def lay(self, name: str, content: bytes) -> None:
        """Put a file into the spool as the server would."""
        (self.spool / name).write_bytes(content)

    def recover(self, name: str, at: str, *more: str) -> int:
        return self.machine.seawall("restore", ASSET, "--at", at, "--to", self.open / name, *more)

    def recovered(self, name: str) -> list[int]:
        """Start a recovered cluster as the restore says, and return the visits in it."""
        folder = self.open / name
        control = [*AS_POSTGRES, PROGRAMS / "pg_ctl", "-D", folder / "data", "-w", "-s"]
        subprocess.run(
            [*control, "-o", f"-c config_file={folder}/server/postgresql.conf", "start"], check=True, cwd="/"
        )
        try:
            return [
                int(line) for line in Cluster(f"{folder}/server").psql("select number from visits order by 1").split()
            ]
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd="/")


def words(root: Path) -> str:
    """The archive_command, run by the server as its own account."""
    here = Path(__file__).parents[2]
    return f"cd {here} && SEAWALL_ROOT={root} {sys.executable} -m ops archive {ASSET} $OLDPWD/%p --limit 64MiB"
