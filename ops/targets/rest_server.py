"""A backup host that runs restic's rest-server behind TLS."""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

from ops.core import clock
from ops.core.calendar import Calendar
from ops.core.document import Limits, parse
from ops.core.errors import Damaged, Unavailable
from ops.core.files import CHUNK
from ops.core.limits import demand_between, demand_port
from ops.core.names import Digest, HostName
from ops.core.quantity import Duration, Percent, Size
from ops.interfaces.layout import DATA
from ops.interfaces.target import Location, Missing, Reached, Target
from ops.targets._leaving import DOOR
from ops.targets._rest import MEDIA_TYPE, Place
from ops.targets._view import view

REACH_SECONDS = 5.0  # to connect
READ_SECONDS = 120.0  # for each step of an answer; a client's server counts the repository first, every six hours
REACHED_SECONDS = 150.0  # for all of it, however slowly the other side answers
PAUSES = (2.0, 8.0)  # in seconds; a playbook starts a client's server anew
LISTED_SECONDS = 900.0
VERIFIED_SECONDS = 3600.0
LISTING = Limits(bytes=256 << 20, depth=2, entries=8_000_000, text=1 << 10)  # of some two million packs
LARGEST_PACK = 1 << 30  # restic makes none of more than an eighth of it
LEAST_QUOTA, LARGEST_QUOTA = Size(256 << 20), Size(1 << 50)  # restic sends several packs of 16 MiB at once
_OTHER_NAME = 62  # X509_V_ERR_HOSTNAME_MISMATCH
_NAME = "the name may lead to the wrong address: compare DNS and /etc/hosts here with the inventory"


@dataclass(frozen=True)
class Options:
    """On which ports the backup host listens, and how much a machine may keep there.

    port: port for machines that write to their own repository.
    reader_port: port for drill hosts and host checks, which may only read.
    quota: how large the repository of a machine may become; what is larger is refused. Each file counts as 16 KiB at
        least. Without a quota, a machine may add half of what is free on the disk, and again every six hours.
    quotas: the same for single machines, by their names.
    leave_at: when sets leave that no rule of retention keeps; without it, nothing ever leaves.
    leave_window: how long the backup host waits for a machine each time, and how long its door is open at most.
    leave_grace: how long what left can come back; its space is free only then.
    leave_unused: how much of what stays may be unused before packs are rewritten.
    """

    port: int = 8000
    reader_port: int = 8001
    quota: Size | None = None
    quotas: Mapping[HostName, Size] = field(default_factory=dict)
    leave_at: Calendar | None = None
    leave_window: Duration = Duration(4 * 3600)
    leave_grace: Duration = Duration(14 * 86_400)
    leave_unused: Percent = Percent(5)

    def __post_init__(self) -> None:
        for name, quota in (("quota", self.quota), *((f"quotas.{host}", one) for host, one in self.quotas.items())):
            if quota is not None:
                demand_between(name, quota, LEAST_QUOTA, LARGEST_QUOTA)
        demand_port("port", self.port)
        demand_port("reader_port", self.reader_port)
        demand_between("leave_window", self.leave_window, Duration(1800), Duration(86_400))
        demand_between("leave_grace", self.leave_grace, Duration(86_400), Duration(366 * 86_400))
        demand_between("leave_unused", self.leave_unused, Percent(0), Percent(50))
        if self.port == self.reader_port:
            raise ValueError(f"port and reader_port are both {self.port}; expected two different ports")


def address(options: Options, location: Location) -> str:
    """Return host, port and folder as a URL has them; readers have a port of their own."""
    port = options.reader_port if location.reads_only else options.port
    return f"{location.keeper}:{port}/{location.machine}/"


def sign_in(where: str, account: str, password: str) -> str:
    """Return an address with an account as restic reads it."""
    return f"rest:https://{account}:{password}@{where}"


def quota(options: Options, machine: str) -> Size | None:
    """Return how large a machine's repository may become; None where the policy does not say."""
    return options.quotas.get(HostName(machine), options.quota)


def named(options: Options) -> Mapping[str, str]:
    """Return the machines that the options name, by the path of the key below them."""
    return {f"quotas.{host}": str(host) for host in options.quotas}


def reach(url: Path, authority: Path) -> Reached:
    """Look whether the backup host answers, with a certificate of the site's authority, to our account."""
    place, pauses = Place.read(url), iter(PAUSES)
    while True:
        with _get(place, authority, "/config", REACHED_SECONDS, method="HEAD", connected=REACH_SECONDS) as answer:
            if answer.status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                return _reached(place, answer)
            if (pause := next(pauses, None)) is None:
                raise _refused(place, answer)
        time.sleep(pause)


def _reached(place: Place, answer: http.client.HTTPResponse) -> Reached:
    if answer.status in (401, 403):
        raise Unavailable(
            f"{place.host} rejects this machine's account (HTTP {answer.status})",
            "the backup host has a different password for the account; run playbooks/site.yml",
        )
    said = answer.getheader("Date")
    return Reached(_ahead(said) if said else None)


def _ahead(said: str) -> float | None:
    """Return by how many seconds the time in an answer is ahead of ours; None where it tells none."""
    try:
        return (parsedate_to_datetime(said) - clock.now()).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def packs(url: Path, authority: Path) -> Mapping[str, int]:
    """Return every whole pack's size in bytes by its name.

    rest-server lists an upload under way, too, under a longer name that can't be read.
    """
    return {name: size for name, size in listed(url, authority, DATA).items() if Digest.fits(name)}


