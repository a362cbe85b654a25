"""Two throwaway clusters that lie as on Debian, on two addresses of this machine, with certificates of an authority."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from throwaway_postgresql import PROGRAMS

from ops.core.errors import Unavailable
from ops.core.quantity import Duration
from ops.fleet.secrets.authority import make_authority, make_server
from ops.jobs.standby import guard, rejoin
from ops.jobs.standby.place import Place
from ops.jobs.standby.state import await_that
from ops.policy import standby_files
from ops.policy.standby import Standby

HOSTS = {"his1": "127.0.71.1", "his2": "127.0.71.2"}
PORT = 54_217


@dataclass
class PgCtl:
    """A cluster that pg_ctl starts, behind the same guard as a unit of systemd's. masked: whether it may not start."""

    place: Place | None = None
    masked: bool = False

    @property
    def _words(self) -> list[str]:
        assert self.place
        options = f"-c config_file={self.place.settings}/postgresql.conf"
        words = ["runuser", "-u", "postgres", "--", str(self.place.programs / "pg_ctl"), "--wait", "--timeout=60"]
        return [*words, "-D", str(self.place.data), "-l", str(self.place.settings / "log"), "-o", options]

    def start(self) -> None:
        """Start it, as systemd does: not while it is masked, and after the guard."""
        assert self.place
        if self.masked:
            raise Unavailable("Unit is masked.")
        guard.start_allowed(self.place)
        self.by_hand()

    def by_hand(self) -> None:
        """Start it past mask and guard, as somebody does who has never heard of them."""
        subprocess.run([*self._words, "start"], check=True, cwd="/", stdout=subprocess.DEVNULL)

    def stop(self, mode: str = "fast") -> None:
        """Stop it, if it runs."""
        with suppress(subprocess.CalledProcessError):
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run([*self._words, f"--mode={mode}", "stop"], check=True, cwd="/", **quiet)  # type: ignore[call-overload]

    def forbid(self) -> None:
        """Mask it."""
        self.masked = True

    def allow(self) -> None:
        """Unmask it."""
        self.masked = False


@dataclass(frozen=True)
class Pair:
    """The two places by their machines, both set up and down but for the primary, his1."""

    places: dict[str, Place]

    def kill(self, host: str) -> None:
        """Have a machine die: all its processes at once, with nothing written any more."""
        data = self.places[host].data
        main = int((data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for process in (main, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, 9)
        # Whoever has inherited them must have buried them, too, for pg_ctl takes a dead server for one that runs.
        gone = [Path(f"/proc/{process}") for process in (main, *map(int, children))]
        await_that(f"{host} is not dead", lambda: not any(path.exists() for path in gone), 60)

    def follow(self, host: str) -> None:
        """Have a machine follow the other from a copy of all its data."""
        rejoin.rejoin(self.places[host], base_backup=True)


@contextmanager
def pair(*, synchronous: bool = True, start_alone: bool = False) -> Iterator[Pair]:
    """Make two machines' clusters, start the primary on his1, and end both with the block."""
    with TemporaryDirectory(prefix="standby-", ignore_cleanup_errors=True) as folder:
        one = Standby(
            machines=HOSTS,
            release=int(PROGRAMS.parent.name),
            port=PORT,
            synchronous=synchronous,
            start_alone=start_alone,
            start_wait=Duration(1),
        )
        authority = make_authority("Throwaway")
        places = {}
        try:
            for host in HOSTS:
                places[host] = _place(Path(folder), host, one)
                _lay(places[host], authority)
            places["his1"].steering.start()  # past the guard: it never had a standby
            for statement in places["his1"].ask(standby_files.roles()).splitlines():
                places["his1"].ask(statement)
            yield Pair(places)
        finally:
            for place in places.values():
                place.steering.stop("immediate")  # type: ignore[call-arg]


def _place(folder: Path, host: str, one: Standby) -> Place:
    root = folder / host
    steering = PgCtl()
    place = Place("his", one, host, PROGRAMS, root / "data", root / "etc", root, "postgres", steering)
    steering.place = place
    (place.settings / "conf.d").mkdir(parents=True)
    (place.settings / "seawall").mkdir()
    return place


def _lay(place: Place, authority) -> None:  # type: ignore[no-untyped-def]
    root, own = place.settings.parent, place.settings / "seawall"
    server = make_server(place.host, authority, calls=True)
    for name, text in (("authority.pem", authority.certificate), ("tls.pem", server.certificate)):
        (own / name).write_text(text)
    (own / "tls.key").write_text(server.key)
    (own / "tls.key").chmod(0o600)
    basic = (
        f"data_directory = '{place.data}'\nhba_file = '{place.settings}/pg_hba.conf'\n"
        f"ident_file = '{place.settings}/pg_ident.conf'\nport = {place.one.port}\n"
        f"listen_addresses = '{place.one.machines[place.host]}'\nunix_socket_directories = '{place.socket}'\n"
        "fsync = off\njit = off\nshared_buffers = 16MB\nwal_retrieve_retry_interval = 200ms\n"
        "include_dir 'conf.d'\n"
    )
    (place.settings / "postgresql.conf").write_text(basic)
    text = standby_files.settings(place.name, place.one, place.host, str(place.settings))
    (place.settings / "conf.d/seawall-standby.conf").write_text(text)
    # On one machine, the other one comes from the loopback's own address.
    access = standby_files.access(place.one, place.host).replace(place.one.machines[place.other], "127.0.0.1")
    hba = f"{access}local all postgres peer\nlocal all dump trust\n"
    (place.settings / "pg_hba.conf").write_text(hba)
    (place.settings / "pg_ident.conf").write_text(standby_files.names(place.one, place.host, "root"))
    subprocess.run(["chown", "-R", "postgres:postgres", str(root), str(root.parent)], check=True)
    words = [place.programs / "initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "-D", place.data]
    place.as_owner(words)
