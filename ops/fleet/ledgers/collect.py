"""The machines' ledgers, collected beside the inventory: what was brought here once, no machine can change any more.

Of each ledger only what is new is fetched. The collected copy grows only when the whole, as the machine tells it now,
verifies and still holds what was collected; else the copy stays as it is, and what is wrong is named.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from ops.core.errors import Unavailable, UsageError
from ops.core.files import sync_directory
from ops.core.printable import printable
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.completeness import Coverage
from ops.evidence.ledger import HEAD, NAME, SIGNATURE, SIGNATURES, Head
from ops.evidence.verification import verify
from ops.fleet.inventory import LEDGERS, Inventory
from ops.fleet.ledgers import signers
from ops.jobs.ledger.coverage import coverage
from ops.policy import HostPolicy

END = "--"
MOST_BYTES = 1 << 28  # of one answer, unpacked; a record has about a thousand
MOST_TOLD = 1 << 29  # characters in which it comes, packed
GZIP = 31  # zlib's word for that format
NONE = "has no ledger yet; its first act creates one"
# What is known here goes in; out come its digests as the machine has it now, what follows, and the ledger's key. Root
# reads there what an account may write, and so follows no link.
QUESTION = r"""
cd /var/lib/seawall/ledger 2>/dev/null && [ -f ledger.jsonl ] && [ ! -L ledger.jsonl ] || { echo none; exit; }
exec 9<ledger.jsonl && flock --shared 9
plain() { dd if="$1" iflag=nofollow,nonblock bs=1M status=none 2>/dev/null; }
begin() { plain "$1" | head -c "$2" | sha256sum | cut -d ' ' -f 1; }
rest() { plain "$1" | tail -c +$(($2 + 1)) | gzip | base64; echo --; }
begin ledger.jsonl LINES
begin ledger.jsonl.signatures SIGNATURES
cut -d ' ' -f 1,2 /etc/seawall/ledger.pub 2>/dev/null || echo
rest ledger.jsonl LINES
rest ledger.jsonl.signatures SIGNATURES
rest ledger.jsonl.head 0
rest ledger.jsonl.head.sig 0
"""
FILES = (NAME, SIGNATURES, HEAD, SIGNATURE)


@dataclass(frozen=True)
class Copy:
    """What was collected of one machine, or nothing yet."""

    lines: bytes = b""
    signatures: bytes = b""

    @classmethod
    def of(cls, folder: Path) -> Copy:
        """Return what lies in a folder."""
        return cls(*((folder / name).read_bytes() if (folder / name).exists() else b"" for name in FILES[:2]))


@dataclass(frozen=True)
class Told:
    """What a machine told: digests of what is known here, its ledger's key, and each file's rest."""

    known: tuple[str, str]
    key: str
    rests: Mapping[str, bytes]

    def continues(self, copy: Copy) -> bool:
        """Whether what was collected is still the beginning."""
        return self.known == tuple(hashlib.sha256(one).hexdigest() for one in (copy.lines, copy.signatures))


def place(inventory: Path) -> Path:
    """Return the folder for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / LEDGERS


def collect(inventory: Inventory) -> dict[str, Finding]:
    """Bring what is new of every machine's ledger; return how it went with each."""
    home = place(inventory.path)
    home.mkdir(mode=0o700, exist_ok=True)
    copies = {host: Copy.of(_recovered(home / host)) for host in inventory.variables}
    told = _asked(inventory, copies)
    other = {host: Copy() for host, one in told.items() if isinstance(one, Told) and not one.continues(copies[host])}
    if other:  # it may have gone on from an older state: then the whole of it says so
        again = _asked(inventory, {host: other.get(host, copy) for host, copy in copies.items()})
        told |= {host: again[host] for host in other}
    listed = signers.place(inventory.path)
    signers.note(listed, {host: one.key for host, one in told.items() if isinstance(one, Told)})
    policies = inventory.policies()
    return {
        host: _without(policies[host], copies[host], one)
        if isinstance(one, Finding)
        else _settled(home / host, other.get(host, copies[host]), one, listed)
        for host, one in told.items()
    }


def _settled(folder: Path, copy: Copy, told: Told, listed: Path) -> Finding:
    """Let one copy grow; whatever goes wrong with one machine's ledger is its own finding."""
    try:
        found = _grown(folder, copy, told, listed)
    except Exception as error:  # noqa: BLE001 -- one machine's rubbish must not stop the others'
        found = Finding(Verdict.UNKNOWN, f"its ledger can't be judged: {type(error).__name__}: {error}")
    return replace(found, message=printable(found.message))