def listed(url: Path, authority: Path, folder: str) -> Mapping[str, int]:
    """Return the size in bytes of every file of a folder by its name, uploads under way among them."""
    place = Place.read(url)
    with _get(place, authority, f"/{folder}/", LISTED_SECONDS) as answer:
        _demand_ok(place, answer)
        whole = answer.length
        content = answer.read(LISTING.bytes + 1)
        if len(content) <= LISTING.bytes:  # a longer one is refused for its length
            _demand_whole(place, whole, len(content))
    return _listing(content, f"{place.host}: its list of {folder}/")


def _listing(content: bytes, file: str) -> dict[str, int]:
    """Return the files in a listing; raise Damaged for what is none, or is too long."""
    told = parse(content, LISTING, file)
    found: dict[str, int] = {}
    for entry in told if isinstance(told, list) else [told] if told is not None else []:
        name, size = (entry.get("name"), entry.get("size")) if isinstance(entry, dict) else (None, None)
        if not isinstance(name, str) or type(size) is not int or size < 0:
            raise Damaged(f"{file}: expected a name and a size of each, found {str(entry)[:80]!r}")
        found[name] = size
    return found


def verify(url: Path, authority: Path, name: str) -> int:
    """Read a pack whole; its name is the SHA-256 of its content."""
    place = Place.read(url)
    total, size = hashlib.sha256(), 0
    with _get(place, authority, f"/data/{name}", VERIFIED_SECONDS) as answer:
        if answer.status == http.HTTPStatus.NOT_FOUND:
            raise Missing(f"pack {name[:10]} is not on {place.host}")
        _demand_ok(place, answer)
        whole = answer.length
        while piece := answer.read(CHUNK):
            total.update(piece)
            size += len(piece)
            if size > LARGEST_PACK:
                raise Damaged(f"pack {name[:10]} on {place.host} is larger than any pack: more than {Size(size)}")
        _demand_whole(place, whole, size)
    if total.hexdigest() != name:
        raise Damaged(f"pack {name[:10]} on {place.host} is not what was written: the digest of its content differs")
    return size


@contextmanager
def _get(
    place: Place, authority: Path, path: str, most: float, method: str = "GET", connected: float = READ_SECONDS
) -> Iterator[http.client.HTTPResponse]:
    """Ask for a path, for a block that reads the answer.

    most, connected: in how many seconds all of it must have ended, and the connection be there.
    """
    where, step = f"{place.host}:{place.port}", connected
    connection = place.connection(authority, step)
    try:
        with _ended_after(connection, most) as late:
            step = READ_SECONDS
            connection.sock.settimeout(step)
            try:
                connection.request(method, f"{place.path}{path}", headers={**place.headers, "Accept": MEDIA_TYPE})
                yield connection.getresponse()
            finally:
                if late():  # what was cut off may look whole, and what it seems to be is not why
                    raise Unavailable(f"{where} did not answer whole within {most:.0f} s", _NETWORK)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _OTHER_NAME:
            wrong = f"{where} presents another machine's certificate: {error.verify_message}"
            raise Unavailable(wrong, _NAME) from error
        raise Unavailable(
            f"{where} presents a certificate that was not issued by this site's authority: {error.verify_message}",
            "do not continue before you know why: another machine may be answering",
        ) from error
    except TimeoutError as error:
        raise Unavailable(f"{where} does not answer within {step:.0f} s", _NETWORK) from error
    except socket.gaierror as error:
        raise Unavailable(f"can't resolve the name {place.host}", "check DNS or /etc/hosts") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{where} can't be reached: {error}", _NETWORK) from error
    finally:
        connection.close()


@contextmanager
def _ended_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[Callable[[], bool]]:
    """Connect, and end the connection when it is still there after so long, for a block; yield whether that was done.

    The time limit of a socket holds for each piece, and who sends a byte now and then keeps it for ever.
    """
    over, late = threading.Event(), threading.Event()
    held: list[socket.socket] = []  # an answer takes the socket from its connection

    def watch() -> None:
        wait = seconds
        while not over.wait(wait):
            late.set()
            wait = 1.0  # it may only just be about to connect
            for line in held or filter(None, [connection.sock]):
                with suppress(OSError):
                    socket.socket.shutdown(line, socket.SHUT_RDWR)  # TLS's own would say goodbye first

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        connection.connect()
        held.append(connection.sock)
        yield late.is_set
    finally:
        over.set()
        watcher.join()


_NETWORK = (
    "check that the backup host is up, its units seawall-writer* and seawall-reader* are running, and the network works"
)


def _demand_ok(place: Place, answer: http.client.HTTPResponse) -> None:
    if answer.status != http.HTTPStatus.OK:
        raise _refused(place, answer)


def _refused(place: Place, answer: http.client.HTTPResponse) -> Unavailable:
    return Unavailable(f"{place.host}:{place.port} answers HTTP {answer.status} {answer.reason}", _NETWORK)


def _demand_whole(place: Place, promised: int | None, read: int) -> None:
    """Raise Unavailable for an answer that was cut short: what is missing of it is no damage of what is stored."""
    if promised is not None and read < promised:
        raise Unavailable(f"{place.host}:{place.port} ended after {read} of {promised} bytes", _NETWORK)


KIND = Target(
    options=Options,
    address=address,
    sign_in=sign_in,
    reach=reach,
    packs=packs,
    verify=verify,
    listed=listed,
    view=view,
    quota=quota,
    named=named,
    leaving=DOOR,
    group="backup_hosts",
    synonyms=("rest", "restic", "http", "https", "server"),
)
