"""What the restores of an asset have done so far, so that the same command goes on where an earlier one stopped.

One file for each asset, root's alone, of one set: a restore of another set begins anew, and one that has done all
removes it. What was restored is known by its name and by what tells it from anything else that gets that name, such as
the number of a database: so what a person made is never taken for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import Damaged
from ops.core.files import write_json
from ops.core.schema import encode
from ops.interfaces import joined
from ops.jobs.host import folders

VERSION = 1
LIMITS = Limits(bytes=16 << 20, depth=6, entries=500_000, text=1 << 12)
Stage = Literal["loaded", "finished"]


@dataclass(frozen=True)
class Restored:
    """What lies at a destination. stage: loaded whole, or finished. identity: what tells it from anything else.

    only: what alone was meant. at: when.
    """

    part: str
    stage: Stage
    identity: str
    at: str
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Document:
    set: str
    restored: Mapping[str, Restored]


@dataclass
class Finished:
    """The destinations of one set, by name."""

    path: Path
    set: str
    restored: dict[str, Restored] = field(default_factory=dict)

    @classmethod
    def of(cls, asset: str, identity: str) -> Finished:
        """Return what is known of the restores of a set; nothing where that can't be read."""
        path = folders.state() / "restores" / f"{joined.restore(asset)}.json"
        try:
            told = demand_version(
                parse(read_file(path, LIMITS.bytes, str(path)), LIMITS, str(path)), VERSION, str(path)
            )
            document = decode(_Document, told, str(path))
        except (Damaged, OSError):
            return cls(path, identity)
        return cls(path, identity, dict(document.restored) if document.set == identity else {})

    def find(self, destination: str, part: str, stage: Stage, identity: str, only: Sequence[str]) -> Restored | None:
        """Return what an earlier run left at a destination; None when it is not that, or something else lies there."""
        one = self.restored.get(destination)
        fits = (
            one and identity and (one.part, one.stage, one.identity, one.only) == (part, stage, identity, tuple(only))
        )
        return one if fits else None

    def note(self, destination: str, part: str, stage: Stage, identity: str, only: Sequence[str]) -> None:
        """Write down what lies at a destination now."""
        self.restored[destination] = Restored(part, stage, identity, clock.iso(clock.now()), tuple(only))
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = {name: encode(one) for name, one in self.restored.items()}
        write_json(self.path, {"version": VERSION, "set": self.set, "restored": told})

    def forget(self) -> None:
        """Remove it all: everything is done."""
        self.path.unlink(missing_ok=True)
