"""A backup host that runs restic's rest-server behind TLS."""

from __future__ import annotations

import hashlib
import http.client
import time
from collections.abc import Mapping
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
from ops.interfaces.layout import DATA, LOCKS
from ops.interfaces.target import Location, Missing, Reached, Target
from ops.targets._asking import asked, demand_ok, demand_whole, refused
from ops.targets._leaving import DOOR
from ops.targets._rest import Place
from ops.targets._rest_view import view

REACH_SECONDS = 5.0  # to connect
REACHED_SECONDS = 150.0  # for all of it, however slowly the other side answers
PAUSES = (2.0, 8.0)  # in seconds; a playbook starts a client's server anew
LISTED_SECONDS = 900.0
VERIFIED_SECONDS = 3600.0
LISTING = Limits(bytes=256 << 20, depth=2, entries=8_000_000, text=1 << 10)  # of some two million packs
LARGEST_PACK = 1 << 30  # restic makes none of more than an eighth of it
LEAST_QUOTA, LARGEST_QUOTA = Size(256 << 20), Size(1 << 50)  # restic sends several packs of 16 MiB at once


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
        with asked(place, authority, "/config", REACHED_SECONDS, method="HEAD", connected=REACH_SECONDS) as answer:
            if answer.status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                return _reached(place, answer)
            if (pause := next(pauses, None)) is None:
                raise refused(place, answer)
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
    with asked(place, authority, f"/{folder}/", LISTED_SECONDS) as answer:
        demand_ok(place, answer)
        whole = answer.length
        content = answer.read(LISTING.bytes + 1)
        if len(content) <= LISTING.bytes:  # a longer one is refused for its length
            demand_whole(place, whole, len(content))
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
    digest, size = _digested(place, authority, f"/{DATA}/{name}", f"pack {name[:10]}")
    if digest != name:
        raise Damaged(f"pack {name[:10]} on {place.host} is not what was written: the digest of its content differs")
    return size


def fault(url: Path, authority: Path, path: str) -> str:
    """Return what is wrong with a file such as index/NAME, nothing when it is what its name says."""
    sort, _, name = path.rpartition("/")
    try:
        digest, _ = _digested(Place.read(url), authority, f"/{sort.partition('/')[0]}/{name}", path)
    except Missing:
        return "is not there"
    return "" if digest == name else "is not what was stored: its content has another SHA-256"


def _digested(place: Place, authority: Path, path: str, called: str) -> tuple[str, int]:
    """Read a file whole; return the SHA-256 of its content, and its size."""
    total, size = hashlib.sha256(), 0
    with asked(place, authority, path, VERIFIED_SECONDS) as answer:
        if answer.status == http.HTTPStatus.NOT_FOUND:
            raise Missing(f"{called} is not on {place.host}")
        demand_ok(place, answer)
        whole = answer.length
        while piece := answer.read(CHUNK):
            total.update(piece)
            size += len(piece)
            if size > LARGEST_PACK:
                raise Damaged(f"{called} on {place.host} is larger than any pack: more than {Size(size)}")
        demand_whole(place, whole, size)
    return total.hexdigest(), size


def unlock(url: Path, authority: Path, name: str) -> None:
    """Remove a lock: the only file that rest-server removes for an account that may only add."""
    place = Place.read(url)
    with asked(place, authority, f"/{LOCKS}/{name}", REACHED_SECONDS, method="DELETE") as answer:
        if answer.status != http.HTTPStatus.NOT_FOUND:
            demand_ok(place, answer)


def deposit(url: Path, authority: Path, folder: str, content: bytes) -> None:
    """Add a small file beside the repository, named after its content, and read it back; one that is there is fine."""
    place, path = Place.read(url), f"/{folder}/{hashlib.sha256(content).hexdigest()}"
    with asked(place, authority, path, REACHED_SECONDS, method="POST", body=content) as answer:
        if answer.status not in (http.HTTPStatus.OK, http.HTTPStatus.FORBIDDEN):  # it replaces nothing that is there
            raise refused(place, answer)
    with asked(place, authority, path, REACHED_SECONDS) as answer:
        demand_ok(place, answer)
        if answer.read(len(content) + 1) != content:
            raise Damaged(f"{place.host} gives back another file than was handed over as {folder}")


KIND = Target(
    options=Options,
    address=address,
    sign_in=sign_in,
    reach=reach,
    packs=packs,
    verify=verify,
    listed=listed,
    fault=fault,
    unlock=unlock,
    deposit=deposit,
    view=view,
    quota=quota,
    named=named,
    leaving=DOOR,
    group="backup_hosts",
    synonyms=("rest", "restic", "http", "https", "server"),
)
