"""A disk that comes and goes: which one is here, and what is kept of one that left.

What is noted of the disk that is here lies beside its mount point, in a folder that only root may write to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.names import Digest
from ops.core.schema import encode, spare
from ops.interfaces.outcome import OutcomeFacts

ARRIVAL, READING, LEAVING, MAKING = "disk-arrival", "disk-reading", "disk-leaving", "disk-making"
NOTE, READ, MOUNTED = "arrived.json", "read", "disk"  # beside each other
LIMITS = Limits(bytes=1 << 18, depth=4, entries=5000, text=1024)
_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """The disk that is here. disk: the policy's name for it. device: the number of what is mounted, as `8:17`.

    path: of the disk as a whole; part: of what is mounted. config: the SHA-256 of the repository's `config`. when: it
    arrived. copied: when each asset was last copied before that, to whichever disk.
    """

    disk: str
    serial: str
    repository: Digest
    config: Digest
    device: str
    path: str
    part: str
    when: str
    luks: str = spare("")
    copied: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> dict[str, object]:
        """Return what is kept."""
        return {"version": _VERSION, **encode(self)}


def arrived(folder: Path) -> Arrived | None:
    """Return what is noted of the disk that is here, by the folder of its mount point; None where none arrived.

    Raise Damaged for a note that can't be read.
    """
    path = folder / NOTE
    if not path.exists():
        return None
    content = read_file(path, LIMITS.bytes, str(path), owned=True)
    return decode(Arrived, dict(demand_version(parse(content, LIMITS, str(path)), _VERSION, str(path))), str(path))


@dataclass(frozen=True, kw_only=True)
class DiskFacts(OutcomeFacts):
    """A disk that was read, and what it left with. disk: the policy's name for it.

    read: how many of its files were read just now; damaged: how many are not what they were. content: the SHA-256 of
    the list of its files with their sizes. sets: the newest set of each asset on it. left: when; due: when it is due
    back; hands: who took it. slip: the SHA-256 of the slip. These are empty for a disk that did not leave.
    """

    repository: str = ""
    disk: str = ""
    serial: str = ""
    luks: str = ""
    repository_id: str = ""
    sets: Mapping[str, str] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    read: int = 0
    damaged: int = spare(0)
    content: str = ""
    left: str = ""
    due: str = ""
    hands: str = ""
    slip: str = ""
