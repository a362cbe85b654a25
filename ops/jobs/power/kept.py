"""What a conductor keeps on the disk, so that it goes on where it was, after its own restart or its machine's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.document import Limits, decode, parse, read_file
from ops.core.errors import Damaged
from ops.core.files import write_json
from ops.core.schema import encode
from ops.jobs.host import folders
from ops.power.model import Memory

LIMITS = Limits(bytes=1 << 20, depth=8, entries=10_000, text=1000)
MOST_STOPS = 5  # shutdowns of a machine that are remembered
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Kept:
    """A memory, the boot in which its moments count, and how long the last shutdowns of each machine took."""

    boot: str = ""
    memory: Memory = field(default_factory=Memory)
    stops: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    version: int = 1

    def with_stop(self, name: str, seconds: float) -> Kept:
        """Return the same with one more shutdown that was seen."""
        return Kept(self.boot, self.memory, {**self.stops, name: (*self.stops.get(name, ()), seconds)[-MOST_STOPS:]})


def path() -> Path:
    """Return where it is kept, in a folder of root's."""
    return folders.state() / "power/conductor.json"


def boot() -> str:
    """Return the id of this boot."""
    return _BOOT.read_text(encoding="ascii").strip()


def read() -> Kept:
    """Return what was kept; nothing where there is nothing, or nothing whole, which must not keep it from its work."""
    try:
        return decode(Kept, parse(read_file(path(), LIMITS.bytes, str(path())), LIMITS, str(path())), str(path()))
    except Damaged:
        return Kept()


def write(kept: Kept) -> None:
    """Keep it; raise OSError."""
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_json(path(), encode(kept))
