"""A backup host that runs restic's rest-server behind TLS."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from ops.core import clock
from ops.core.errors import Damaged, Unavailable
from ops.core.files import CHUNK
from ops.core.limits import demand_port
from ops.core.names import Digest
from ops.interfaces.target import Location, Missing, Reached, Target
from ops.targets._rest import LISTING, Place
from ops.targets._view import view

REACH_SECONDS = 5.0
READ_SECONDS = 120.0


@dataclass(frozen=True)
class Options:
    """On which ports the backup host listens.

    port: port for machines that write to their own repository.
    reader_port: port for drill hosts and host checks, which may only read.
    """

    port: int = 8000
    reader_port: int = 8001

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        demand_port("reader_port", self.reader_port)
        if self.port == self.reader_port:
            raise ValueError(f"port and reader_port are both {self.port}; expected two different ports")


def address(options: Options, location: Location) -> str:
    """Return host, port and folder as a URL has them; readers have a port of their own."""
    port = options.reader_port if location.reads_only else options.port
    return f"{location.keeper}:{port}/{location.machine}/"


def sign_in(where: str, account: str, password: str) -> str:
    """Return an address with an account as restic reads it."""
    return f"rest:https://{account}:{password}@{where}"


def reach(url: Path, authority: Path) -> Reached:
    """Look whether the backup host answers, with a certificate of the site's authority, to our account."""
    place = Place.read(url)
    with _get(place, authority, "/config", REACH_SECONDS, method="HEAD") as answer:
        if answer.status in (401, 403):
            raise Unavailable(
                f"{place.host} rejects this machine's account (HTTP {answer.status})",
                "the backup host has a different password for the account; run playbooks/site.yml",
            )
        said = answer.getheader("Date")
    return Reached((parsedate_to_datetime(said) - clock.now()).total_seconds() if said else None)


def packs(url: Path, authority: Path) -> Mapping[str, int]:
    """Return every whole pack's size in bytes by its name.

    rest-server lists an upload under way, too, under a longer name that can't be read.
    """
    return {name: size for name, size in listed(url, authority, "data").items() if Digest.fits(name)}


def listed(url: Path, authority: Path, folder: str) -> Mapping[str, int]:
    """Return the size in bytes of every file of a folder by its name, uploads under way among them."""
    place = Place.read(url)
    with _get(place, authority, f"/{folder}/", READ_SECONDS) as answer:
        _demand_ok(place, answer)
        entries = json.loads(answer.read())
    return {str(entry["name"]): int(entry["size"]) for entry in entries or []}


def verify(url: Path, authority: Path, name: str) -> int:
    """Read a pack whole; its name is the SHA-256 of its content."""
    place = Place.read(url)
    total, size = hashlib.sha256(), 0
    with _get(place, authority, f"/data/{name}", READ_SECONDS) as answer:
        if answer.status == http.HTTPStatus.NOT_FOUND:
            raise Missing(f"pack {name[:10]} is not on {place.host}")
        _demand_ok(place, answer)
        while piece := answer.read(CHUNK):
            total.update(piece)
            size += len(piece)
    if total.hexdigest() != name:
        raise Damaged(f"pack {name[:10]} on {place.host} is not what was written: the digest of its content differs")
    return size


@contextmanager
def _get(
    place: Place, authority: Path, path: str, seconds: float, method: str = "GET"
) -> Iterator[http.client.HTTPResponse]:
    where = f"{place.host}:{place.port}"
    connection = place.connection(authority, seconds)
    try:
        connection.request(method, f"{place.path}{path}", headers={**place.headers, "Accept": LISTING})
        yield connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"{where} presents a certificate that was not issued by this site's authority: {error.verify_message}",
            "do not continue before you know why: another machine may be answering",
        ) from error
    except TimeoutError as error:
        raise Unavailable(f"{where} does not answer within {seconds:.0f} s", _NETWORK) from error
    except socket.gaierror as error:
        raise Unavailable(f"can't resolve the name {place.host}", "check DNS or /etc/hosts") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"{where} can't be reached: {error}", _NETWORK) from error
    finally:
        connection.close()


_NETWORK = "check that the backup host is up, its service rest-server is running, and the network works"


def _demand_ok(place: Place, answer: http.client.HTTPResponse) -> None:
    if answer.status != http.HTTPStatus.OK:
        raise Unavailable(f"{place.host}:{place.port} answers HTTP {answer.status} {answer.reason}", _NETWORK)


KIND = Target(
    options=Options,
    address=address,
    sign_in=sign_in,
    reach=reach,
    packs=packs,
    verify=verify,
    listed=listed,
    view=view,
    group="backup_hosts",
    synonyms=("rest", "restic", "http", "https", "server"),
)
