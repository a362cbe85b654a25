"""The manifest of a set: what its data were in the instant in which they were taken, part by part.

It is written beside the data and read months later, on another machine, by another release, and may come from a
machine that somebody broke into. So all of it is read here, within limits, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.core import clock, kinds
from ops.core.document import Limits, decode, demand_version, parse
from ops.core.errors import Damaged
from ops.core.names import Digest, FileName, HostName, Label, Name, SetId, TreePath
from ops.core.schema import Plain, encode
from ops.core.verdict import Finding
from ops.interfaces.facts import Facts
from ops.interfaces.source import Source

VERSION = 1
FILE = "manifest.json"
PART = "manifest"  # the part of a set that holds it
# A hundred thousand tables, each with its definitions, fit in.
LIMITS = Limits(bytes=256 << 20, depth=16, entries=4_000_000, text=1 << 20)
_SOURCES = "ops.sources"


@dataclass(frozen=True)
class Material:
    """Where a part's data lie in its snapshot: one file that was a stream, or files below a root."""

    root: str = ""
    stream: FileName | None = None

    def __post_init__(self) -> None:
        """Demand what is not said by the types."""
        if self.root and (self.stream or not TreePath.fits(self.root)):
            raise ValueError(f"expected either a stream or a root, {TreePath.expected}; found {self.root[:80]!r}")


@dataclass(frozen=True)
class Anchor:
    """Where the machine's ledger ended when the set was made."""

    n: int
    sha256: Digest


@dataclass(frozen=True)
class PartFacts:
    """What is known of one part of a set.

    kind: of source that took it; source: that kind itself. facts: the kind's own.
    completes: the label of the part that this one makes whole, with which it is restored; empty for most.
    vanished: how many files were gone when they were to be read.
    """

    kind: str
    source: Source[Any, Any]
    facts: Facts
    material: Material
    completes: str = ""
    vanished: int = 0

    def check(self, folder: Path, only: Sequence[str] = ()) -> Sequence[tuple[str, Finding]]:
        """Compare what was restored into a folder; `only`: these paths alone were restored."""
        if self.completes and self.source.completion:
            return self.source.completion.check(folder, self.facts)
        return self.source.check(folder, self.facts, only)

    def written(self) -> dict[str, Plain]:
        """Return this as a manifest keeps it."""
        place = {"stream": str(self.material.stream)} if self.material.stream else {"root": self.material.root}
        told = {"completes": self.completes, "vanished_while_read": self.vanished}
        further = {name: value for name, value in told.items() if value}
        return {"kind": self.kind, "material": place, **further, **encode(self.facts)}


@dataclass(frozen=True)
class Manifest:
    """The manifest of one set; taken: the moment in which it was begun. seawall, restic: their versions.

    keys: by repository, the id of the key that its machine's password opens. missing: why a part could not be
    captured, by its label; the set counts without it. left_out: sentences on what looked like a part and is none.
    """

    set: str
    asset: str
    host: str
    taken: str
    seawall: str
    restic: str
    parts: Mapping[str, PartFacts]
    ledger: Anchor | None = None
    keys: Mapping[str, Digest] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()

    def text(self) -> str:
        """Return it as it is stored."""
        told = {
            "version": VERSION,
            "set": self.set,
            "asset": self.asset,
            "host": self.host,
            "taken": self.taken,
            "seawall": self.seawall,
            "restic": self.restic,
            **({"ledger": encode(self.ledger)} if self.ledger else {}),
            **({"keys": encode(self.keys)} if self.keys else {}),
            **({"missing": dict(self.missing)} if self.missing else {}),
            **({"left_out": list(self.left_out)} if self.left_out else {}),
            "parts": {label: part.written() for label, part in self.parts.items()},
        }
        return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


@dataclass(frozen=True)
class _Document:
    """A manifest whose parts are not read yet."""

    set: SetId
    asset: Name
    host: HostName
    taken: str
    seawall: str
    restic: str
    parts: Mapping[Label, Mapping[str, Any]]
    ledger: Anchor | None = None
    keys: Mapping[Name, Digest] = field(default_factory=dict)
    missing: Mapping[Label, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Demand what is not said by the types."""
        try:
            clock.parse(self.taken)
        except ValueError as error:
            raise ValueError(
                f"taken: expected a moment such as 2026-11-22T01:00:00Z, found {self.taken[:40]!r}"
            ) from error
        if PART in self.parts:
            raise ValueError(f"parts.{PART}: expected another label; that one is the manifest's own")
        if both := sorted({*self.missing} & {*self.parts}):
            raise ValueError(f"missing.{both[0]}: expected a part that is not there, found one of the parts")
        for label, part in self.parts.items():
            over = part.get("completes")
            if over is not None and (not isinstance(over, str) or over not in self.parts or over == label):
                raise ValueError(
                    f"parts.{label}.completes: expected the label of another part, found {str(over)[:80]!r}"
                )


@dataclass(frozen=True)
class _Head:
    """What every part has, whichever kind it is."""

    kind: Name
    material: Material = Material()
    completes: Label | None = None
    vanished_while_read: int = 0


def read(content: bytes, file: str) -> Manifest:
    """Return the manifest that a file holds; `file`: how it is called in an error. Raise Damaged.

    The error names the file, the path of the key, and what was expected; a later version is refused by its number.
    """
    data = parse(content, LIMITS, file)
    told = demand_version(data, VERSION, file)
    head = decode(_Document, told, file)
    parts = {str(label): read_part(part, f"parts.{label}", file) for label, part in head.parts.items()}
    named = {str(name): key for name, key in head.keys.items()}
    versions = (head.seawall, head.restic)
    missing = {str(label): why for label, why in head.missing.items()}
    own = (head.set, head.asset, head.host, head.taken)
    return Manifest(*own, *versions, parts, head.ledger, named, missing, head.left_out)


def read_part(told: Mapping[str, Plain], path: str, file: str) -> PartFacts:
    """Return what a manifest tells of one part; path: of the part in the file. Raise Damaged."""
    names = ("kind", "material", "completes", "vanished_while_read")
    head = decode(_Head, {name: told[name] for name in names if name in told}, file, path)
    try:
        source: Source[Any, Any] = kinds.load(_SOURCES, head.kind)
    except kinds.UnknownKind as error:
        raise Damaged(f"{file}: {error.problem(f'{path}.kind')}") from error
    kind: type[Facts] = source.facts
    if head.completes:
        if source.completion is None:
            raise Damaged(f"{file}: {path}.completes: expected none, for {head.kind} is whole by itself")
        kind = source.completion.facts
    facts = decode(kind, {name: value for name, value in told.items() if name not in names}, file, path)
    return PartFacts(head.kind, source, facts, head.material, head.completes or "", head.vanished_while_read)
