"""Opening a repository with nothing but what a sheet of keys says, as a clean machine would."""

from __future__ import annotations

import re
from pathlib import Path

from ops.core import clock
from ops.core.errors import CommandError, Damaged, SeawallError
from ops.core.files import write_atomically
from ops.core.names import Digest
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.fleet.key_sheet.form import Reading, on_a_disk
from ops.fleet.secrets.authority import fingerprint
from ops.fleet.secrets.unlocked import RepositoryAccess
from ops.restic.repository import Repository
from ops.restic.sets import dated, sets

SECONDS = 30.0
_BY_HAND = "lies on a disk: where one is mounted, type the password by hand: restic -r FOLDER snapshots"
_AT_A_STORE = (
    "lies at a store: with account and account-password in a file that AWS_SHARED_CREDENTIALS_FILE names, type the "
    "password by hand: restic -r ADDRESS snapshots"
)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", re.DOTALL)


def tested(door: RepositoryAccess, sheet: Reading, folder: Path) -> Finding:
    """Return whether a key opens its repository, and whether there is anything in it."""
    try:
        if not door.kind:
            raise Damaged(f"the inventory has no repository {door.place}")
        if on_a_disk(door.address):
            return Finding(Verdict.UNKNOWN, _BY_HAND)
        if door.address.startswith("s3:"):
            return Finding(Verdict.UNKNOWN, _AT_A_STORE)
        authority = folder / "ca.pem"
        write_atomically(authority, _authority(door, sheet))
        url, password = folder / "url", folder / "password"
        write_atomically(url, f"{door.url}\n")
        write_atomically(password, f"{door.password}\n")
        key = Digest.parse(door.key) if Digest.fits(door.key) else None
        listed = Repository(door.place, url, password, authority, locks=False, key=key).snapshots()
        found = sets(dated(listed, clock.now()))
    except SeawallError as error:
        return Finding(Verdict.FAIL, error.message)
    whole = [one for one in found if one.complete]
    if not whole:
        return Finding(Verdict.WARN, "opens, but holds no whole set yet")
    return Finding(Verdict.PASS, f"opens; {len(whole)} whole sets, the newest of {whole[-1].time:%Y-%m-%d %H:%M} UTC")


def _authority(door: RepositoryAccess, sheet: Reading) -> str:
    """Fetch the authority's certificate from the repository's host; raise Damaged when it is not the printed one."""
    wanted = sheet.values.get("authority/sha256")
    if wanted is None:
        raise Damaged("the lines authority/sha256 of the sheet are missing or mistyped")
    host, _, port = door.address.partition("/")[0].rpartition(":")
    number = sheet.values.get(f"{host}/host", host)
    words = ["openssl", "s_client", "-connect", f"{number}:{port}", "-servername", host, "-showcerts"]
    try:
        said = run(words, timeout=SECONDS, input="", ok=(0, 1)).stdout
    except CommandError as error:
        raise Damaged(f"{host} did not present a certificate: {error.message}") from error
    shown = _CERTIFICATE.findall(said)
    for certificate in shown:
        if fingerprint(certificate) == wanted:
            return str(certificate)
    raise Damaged(f"{host} presents {len(shown)} certificates, but none is that of the printed authority")
