"""A backup host that runs restic's rest-server behind TLS."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ops.core import clock
from ops.core.errors import Damaged, Unavailable
from ops.core.files import CHUNK
from ops.core.limits import demand_port
from ops.interfaces.target import Location, Missing, Reached, Target

REACH_SECONDS = 5.0
READ_SECONDS = 120.0
_MOST_TOLD = 1 << 16  # bytes in which locks are looked for; one is enough
_OTHER_NAME = 62  # X509_V_ERR_HOSTNAME_MISMATCH
_NAME = "the name may lead to the wrong address: compare DNS and /etc/hosts here with the inventory"
_LISTING = "application/vnd.x.restic.rest.v2"
# A pack's name is its SHA-256; rest-server lists an upload under way, too, under a longer name that can't be read.
_PACK = re.compile("[0-9a-f]{64}")


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


@dataclass(frozen=True)
class _Place:
    host: str
    port: int
    path: str
    authorization: str

    @classmethod
    def read(cls, url: Path) -> _Place:
        """Take an address of the form rest:https://account:password@host:port/path/ apart."""
        parts = urlsplit(url.read_text(encoding="utf-8").strip().removeprefix("rest:"))
        account = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        return cls(
            host=parts.hostname or "",
            port=parts.port or 443,
            path=parts.path.rstrip("/"),
            authorization="Basic " + base64.b64encode(account.encode()).decode(),
        )


def address(options: Options, location: Location) -> str:
    """Return host, port and folder as a URL has them; readers have a port of their own."""
    port = options.reader_port if location.reads_only else options.port
    return f"{location.keeper}:{port}/{location.machine}/"


def sign_in(where: str, account: str, password: str) -> str:
    """Return an address with an account as restic reads it."""
    return f"rest:https://{account}:{password}@{where}"


def reach(url: Path, authority: Path) -> Reached:
    """Look whether the backup host answers, with a certificate of the site's authority, to our account."""
    place = _Place.read(url)
    with _get(place, authority, "/config", REACH_SECONDS, method="HEAD") as answer:
        if answer.status in (401, 403):
            raise Unavailable(
                f"{place.host} rejects this machine's account (HTTP {answer.status})",
                "the backup host has a different password for the account; run playbooks/site.yml",
            )
        said = answer.getheader("Date")
    return Reached((parsedate_to_datetime(said) - clock.now()).total_seconds() if said else None)


def packs(url: Path, authority: Path) -> Mapping[str, int]:
    """Return every whole pack's size in bytes by its name; an upload under way is none."""
    place = _Place.read(url)
    with _get(place, authority, "/data/", READ_SECONDS) as answer:
        _demand_ok(place, answer)
        listed = json.loads(answer.read())
    entries = {str(entry["name"]): int(entry["size"]) for entry in listed or []}
    return {name: size for name, size in entries.items() if _PACK.fullmatch(name)}


def locks(url: Path, authority: Path) -> int:
    """Return how many locks lie in the repository, whoever left them."""
    place = _Place.read(url)
    with _get(place, authority, "/locks/", READ_SECONDS) as answer:
        _demand_ok(place, answer)
        return answer.read(_MOST_TOLD).count(b'"name"')


def verify(url: Path, authority: Path, name: str) -> int:
    """Read a pack whole; its name is the SHA-256 of its content."""
    place = _Place.read(url)
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
    place: _Place, authority: Path, path: str, seconds: float, method: str = "GET"
) -> Iterator[http.client.HTTPResponse]:
    where = f"{place.host}:{place.port}"
    context = ssl.create_default_context(cafile=str(authority))
    connection = http.client.HTTPSConnection(place.host, place.port, timeout=seconds, context=context)
    try:
        headers = {"Authorization": place.authorization, "Accept": _LISTING}
        connection.request(method, f"{place.path}{path}", headers=headers)
        yield connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        if error.verify_code == _OTHER_NAME:
            wrong = f"{where} presents another machine's certificate: {error.verify_message}"
            raise Unavailable(wrong, _NAME) from error
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


def _demand_ok(place: _Place, answer: http.client.HTTPResponse) -> None:
    if answer.status != http.HTTPStatus.OK:
        raise Unavailable(f"{place.host}:{place.port} answers HTTP {answer.status} {answer.reason}", _NETWORK)


KIND = Target(
    options=Options,
    address=address,
    sign_in=sign_in,
    reach=reach,
    packs=packs,
    verify=verify,
    locks=locks,
    group="backup_hosts",
    synonyms=("rest", "restic", "http", "https", "server"),
)
