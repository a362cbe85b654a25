"""The signed slip with which a disk leaves: which disk, what is on it, the ledger's head, who has it until when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.document import read_file
from ops.core.errors import Damaged, UsageError
from ops.core.files import write_atomically
from ops.core.printable import printable
from ops.core.quantity import Size, counted
from ops.evidence.ledger import Head
from ops.evidence.ssh_signature import sign
from ops.interfaces import joined
from ops.interfaces.disk import DiskFacts
from ops.jobs.disk.rotation import Rotation
from ops.jobs.host import credentials, folders, state_files

NAMESPACE = "seawall-slip"
_LONGEST = 1 << 20


def text(rotation: Rotation, facts: DiskFacts, sets: Mapping[str, datetime]) -> str:
    """Return what a slip says. sets: the time of the newest set of each asset."""
    head = Head.of(folders.state() / "ledger")
    zone = ZoneInfo(rotation.policy.site.timezone)
    rows = [
        ("site", rotation.policy.site.name),
        ("server", rotation.policy.host),
        ("disk", f"{facts.disk} of {rotation.name}"),
        ("serial number", facts.serial),
        ("encryption", f"LUKS {facts.luks}" if facts.luks else "of the repository alone"),
        ("repository", facts.repository_id),
        ("left", _local(facts.left, zone)),
        ("due back", _local(facts.due, zone)),
        ("taken by", facts.hands),
        ("holds", f"{counted(facts.files, 'file')}, {Size(facts.bytes)}; each was read since it arrived"),
        *(
            ("newest set", f"{name}: {facts.sets[name]} of {_local(clock.iso(sets[name]), zone)}")
            for name in sorted(sets)
        ),
        ("list of files", facts.content),
        ("ledger head", f"{head.n} {head.sha256}" if head else "none yet"),
    ]
    told = "".join(f"{name + ':':<15}{printable(value)}\n" for name, value in rows)
    return f"Slip of a disk with backups. Keep it with the disk.\n\n{told}"


def issue(rotation: Rotation, label: str, slip: str) -> str:
    """Sign a slip and keep it; return its SHA-256."""
    signature = sign(slip, credentials.find("ledger.key"), NAMESPACE)
    path = _path(rotation, label)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path.with_suffix(".sig"), signature, 0o640)
    write_atomically(path, slip, 0o640)
    return hashlib.sha256(slip.encode()).hexdigest()


def printed(rotation: Rotation, label: str) -> str:
    """Return the slip that a disk last left with, and its signature, as one page.

    Raise UsageError where it never left good, Damaged for a slip that is not the one that was recorded.
    """
    rotation.disk(label)
    state = state_files.read_act(rotation.act(label))
    facts = state.good(DiskFacts) if state else None
    path = _path(rotation, label)
    if facts is None or not path.exists():
        raise UsageError(f"{label} never left with a slip", "seawall disk leave --hands NAME")
    slip = read_file(path, _LONGEST, str(path), owned=True)
    if hashlib.sha256(slip).hexdigest() != facts.slip:
        raise Damaged(f"{path} is not the slip with which {label} left", "seawall ledger show has its SHA-256")
    signature = path.with_suffix(".sig")
    signed = read_file(signature, _LONGEST, str(signature), owned=True)
    how = f"signed for {rotation.policy.host} in the namespace {NAMESPACE}; ssh-keygen -Y verify checks it"
    return f"{slip.decode()}\n{how}:\n{signed.decode()}"


def _path(rotation: Rotation, label: str) -> Path:
    return folders.state() / "state/slips" / f"{joined.slip(rotation.name, label)}.txt"


def _local(moment: str, zone: ZoneInfo) -> str:
    return clock.parse(moment).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
