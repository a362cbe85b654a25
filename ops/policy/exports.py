"""The types of the policy's exports: which data leave again and again, encrypted to whom, and by which way."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import time

from ops.core.calendar import Calendar
from ops.core.limits import demand_between, demand_port
from ops.core.names import AbsolutePath, AccountName, HostName
from ops.core.quantity import Duration
from ops.core.schema import spare

HOUR = time(5)  # where a calendar names only days
_FINGERPRINT = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}")
_FOLDER = re.compile(r"[A-Za-z0-9._/-]{0,200}")
_HOST_KEY = re.compile(r"(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]{40,2000}={0,3}")
_BEGIN = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_LONGEST_KEY = 65_536
_DAY, _YEAR = Duration(86_400), Duration(366 * 86_400)


@dataclass(frozen=True)
class RecipientKey:
    """The OpenPGP key that alone opens an export.

    fingerprint: its full fingerprint, as the recipient said it to you by another way; blanks in it don't matter.
    key: the public key itself, as `gpg --armor --export-options export-minimal --export` prints it.
    """

    fingerprint: str
    key: str

    def __post_init__(self) -> None:
        if not _FINGERPRINT.fullmatch(self.pinned):
            raise ValueError(f"fingerprint is {self.fingerprint[:80]!r}; expected all 40 hexadecimal digits of it")
        if _BEGIN not in self.key or "PRIVATE KEY" in self.key or len(self.key) > _LONGEST_KEY:
            raise ValueError(f"key is no public key; expected a text of at most 64 KiB with the line {_BEGIN}")

    @property
    def sha256(self) -> str:
        """The SHA-256 of the key's text, without blanks around it."""
        return hashlib.sha256(self.key.strip().encode()).hexdigest()

    @property
    def pinned(self) -> str:
        """The fingerprint as programs write it."""
        return "".join(self.fingerprint.split()).upper()


@dataclass(frozen=True)
class SftpPlace:
    """A folder at an SFTP server, to which this machine signs in with a key of its own.

    host: the server's name or address.
    user: the account there.
    host_key: the server's public key, such as `ssh-ed25519 AAAA...`; nobody else is spoken to.
    port: its port.
    folder: the folder there; by default, the one in which a session begins.
    """

    host: HostName
    user: AccountName
    host_key: str
    port: int = 22
    folder: str = ""

    def __post_init__(self) -> None:
        demand_port("port", self.port)
        if self.host.startswith("-"):
            raise ValueError(f"host is {self.host!r}; expected a name or an address")
        if not _HOST_KEY.fullmatch(self.host_key.strip()):
            raise ValueError("host_key is no public key of a server; expected one line such as `ssh-ed25519 AAAA...`")
        if not _FOLDER.fullmatch(self.folder) or ".." in self.folder.split("/"):
            raise ValueError(f"folder is {self.folder[:80]!r}; expected letters, digits, `.`, `_`, `-` and `/`")


@dataclass(frozen=True)
class FolderPlace:
    """A folder of this machine, such as a share from which the recipient fetches.

    path: the folder; the account `seawall` must be allowed to write there.
    mounted: whether a file system must be mounted at it; otherwise nothing is delivered.
    """

    path: AbsolutePath
    mounted: bool = False


@dataclass(frozen=True)
class MailPlace:
    """A contact to whom the export goes by mail; for up to 10 MiB.

    to: the contact.
    channel: the channel of kind mail in `alarms` whose server takes it.
    """

    to: str
    channel: str


@dataclass(frozen=True)
class Delivery:
    """The way by which an export leaves: one of the three.

    sftp: to an SFTP server.
    folder: into a folder of this machine.
    mail: by mail.
    """

    sftp: SftpPlace | None = None
    folder: FolderPlace | None = None
    mail: MailPlace | None = None

    def __post_init__(self) -> None:
        if sum(place is not None for place in (self.sftp, self.folder, self.mail)) != 1:
            raise ValueError("expected one of sftp, folder and mail")


@dataclass(frozen=True)
class Export:
    """Data of an asset of this machine that leave again and again, encrypted to one recipient; see docs/exports.md.

    asset: the asset that they are of.
    recipient: the key that alone opens it.
    to: the way by which it leaves.
    calendar: when it is due, such as `day 5` or `every 2 months`; without a time of day, at 05:00.
    query: an SQL query of a database of the asset; its rows leave as CSV, with the names of the columns.
    database: the database that the query is for, where a source takes all of a server.
    role: the role of PostgreSQL that the query runs as; by default, the one that backups are made with.
    files: patterns of files of the asset, such as `/srv/lis/exports/*.csv`; `**` stands for folders of any depth.
    at_least: how many rows or files there must be; otherwise nothing leaves.
    grace: how long after it was due an export is not yet late.
    acknowledged_by: the contact who says that it arrived; by default, nobody has to.
    acknowledge_within: how long after the delivery that must be said.
    """

    asset: str
    recipient: RecipientKey
    to: Delivery
    calendar: Calendar
    query: str = ""
    database: str = spare("")
    role: str = spare("")
    files: tuple[str, ...] = ()
    at_least: int = 1
    grace: Duration = _DAY
    acknowledged_by: str = ""
    acknowledge_within: Duration = Duration(7 * 86_400)

    def __post_init__(self) -> None:
        if bool(self.query.strip()) == bool(self.files):
            raise ValueError("expected either a query or files")
        demand_between("at_least", self.at_least, 0, 1_000_000_000)
        demand_between("grace", self.grace, Duration(0), _YEAR)
        demand_between("acknowledge_within", self.acknowledge_within, Duration(3600), _YEAR)

    def due(self, zone: str) -> Calendar:
        """When it is due, with times of day, read in a time zone."""
        return self.calendar.at(HOUR).zoned(zone)
