"""A store that speaks S3, of somebody else: it keeps every version, and locks each against deletion."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.limits import OutOfRange, demand_between, demand_port
from ops.core.names import AbsolutePath, Digest, HostName
from ops.interfaces.layout import CONFIG, DATA, LOCKS
from ops.interfaces.target import Location, Missing, Reached, Target
from ops.targets import _signed
from ops.targets._kept import KEPT
from ops.targets._objects import digested
from ops.targets._signed import Store, asked, refused
from ops.targets._versions import entries

PUBLIC = "/etc/ssl/certs/ca-certificates.crt"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}){0,3}")
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_OK = http.HTTPStatus.OK


@dataclass(frozen=True)
class Lock:
    """How long nobody can delete what was stored.

    mode: compliance, which nobody can end early, or governance, which the store's owner can.
    days: for how long from the moment when it was stored, or its lock was renewed.
    """

    mode: Literal["compliance", "governance"] = "compliance"
    days: int = 30

    def __post_init__(self) -> None:
        demand_between("days", self.days, 2, 3650)


@dataclass(frozen=True)
class Options:
    """Where the store is.

    endpoint: its name, such as s3.provider.example.
    bucket: the bucket, which must be there; docs/s3.md says how it is made.
    port: its port; it is always spoken to over TLS.
    prefix: a folder of the bucket, below which each machine has one of its own.
    region: what the store calls its region; most that are no cloud take the usual one.
    authority: the file with the certificate authorities that vouch for it, on each machine that uses it; without it,
        the public ones that Debian has.
    lock: for how long each version is locked; without it, whoever has the account can delete for good.
    keeper: the backup host that renews the locks, with an account of its own; no server does.
    """

    endpoint: HostName
    bucket: str
    port: int = 443
    prefix: str = ""
    region: str = "us-east-1"
    authority: AbsolutePath = AbsolutePath(PUBLIC)
    lock: Lock | None = None
    keeper: HostName | None = None

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        for name, form, what in (
            ("bucket", _BUCKET, "3 to 63 lower-case letters, digits, `-` and `.`"),
            ("region", _REGION, "lower-case letters, digits and `-`"),
        ):
            if not form.fullmatch(getattr(self, name)):
                raise OutOfRange(name, f"{getattr(self, name)!r} can't be a {name}; expected {what}")
        if (self.lock is None) != (self.keeper is None):
            raise ValueError("lock and keeper belong together: a lock that nobody renews ends; write both, or neither")
        if self.prefix and not _FOLDER.fullmatch(self.prefix):
            raise OutOfRange("prefix", f"{self.prefix!r} can't be a prefix; expected names parted by `/`")


def address(options: Options, location: Location) -> str:
    """Return the machine's folder in the bucket, as restic reads it."""
    folder = "/".join(filter(None, [options.bucket, options.prefix, location.machine]))
    return f"s3:https://{options.endpoint}:{options.port}/{folder}"


def account(options: Options, name: str, key: str) -> str:
    """Return the content of the file with an account and its key."""
    return _signed.written(name, key, options.region)


def environment(url: Path) -> Mapping[str, str]:
    """Return where restic finds the account; the key itself is in the file alone."""
    region = _signed.account(url).get("region", "")
    return {"AWS_SHARED_CREDENTIALS_FILE": str(_signed.account_file(url)), "AWS_DEFAULT_REGION": region}


def reach(url: Path, authority: Path) -> Reached:
    """Look whether the store answers, with a certificate that is vouched for, to our account."""
    store = Store.read(url)
    query = {"list-type": "2", "max-keys": "1", "prefix": store.named(CONFIG)}
    with asked(store, authority, "", query) as answer:
        if answer.status != _OK:
            raise refused(store, answer)
        said = answer.getheader("Date")
    return Reached(_ahead(said) if said else None)


def _ahead(said: str) -> float | None:
    """Return by how many seconds the time in an answer is ahead of ours; None where it tells none."""
    try:
        return (parsedate_to_datetime(said) - clock.now()).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


def packs(url: Path, authority: Path) -> Mapping[str, int]:
    """Return every pack's size in bytes by its name; the store shows none before it is whole."""
    return {name: size for name, size in listed(url, authority, DATA).items() if Digest.fits(name)}


def listed(url: Path, authority: Path, folder: str) -> Mapping[str, int]:
    """Return the size in bytes of every file of a folder by its name."""
    store = Store.read(url)
    found = entries(store, authority, f"{folder}/")
    return {one.path.rpartition("/")[2]: one.size for one in found}


def path_of(name: str) -> str:
    """Return where a pack lies below the repository's folder."""
    return f"{DATA}/{name[:2]}/{name}"


def verify(url: Path, authority: Path, name: str) -> int:
    """Fetch a pack whole; its name is the SHA-256 of its content."""
    store = Store.read(url)
    digest, size = digested(store, authority, path_of(name), f"pack {name[:10]}")
    if digest != name:
        raise Damaged(f"pack {name[:10]} at {store.host} is not what was written: the SHA-256 of its content differs")
    return size


def fault(url: Path, authority: Path, path: str) -> str:
    """Return what is wrong with a file such as index/NAME, nothing when it is what its name says."""
    sort, _, name = path.rpartition("/")
    below = path_of(name) if sort.partition("/")[0] == DATA else path
    try:
        digest, _ = digested(Store.read(url), authority, below, path)
    except Missing:
        return "is not there"
    return "" if digest == name else "is not what was stored: its content has another SHA-256"


def unlock(url: Path, authority: Path, name: str) -> None:
    """Remove one of restic's locks; its version stays, as all do."""
    store = Store.read(url)
    with asked(store, authority, store.named(f"{LOCKS}/{name}"), method="DELETE") as answer:
        if answer.status not in (_OK, http.HTTPStatus.NO_CONTENT, http.HTTPStatus.NOT_FOUND):
            raise refused(store, answer)


KIND = Target(
    options=Options,
    address=address,
    reach=reach,
    packs=packs,
    verify=verify,
    listed=listed,
    fault=fault,
    unlock=unlock,
    account=account,
    environment=environment,
    authority=lambda options: options.authority,
    kept=KEPT,
    synonyms=("aws", "minio", "ceph", "object_store", "objects", "bucket", "cloud"),
)
