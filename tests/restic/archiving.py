"""A throwaway PostgreSQL whose log is archived as an asset of a machine, and what a test does with it."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from one_machine import Machine, copied, served, set_policy
from throwaway_postgresql import AS_POSTGRES, PROGRAMS, Cluster, cluster

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

    def promote(self) -> None:
        """Let the server begin a new timeline, as one that took another one's place does."""
        data = Path(self.server.socket, "data")
        control = [*AS_POSTGRES, PROGRAMS / "pg_ctl", "-w", "-s", "-D", data]
        shutil.chown(self._signal(data), "postgres")
        for words in (["-m", "fast", "restart"], ["promote"]):
            subprocess.run([*control, *words], check=True, cwd="/", stdout=subprocess.DEVNULL)

    @staticmethod
    def _signal(data: Path) -> Path:
        (data / "standby.signal").touch()
        return data / "standby.signal"

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
    """The archive_command, run by the server as its own account, by what a server has: the checkout may be closed."""
    shutil.copytree(Path(__file__).parents[2] / "ops", root / "ops")
    return f"cd {root} && SEAWALL_ROOT={root} /usr/bin/python3 -m ops archive {ASSET} $OLDPWD/%p --limit 64MiB"


@contextmanager
def archiving(backed_up: Path, place: Path) -> Iterator[Site]:
    """Run a cluster, and make it an asset of a machine in a new folder, for a block."""
    with TemporaryDirectory(prefix="archived-") as folder:
        open_ = Path(folder)
        (open_ / "var/spool/seawall" / ASSET).mkdir(parents=True)
        open_.chmod(0o755)
        shutil.chown(open_ / "var/spool/seawall" / ASSET, "postgres")
        machine = copied(backed_up, place)
        (machine.root / "var/spool").mkdir(parents=True)
        (machine.root / "var/spool/seawall").symlink_to(open_ / "var/spool/seawall")
        with cluster("archive_mode=on", wal_segment="1") as server, served(machine):
            server.psql(f"alter system set archive_command = '{words(open_)}'")
            server.psql("select pg_reload_conf()")
            server.psql(GRANTS)
            options = {"wal": True, "socket": server.socket}
            set_policy(machine, {ASSET: {"all": ("postgresql_cluster", options)}})
            yield Site(machine, server, open_)
