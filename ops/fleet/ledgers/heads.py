"""The heads of the machines' ledgers that this machine has seen: what a ledger ended with may never be gone from it.

They lie beside the inventory, where no machine can change them. `seawall status` notes each machine's newest head that
its ledger was found whole with, and at the next time has the machine verify its ledger against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import Damaged, SeawallError
from ops.core.files import write_json
from ops.core.names import Digest, HostName
from ops.core.printable import all_printable
from ops.core.schema import encode
from ops.core.verdict import Finding, Verdict
from ops.evidence.ledger import Head
from ops.fleet.inventory import HEADS

VERSION = 1
MOST = 400  # heads kept of each machine, the newest

LIMITS_SAID = Limits(bytes=16 << 20, depth=5, entries=200_000, text=1 << 16)
LIMITS = Limits(bytes=64 << 20, depth=5, entries=2_000_000, text=200)


@dataclass(frozen=True)
class SeenHead:
    """A head of a machine's ledger. seen: when it was noted."""

    n: int
    sha256: Digest
    seen: str

    @property
    def head(self) -> Head:
        """The head itself."""
        return Head(self.n, self.sha256)


@dataclass(frozen=True)
class _Kept:
    machines: Mapping[HostName, tuple[SeenHead, ...]]


@dataclass(frozen=True)
class _Finding:
    verdict: Verdict
    message: str


@dataclass(frozen=True)
class _Verification:
    """What `seawall ledger verify --json` says."""

    verdict: Verdict
    findings: tuple[_Finding, ...]


Seen = dict[str, tuple[SeenHead, ...]]


def place(inventory: Path) -> Path:
    """Return the file for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / HEADS


def read(path: Path) -> Seen:
    """Return the heads seen of each machine, the oldest first; raise Damaged, for what is gone is no pass."""
    if not path.exists():
        return {}
    try:
        told = demand_version(parse(read_file(path, LIMITS.bytes, str(path)), LIMITS, str(path)), VERSION, str(path))
        return {str(host): heads for host, heads in decode(_Kept, told, str(path)).machines.items()}
    except Damaged as error:
        raise Damaged(error.message, "restore it; without it, a truncated ledger is not noticed") from error


def newest(seen: Seen, host: str) -> SeenHead | None:
    """Return the newest head seen of a machine."""
    return seen.get(host, (None,))[-1]


def judged(said: str, anchor: Head) -> Finding:
    """Return what a machine's verification says; one that can't be understood is unknown."""
    line = next((line for line in said.split("\n") if line.startswith("{")), "")
    try:
        told = demand_version(all_printable(parse(line.encode("utf-8", "replace"), LIMITS_SAID, "its ledger")), 1, "it")
        first = decode(_Verification, told, "its ledger").findings[0]
        return Finding(first.verdict, first.message)
    except (Damaged, IndexError):
        return Finding(
            Verdict.UNKNOWN, f"did not say whether its ledger still holds record {anchor.n}, which was seen before"
        )


def note(path: Path, seen: Seen, found: Mapping[str, Head]) -> None:
    """Add the heads that were found; a machine whose ledger did not grow adds none. Raise SeawallError."""
    now = clock.iso(clock.now())
    known = {host: newest(seen, host) for host in found}
    grown = {host: head for host, head in found.items() if (last := known[host]) is None or last.head != head}
    if not grown:
        return
    for host, head in grown.items():
        seen[host] = (*seen.get(host, ()), SeenHead(head.n, Digest(head.sha256), now))[-MOST:]
    try:
        write_json(path, {"version": VERSION, "machines": encode(seen)})
    except OSError as error:
        raise SeawallError(f"the heads of the ledgers can't be written to {path}: {error.strerror}") from error
