"""A PostgreSQL cluster whose log is archived comes back as it was at any moment, or it is said why not."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from one_machine import Machine, copied, served, set_policy
from throwaway_postgresql import AS_POSTGRES, ONLY_ROOT, PROGRAMS, Cluster, cluster

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.jobs.log import spool as spools

pytestmark = ONLY_ROOT
ASSET = "cluster"
SEGMENT = 1 << 20  # so that little is moved
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

    def recover(self, name: str, at: str) -> int:
        return self.machine.seawall("restore", ASSET, "--at", at, "--to", self.open / name)

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


@pytest.fixture(scope="module")
def site(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with TemporaryDirectory(prefix="archived-") as folder:
        open_ = Path(folder)
        (open_ / "var/spool/seawall" / ASSET).mkdir(parents=True)
        open_.chmod(0o755)
        shutil.chown(open_ / "var/spool/seawall" / ASSET, "postgres")
        machine = copied(backed_up, tmp_path_factory.mktemp("archived"))
        (machine.root / "var/spool").mkdir(parents=True)
        (machine.root / "var/spool/seawall").symlink_to(open_ / "var/spool/seawall")
        command = shlex.quote(f"archive_command={words(open_)}")
        with cluster("archive_mode=on", command, wal_segment="1") as server, served(machine):
            server.psql(GRANTS)
            options = {"wal": True, "socket": server.socket}
            set_policy(machine, {ASSET: {"all": ("postgresql_cluster", options)}})
            yield Site(machine, server, open_)


def test_a_cluster_comes_back_as_it_was_at_a_moment(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert site.machine.seawall("log", ASSET) == 1
    assert "there is no backup yet" in capsys.readouterr().out
    before = site.visit(0)
    assert site.machine.seawall("backup", ASSET) == 0
    moments = [site.visit(number) for number in range(1, 4)]
    assert site.machine.seawall("log", ASSET) == 0
    moments += [site.visit(number) for number in range(4, 7)]
    assert site.machine.seawall("log", ASSET) == 0
    assert not list(site.spool.iterdir())
    state = site.machine.state(f"log-{ASSET}")
    assert state["verdict"] == "pass"
    assert datetime.fromisoformat(state["last_good"]["time"]) > moments[-1] - timedelta(seconds=1)

    assert site.recover("third", moments[2].isoformat()) == 0
    assert "its last commit is of 20" in capsys.readouterr().out
    assert site.recovered("third") == [0, 1, 2, 3]
    assert site.recover("late", "latest") == 0
    assert site.recovered("late") == list(range(7))

    capsys.readouterr()
    assert site.recover("early", before.isoformat()) == 2
    assert "the first moment" in capsys.readouterr().err
    ahead = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert site.recover("ahead", ahead) == 2
    assert "the log reaches to" in capsys.readouterr().err
    assert site.recover("third", "latest") == 2
    assert "not an empty folder" in capsys.readouterr().err
