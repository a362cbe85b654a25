"""A throwaway MariaDB in a temporary folder: on a socket only, ended with its block."""

import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

READY_SECONDS = 60.0
# What the role mariadb_source gives the account that takes the dumps.
RIGHTS = "event, process, reload, select, show view, slave monitor, trigger"
ROUTINES = (11, 3)  # from this release on a right of its own
HERE = bool(shutil.which("mariadbd", path="/usr/sbin:/usr/bin"))


@dataclass(frozen=True)
class MariaDB:
    """A server that runs. socket: its socket."""

    socket: str

    def sql(self, text: str, database: str = "mysql", *, force: bool = False) -> str:
        """Run SQL as root and return what it answers; fails when the SQL does, unless it is forced."""
        words = ["mariadb", "--no-defaults", f"--socket={self.socket}", "--user=root", "-N", "-r", "-B"]
        words += [
            "--default-character-set=utf8mb4",
            "--max-allowed-packet=1G",
            *(["--force"] if force else []),
            database,
        ]
        done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
        assert force or done.returncode == 0, done.stderr[-2000:]
        return done.stdout.strip()

    def admit(self) -> None:
        """Make the account that dumps are taken by, with the rights that it has on a server."""
        release = tuple(map(int, self.sql("select version()").split("-")[0].split(".")[:2]))
        more = ", show create routine" if release >= ROUTINES else ""
        self.sql(f"create user seawall@localhost; grant {RIGHTS}{more} on *.* to seawall@localhost")


def account() -> str:
    """Return the account that a server runs as: its package's, nobody's where that was installed without one."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "mysql" if "mysql" in names else "nobody"


@contextmanager
def mariadb(*more: str) -> Iterator[MariaDB]:
    """Make a server, run it with the account that dumps are taken by, and end it with the block. more: its settings."""
    user = account()
    with TemporaryDirectory(prefix="throwaway-", ignore_cleanup_errors=True) as folder:
        subprocess.run(["chown", user, folder], check=True)
        data = f"--datadir={folder}/data"
        make = [
            "mariadb-install-db",
            "--no-defaults",
            f"--user={user}",
            data,
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
        words = ["--no-defaults", f"--user={user}", data, f"--socket={folder}/socket", "--skip-networking"]
        words += ["--innodb-flush-log-at-trx-commit=0", "--event-scheduler=off", "--character-set-server=utf8mb4"]
        words += [f"--pid-file={folder}/pid", f"--log-error={folder}/log"]
        words += [f"--{setting}" for setting in more]
        with subprocess.Popen(["mariadbd", *words]) as server:
            try:
                one = MariaDB(f"{folder}/socket")
                _ready(one, server, Path(folder, "log"))
                one.admit()
                yield one
            finally:
                server.terminate()


def _ready(one: MariaDB, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    ask = ["mariadb-admin", "--no-defaults", f"--socket={one.socket}", "--user=root", "ping"]
    while subprocess.run(ask, capture_output=True, check=False).returncode:
        assert server.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < deadline, "MariaDB does not answer"
        time.sleep(0.2)
