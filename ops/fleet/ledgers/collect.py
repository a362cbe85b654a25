"""The machines' ledgers, collected beside the inventory: what was brought here once, no machine can change any more.

Of each ledger only what is new is fetched. The collected copy grows only when the whole, as the machine tells it now,
verifies and still holds what was collected; else the copy stays as it is, and what is wrong is named.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from ops.core.errors import Unavailable, UsageError
from ops.core.verdict import Finding, Verdict
from ops.evidence.completeness import Coverage
from ops.evidence.ledger import HEAD, NAME, SIGNATURES
from ops.fleet.inventory import LEDGERS, Inventory
from ops.fleet.ledgers import growth, noted, signers
from ops.fleet.ledgers.growth import FILES, Copy, Told
from ops.fleet.ledgers.heads import SeenHead
from ops.jobs.ledger.coverage import coverage
from ops.policy import HostPolicy

END = "--"
MOST_BYTES = 9 << 20  # of one answer, unpacked: a piece of the records, one of their signatures, and the head
MOST_TOLD = 13 << 20  # characters in which it comes, packed
MOST_PACKED = 64  # times; a ledger is packed to a third, and what is packed to less than this is none
GZIP = 31  # zlib's word for that format
NONE = "has no ledger yet; its first act creates one"
# What is known here goes in; out come its digests as the machine has it now, what follows, and the ledger's key. Root
# reads there what an account may write, and so follows no link.
QUESTION = r"""
cd /var/lib/seawall/ledger 2>/dev/null && [ -f ledger.jsonl ] && [ ! -L ledger.jsonl ] || { echo none; exit; }
exec 9<ledger.jsonl && flock --shared 9
plain() { dd if="$1" iflag=nofollow,nonblock bs=1M status=none 2>/dev/null; }
begin() { plain "$1" | head -c "$2" | sha256sum | cut -d ' ' -f 1; }
rest() { plain "$1" | tail -c +$(($2 + 1)) | head -c PIECE | gzip | base64 -w 0; echo; echo --; }
begin ledger.jsonl LINES
begin ledger.jsonl.signatures SIGNATURES
cut -d ' ' -f 1,2 /etc/seawall/ledger.pub 2>/dev/null || echo
rest ledger.jsonl LINES
rest ledger.jsonl.signatures SIGNATURES
rest ledger.jsonl.head 0
rest ledger.jsonl.head.sig 0
"""


def place(inventory: Path) -> Path:
    """Return the folder for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / LEDGERS


def collect(inventory: Inventory) -> dict[str, Finding]:
    """Bring what is new of every machine's ledger; return how it went with each."""
    home = place(inventory.path)
    home.mkdir(mode=0o700, exist_ok=True)
    known = {host: growth.known(home / host) for host in inventory.variables}
    copies = {host: one if isinstance(one, Copy) else Copy() for host, one in known.items()}
    told = _asked(inventory, copies) | {host: one for host, one in known.items() if isinstance(one, Finding)}
    other = {host: Copy() for host, one in told.items() if isinstance(one, Told) and not one.continues(copies[host])}
    if other:  # it may have gone on from an older state: then the whole of it says so
        told |= _asked(inventory, other)
    listed = signers.place(inventory.path)
    told |= {
        host: _further(inventory, home / host, other.get(host, copies[host]), one)
        for host, one in told.items()
        if isinstance(one, Told) and one.more
    }
    fresh = signers.note(listed, {host: one.key for host, one in told.items() if isinstance(one, Told)})
    policies = inventory.policies()
    return {
        host: _without(policies[host], noted.of(host, listed), copies[host], one)
        if isinstance(one, Finding)
        else signers.as_told(growth.settled(home / host, other.get(host, copies[host]), one, listed), fresh.get(host))
        for host, one in told.items()
    }


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


def _without(policy: HostPolicy, seen: Sequence[SeenHead], copy: Copy, found: Finding) -> Finding:
    """Judge a machine that told no ledger. seen: the heads of it that were noted."""
    if found.message != NONE:
        return found
    if count := copy.count(NAME):
        return Finding(Verdict.FAIL, f"its ledger is gone; {count} records were collected before")
    if seen:
        return Finding(Verdict.FAIL, f"its ledger is gone; record {seen[-1].n} was seen before")
    if not policy.assets and not policy.drills:
        return Finding(Verdict.PASS, "it has no scheduled jobs and an empty ledger")
    return found


def _asked(inventory: Inventory, copies: Mapping[str, Copy]) -> dict[str, Told | Finding]:
    """Ask all machines for what follows after what is known here."""
    from ops.fleet.facts.ledger import Ledger
    from ops.fleet.ssh.ask import ask

    known = {host: {"records": one.size(NAME), "signatures": one.size(SIGNATURES)} for host, one in copies.items()}
    answers = ask(inventory, Ledger, known, limit=MOST_TOLD, hosts=tuple(copies))
    return {host: answer.fact or Finding(Verdict.UNKNOWN, answer.trouble) for host, answer in answers.items()}


def _further(inventory: Inventory, folder: Path, copy: Copy, told: Told) -> Told | Finding:
    """Ask one machine for what one answer could not hold, piece by piece; return its last answer, or what is wrong."""
    grown = growth.begin(folder, copy)
    one: Told | Finding = told
    while isinstance(one, Told) and one.more:
        if refused := growth.add(folder, one):
            return refused
        one = _asked(inventory, {folder.name: grown})[folder.name]
        if isinstance(one, Told) and not one.continues(grown):
            one = Finding(Verdict.UNKNOWN, "its ledger was changed while it was collected; collect it again")
    if isinstance(one, Finding):
        growth.drop(folder)
        return one
    return replace(one, begun=True)


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
                packed = base64.b64decode("".join(part))
                rests.append(_unpacked(packed, min(room, MOST_PACKED * len(packed))))
                room -= len(rests[-1])
                part = []
            else:
                part.append(line)
        files = dict(zip(FILES, rests, strict=True))
        return Told((lines[0], lines[1]), lines[2].strip(), files)
    except (ValueError, IndexError, zlib.error):
        told = "\n".join(line[:200] for line in lines[:12])
        return Finding(Verdict.UNKNOWN, f"did not send its ledger: {told[:200]!r}")


def _unpacked(packed: bytes, most: int) -> bytes:
    """Return what was packed by gzip; raise ValueError when it is not whole, or has more than so many bytes."""
    reader = zlib.decompressobj(wbits=GZIP)
    content = reader.decompress(packed, most + 1)  # 0 would be no limit
    if not reader.eof or len(content) > most:
        raise ValueError("cut short, or too much")
    return content