def covered(
    inventory: Inventory, host: str, period: tuple[date | None, date | None], signer_list: Path | None
) -> Coverage:
    """Compare a collected ledger with the policy, up to when it was collected.

    period: first and last day, none: the last 31 days. signer_list: who may sign; none: the list beside the inventory.
    Raise UsageError for a host that is not there, Unavailable when nothing was collected of it.
    """
    folder = place(inventory.path) / host
    policy = inventory.policies().get(host)
    if policy is None:
        raise UsageError(f"the inventory has no host {host!r}", f"its hosts: {', '.join(inventory.variables)}")
    try:
        collected = datetime.fromtimestamp((folder / HEAD).stat().st_mtime, UTC)
    except FileNotFoundError as error:
        raise Unavailable(f"no ledger was collected from {host}", "seawall control collect") from error
    return coverage(policy, collected, period, folder, signer_list or signers.place(inventory.path))


def _without(policy: HostPolicy, copy: Copy, found: Finding) -> Finding:
    """Judge a machine that told no ledger."""
    if found.message != NONE:
        return found
    if copy.lines:
        count = copy.lines.count(b"\n")
        return Finding(Verdict.FAIL, f"its ledger is gone; {count} records were collected before")
    if not policy.assets and not policy.drills:
        return Finding(Verdict.PASS, "it has no scheduled jobs and an empty ledger")
    return found


def _asked(inventory: Inventory, copies: Mapping[str, Copy]) -> dict[str, Told | Finding]:
    """Ask all machines for what follows after what is known here."""
    from ops.fleet.facts.ledger import Ledger
    from ops.fleet.ssh.ask import ask

    known = {host: {"records": len(one.lines), "signatures": len(one.signatures)} for host, one in copies.items()}
    answers = ask(inventory, Ledger, known, limit=MOST_TOLD)
    return {host: answer.fact or Finding(Verdict.UNKNOWN, answer.trouble) for host, answer in answers.items()}


def understood(lines: Sequence[str]) -> Told | Finding:
    """Return what a machine told, or why nothing can be said of its ledger."""
    if list(lines) == ["none"]:
        return Finding(Verdict.UNKNOWN, NONE)
    try:
        rests: list[bytes] = []
        part: list[str] = []
        room = MOST_BYTES
        for line in lines[3:]:
            if line == END:
                rests.append(_unpacked(base64.b64decode("".join(part)), room))
                room -= len(rests[-1])
                part = []
            else:
                part.append(line)
        files = dict(zip(FILES, rests, strict=True))
        return Told((lines[0], lines[1]), lines[2].strip(), files)
    except (ValueError, IndexError, zlib.error):
        told = "\n".join(lines)
        return Finding(Verdict.UNKNOWN, f"did not send its ledger: {told[:200]!r}")


def _unpacked(packed: bytes, most: int) -> bytes:
    """Return what was packed by gzip; raise ValueError when it is not whole, or has more than so many bytes."""
    reader = zlib.decompressobj(wbits=GZIP)
    content = reader.decompress(packed, most + 1)  # 0 would be no limit
    if not reader.eof or len(content) > most:
        raise ValueError("cut short, or too much")
    return content


def _grown(folder: Path, copy: Copy, told: Told, listed: Path) -> Finding:
    """Let the collected copy grow if the whole verifies and holds what was collected; return how it stands."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    before = {NAME: copy.lines, SIGNATURES: copy.signatures}
    for name, rest in told.rests.items():
        _write(fresh / name, before.get(name, b"") + rest)
    sync_directory(fresh)
    anchor = Head.of(folder) if folder.exists() else None
    found = verify(fresh, listed, anchor)
    verdict = worst(one.verdict for one in found)
    words = "; ".join(one.message for one in found if one.verdict is verdict)
    if verdict in {Verdict.FAIL, Verdict.UNKNOWN}:
        shutil.rmtree(fresh)
        kept = f"; the collected ledger is still in {folder}: compare them" if folder.exists() else ""
        return Finding(verdict, f"{words}{kept}")
    _take(folder, fresh, aside=anchor if not copy.lines else None)
    return Finding(verdict, words)


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _take(folder: Path, fresh: Path, aside: Head | None) -> None:
    """Put the new copy in the place of the old one, which is kept when the ledger went on from an older state."""
    old = _free(folder.with_name(f"{folder.name}.until-record-{aside.n}")) if aside else _old(folder)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    if not aside:
        shutil.rmtree(old, ignore_errors=True)


def _old(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")


def _free(path: Path) -> Path:
    """Return a name beside others that nothing has yet: a ledger may go back to the same record twice."""
    names = itertools.chain([path], (path.with_name(f"{path.name}-{count}") for count in itertools.count(2)))
    return next(name for name in names if not name.exists())


def _recovered(folder: Path) -> Path:
    """Return the folder of a copy; one that was being replaced when the power failed comes back."""
    old = _old(folder)
    if old.exists():
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)
    return folder
