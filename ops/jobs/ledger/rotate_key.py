"""Going on with the ledger after its key was changed or its machine restored, so that nobody takes it for tampering.

A planned change makes the new key here, and has the old one sign, too. One that was interrupted is done again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.files import lock, sync_directory, write_atomically
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.evidence.key_rotation import facts
from ops.evidence.keys import fingerprint, listed, public
from ops.evidence.ledger import NAME, SUCCESSION, BodyFor, Head, Ledger
from ops.evidence.reader import Line, read
from ops.evidence.redaction import redacted_text
from ops.evidence.ssh_signature import NAMESPACE
from ops.jobs import settings
from ops.jobs.ledger import head
from ops.jobs.run.job import actor

KEY = "ledger.key"
OLD, NEW = f"{KEY}.old", f"{KEY}.new"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of `seawall ledger succeed`."""
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why, for whoever verifies; recorded")
    parser.add_argument("--restored", action="store_true", help="the machine was restored: go on with the key here")
    parser.add_argument(
        "--lost", type=head.noted, metavar="'N SHA256'", help="the newest head known elsewhere, not here"
    )
    parser.add_argument("--signers", type=Path, metavar="FILE", help="who may sign, as ssh-keygen lists them")


def execute(options: argparse.Namespace, directory: Path, signers: Path) -> int:
    """Record the succession; a planned one changes the key first."""
    if options.lost and not options.restored:
        raise UsageError("a change of the key loses no records", "--lost goes with --restored")
    with ExitStack() as held:
        for path in sorted(settings.scratch().glob("*.lock")):
            held.enter_context(lock(path, path.stem))  # an act under way would go on with the key that it was given
        return _succeeded(options, directory, signers)


def _succeeded(options: argparse.Namespace, directory: Path, signers: Path) -> int:
    lines, _ = read(directory / NAME)
    if not lines:
        raise UsageError(f"there is no record in {directory} to go on from", "the first act begins a ledger")
    folder, host = settings.etc() / "credentials", settings.policy().host
    old = "" if options.restored else _exchanged(folder)
    key = settings.credential(KEY)
    old = old or _before(lines, public(key), listed(signers, host))
    body = _body(host, old, public(key), options)
    record = Ledger(directory, key).append(body, None if options.restored else folder / OLD)
    if not options.restored:
        _list(signers, host, public(key))
        (folder / OLD).unlink()
    return _tell(options, record.n, public(key), host)


def _body(host: str, old: str, new: str, options: argparse.Namespace) -> BodyFor:
    """Return what is recorded, as soon as the head it goes on from is known."""
    reason = redacted_text(options.reason)

    def body(end: Head) -> Mapping[str, Any]:
        return {
            "host": host,
            "actor": actor(),
            "act": SUCCESSION,
            "subject": "ledger",
            "result": Verdict.PASS.value,
            "message": f"{'restored' if options.restored else 'a new key'}: {reason}",
            "facts": facts(old, new, end, reason=reason, restored=options.restored, lost=options.lost),
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
    for path, whole in ((signers, f"{text}{_line(host, key)}\n"), (settings.etc() / "ledger.pub", f"{key}\n")):
        write_atomically(path, whole, 0o644)


def _line(host: str, key: str) -> str:
    """Return a key as a list of signers has it."""
    return f'{host} namespaces="{NAMESPACE}" {key}'


def _tell(options: argparse.Namespace, number: int, key: str, host: str) -> int:
    mark, line = fingerprint(key), _line(host, key)
    if options.json:
        print(json.dumps({"version": 1, "time": clock.iso(clock.now()), "record": number, "key": mark, "signer": line}))
        return 0
    print(f"record {number}: the ledger goes on with the key {mark}")
    print("Whoever verifies it elsewhere adds this line to the list of signers, after comparing the fingerprint:")
    print(f"  {line}")
    return 0
