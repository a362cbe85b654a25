"""Going on with the ledger after its key was changed or its machine restored, so that nobody takes it for tampering.

A planned change makes the new key here, and has the old one sign, too. One that was interrupted is done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import UsageError
from ops.core.files import hold_for, lock, sync_directory, write_atomically
from ops.core.printable import printable
from ops.core.run import run
from ops.core.schema import Plain, encode
from ops.core.verdict import Verdict
from ops.evidence.key_rotation import facts
from ops.evidence.keys import fingerprint, listed, public
from ops.evidence.ledger import NAME, SUCCESSION, BodyFor, Head, Ledger
from ops.evidence.reader import Line, read
from ops.evidence.redaction import redacted_text
from ops.evidence.ssh_signature import NAMESPACE
from ops.jobs.host import credentials, folders, own_policy
from ops.jobs.run.job import actor

KEY = "ledger.key"
OLD, NEW = f"{KEY}.old", f"{KEY}.new"


@dataclass(frozen=True)
class Wanted:
    """Why the ledger goes on with another key, or after a restore.

    restored: the machine was restored, and goes on with the key that is here. lost: the newest head that is known
    elsewhere and not here.
    """

    reason: str
    restored: bool = False
    lost: Head | None = None


@dataclass(frozen=True)
class Continued:
    """How the ledger goes on: the number of the record that says so, the host, and the public key from there on."""

    number: int
    host: str
    key: str

    @property
    def signer(self) -> str:
        """The key as a list of signers has it."""
        return _line(self.host, self.key)


def go_on(wanted: Wanted, directory: Path, signers: Path) -> Continued:
    """Record why the ledger goes on; a planned change makes the new key first.

    Raise UsageError when there is nothing to go on from, Locked when a job is under way.
    """
    if wanted.lost and not wanted.restored:
        raise UsageError("rotating the key loses no records", "use --lost only with --restored")
    with ExitStack() as held:
        # An act under way would go on with the key that it was given.
        for path in sorted(folders.scratch().glob("*.lock")):
            held.enter_context(lock(path, path.stem))
        if folders.scratch_of_account() != folders.scratch():
            for path in sorted(folders.scratch_of_account().glob("*.lock")):
                held.enter_context(hold_for(path, printable(path.stem)))
        return _gone_on(wanted, directory, signers)


def _gone_on(wanted: Wanted, directory: Path, signers: Path) -> Continued:
    lines, _ = read(directory / NAME)
    if not lines:
        raise UsageError(f"the ledger in {directory} has no record to continue from", "the first act starts a ledger")
    folder, host = folders.etc() / "credentials", own_policy.read().host
    old = "" if wanted.restored else _exchanged(folder)
    key = credentials.find(KEY)
    old = old or _before(lines, public(key), listed(signers, host))
    body = _body(host, old, public(key), wanted)
    record = Ledger(directory, key).append(body, None if wanted.restored else folder / OLD)
    if not wanted.restored:
        _list(signers, host, public(key))
        (folder / OLD).unlink()
    return Continued(record.n, host, public(key))


def _body(host: str, old: str, new: str, wanted: Wanted) -> BodyFor:
    """Return what is recorded, as soon as the head it goes on from is known."""
    reason = redacted_text(wanted.reason)

    def body(end: Head) -> Mapping[str, Plain]:
        return {
            "host": host,
            "actor": actor(),
            "act": SUCCESSION,
            "subject": "ledger",
            "result": Verdict.PASS.value,
            "message": f"{'restored' if wanted.restored else 'a new key'}: {reason}",
            "facts": encode(facts(old, new, end, reason=reason, restored=wanted.restored, lost=wanted.lost)),
        }

    return body


def _before(lines: list[Line], now: str, keys: list[str]) -> str:
    """Return the key that was used before the present one, where the list of signers still has it.

    Acts may have been recorded with the present key already, before anybody said why.
    """
    others = [line.key for line in lines if line.key and line.key != fingerprint(now)]
    return next((key for key in keys if fingerprint(key) in (others[-1:] or [fingerprint(now)])), "")


def _exchanged(folder: Path) -> str:
    """Put a new key in place of the old one, which stays beside it until it has signed; return its public half."""
    if not (folder / OLD).exists():
        for left in (folder / NEW, folder / f"{NEW}.pub"):
            left.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "seawall-ledger", "-f", folder / NEW], timeout=60)
        (folder / KEY).rename(folder / OLD)
        sync_directory(folder)
    if (folder / NEW).exists():
        (folder / f"{NEW}.pub").replace(folder / f"{KEY}.pub")
        (folder / NEW).rename(folder / KEY)
        sync_directory(folder)
    return public(folder / OLD)


def _list(signers: Path, host: str, key: str) -> None:
    """Add the new key to this machine's own list; the lists elsewhere are a person's to extend."""
    text = signers.read_text(encoding="utf-8") if signers.exists() else ""
    for path, whole in ((signers, f"{text}{_line(host, key)}\n"), (folders.etc() / "ledger.pub", f"{key}\n")):
        write_atomically(path, whole, 0o644)


def _line(host: str, key: str) -> str:
    """Return a key as a list of signers has it."""
    return f'{host} namespaces="{NAMESPACE}" {key}'
