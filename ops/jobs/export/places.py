"""Where an export is delivered: an SFTP server, a folder of this machine, or somebody's mail.

In a folder it gets its name once it is whole, and is read back: byte for byte in a folder of this machine, by its size
at an SFTP server. Of a mail nobody knows more than that a server took it; its recipient has to say that it came.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ops.alarms.channels import mail
from ops.core import clock
from ops.core.errors import CommandError, CommandTimeout, Damaged, SeawallError, Unavailable
from ops.core.files import CHUNK, digest, sync_directory
from ops.core.pipe import ROOT
from ops.core.plain_file import no_room
from ops.core.quantity import Size
from ops.core.run import run
from ops.interfaces import joined
from ops.jobs.export.outbox import Parcel
from ops.jobs.host import credentials, folders
from ops.policy import HostPolicy
from ops.policy.exports import Delivery, FolderPlace, MailPlace, SftpPlace

MOST_BY_MAIL = 10 << 20  # bytes; what is attached grows by a third, and few servers take more than 20 MB
PART = ".part"
_DAY = 86_400.0
_ALIAS = "export"
# Nothing of this machine's own settings, keys and agents has a say: one key, one server, no password.
_SSH = (
    "BatchMode=yes", "LogLevel=ERROR", "IdentitiesOnly=yes", "IdentityAgent=none", "PreferredAuthentications=publickey",
    "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=none", f"HostKeyAlias={_ALIAS}", "CheckHostIP=no",
    "UpdateHostKeys=no", "ProxyCommand=none", "ConnectTimeout=20", "ServerAliveInterval=15", "ServerAliveCountMax=4",
)  # fmt: skip
_SFTP = ("sftp", "-b", "-", "-F", "none", *(word for option in _SSH for word in ("-o", option)))
# What OpenSSH says, and what it means.
_SAID = (
    ("host key verification failed", "its host key is not the one in the policy", "ask whoever runs it; never guess"),
    ("permission denied (", "it does not let this machine's key in", "docs/exports.md says how it gets the key"),
    ("no such file", "there is no such folder there", "correct `folder` in the policy, or have it made"),
    ("write remote", "it could not be written there whole", "is the disk full there?"),
    ("permission denied", "the account may not write there", "have it allowed to"),
    ("close remote", "it could not be written there whole", "is the disk full there?"),
)


def described(to: Delivery) -> str:
    """Return a way in words, without any path."""
    if to.sftp:
        return f"sftp {to.sftp.user}@{to.sftp.host}"
    return f"folder {to.folder.path}" if to.folder else f"mail to {to.mail.to if to.mail else 'nobody'}"


def deliver(policy: HostPolicy, export: str, path: Path, parcel: Parcel) -> None:
    """Deliver a parcel, and read it back as far as that can be; raise SeawallError where it is not there then."""
    to = (policy.exports or {})[export].to
    if to.sftp:
        _by_sftp(to.sftp, joined.export_file(export), path, parcel)
    elif to.folder:
        _into_folder(to.folder, path, parcel)
    elif to.mail:
        _by_mail(to.mail, policy, export, path, parcel)


def _into_folder(place: FolderPlace, path: Path, parcel: Parcel) -> None:
    folder = Path(place.path)
    if not folder.is_dir():
        raise Unavailable(f"there is no folder {folder}", "make it, and let the account seawall write there")
    if place.mounted and not folder.is_mount():
        raise Unavailable(f"nothing is mounted at {folder}", "mount it; `findmnt` shows what is mounted")
    part, final = folder / f".{parcel.file}{PART}", folder / parcel.file
    try:
        part.unlink(missing_ok=True)  # of a run that was killed
        try:
            _copied(path, part)
            if digest(part) != parcel.sha256:
                raise Damaged(f"{folder} gives back other bytes than were written", "look at its disk")
            part.rename(final)
        except BaseException:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        sync_directory(folder)
    except OSError as error:
        hint = "free some space there" if no_room(error) else "the account seawall must be allowed to write there"
        raise Unavailable(f"{folder} does not take it: {error.strerror}", hint) from error


def _copied(path: Path, part: Path) -> None:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o640)
    with path.open("rb") as source, os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(source, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())


def _by_sftp(place: SftpPlace, key: str, path: Path, parcel: Parcel) -> None:
    enter = f'cd "{place.folder}"\n' if place.folder else ""
    part, final = f".{parcel.file}{PART}", parcel.file
    with _signed_in(place, key) as words:
        put = f'{enter}put -f "{path.name}" "{part}"\nls -ln "{part}"\n'
        try:
            _demand_size(_asked(words, place, put, path.parent), part, parcel, place)
            _demand_size(
                _asked(words, place, f'{enter}rename "{part}" "{final}"\nls -ln "{final}"\n'), final, parcel, place
            )
        except SeawallError:
            with suppress(SeawallError):
                _asked(words, place, f'{enter}-rm "{part}"\n')
            raise


@contextmanager
def _signed_in(place: SftpPlace, key: str) -> Iterator[list[str]]:
    """Yield the words that begin a session: with the one key, and to the one server that the policy names."""
    with TemporaryDirectory(prefix="export-known-", dir=folders.scratch()) as folder:
        known = Path(folder, "known_hosts")
        known.write_text(f"{_ALIAS} {place.host_key.strip()}\n", encoding="ascii")
        own = ["-o", f"UserKnownHostsFile={known}", "-i", str(credentials.find(key)), "-P", str(place.port)]
        yield [*_SFTP, *own, f"{place.user}@{place.host}"]


def _asked(words: list[str], place: SftpPlace, batch: str, cwd: Path = ROOT) -> str:
    try:
        return run(words, input=batch, timeout=_DAY, cwd=cwd, most=1 << 16).stdout
    except CommandTimeout:
        raise
    except CommandError as error:
        said = error.stderr.lower()
        for words_, why, hint in _SAID:
            if words_ in said:
                raise Unavailable(f"{place.host}: {why}", hint) from error
        raise Unavailable(f"{place.host}: no SFTP session, or it broke off", "the journal has its words") from error


def _demand_size(listed: str, name: str, parcel: Parcel, place: SftpPlace) -> None:
    """Raise Damaged unless the server lists a file with the size that was sent."""
    for line in listed.splitlines():
        words = line.split()
        if line.startswith("-") and words[-1].rpartition("/")[2] == name and words[4] == str(parcel.bytes):
            return
    raise Damaged(f"{place.host} does not list {parcel.file} with its {parcel.bytes} bytes", "is the disk full there?")


def _by_mail(place: MailPlace, policy: HostPolicy, export: str, path: Path, parcel: Parcel) -> None:
    if policy.alarms is None or place.channel not in policy.alarms.channels:
        raise Unavailable(f"the policy of this machine has no channel {place.channel}")
    if parcel.bytes > MOST_BY_MAIL:
        raise Unavailable(
            f"the export has {Size(parcel.bytes)}, and {Size(MOST_BY_MAIL)} go by mail", "deliver it by sftp"
        )
    options = policy.alarms.channels[place.channel].options
    address = policy.contacts[place.to].mail
    secret = ""
    if mail.KIND.needs_secret(options):
        secret = credentials.find(joined.channel_file(place.channel)).read_text(encoding="utf-8").strip()
    mail.deliver(options, _letter(options, policy, export, address, path, parcel), [address], secret)


def _letter(
    options: mail.Options, policy: HostPolicy, export: str, address: str, path: Path, parcel: Parcel
) -> EmailMessage:
    """Return the letter of a parcel; sent again, it is the same one."""
    letter = EmailMessage(SMTP)
    letter["Subject"] = f"{policy.site.name}: export {export}, {parcel.time[:10]}"
    letter["From"], letter["To"] = options.sender, address
    letter["Date"] = format_datetime(clock.parse(parcel.made))
    letter["Message-ID"] = f"<seawall.{parcel.sha256[:32]}@{options.sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(
        f"The attached file {parcel.file} is encrypted to the OpenPGP key {parcel.recipient}.\n\n"
        f"bytes: {parcel.bytes}\nSHA-256: {parcel.sha256}\n\nPlease say that it arrived, and that it opens.\n"
    )
    letter.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename=str(parcel.file))
    return letter
