"""What a restore is going to do: for each part of the set, what becomes of it and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ops.core import kinds
from ops.core.errors import UsageError
from ops.core.quantity import Size
from ops.policy.model import Asset
from ops.restic.sets import Set


@dataclass(frozen=True)
class Wanted:
    """What a person wants of a restore.

    to: places, as [PART=]PLACE. part: only these parts of the set. only: only these paths or tables.
    in_place: whether the data go in the place of what is there.
    """

    to: Sequence[str] = ()
    part: Sequence[str] = ()
    only: Sequence[str] = ()
    in_place: bool = False


@dataclass(frozen=True)
class Step:
    """One part of a set and its destination: a folder, or a database, or (live) the place of what is there.

    facts: the manifest's. options: of the source in the policy, none when it is not there any more. bytes: stored.
    completed_by: the part that is restored over this one, where it needs one to be whole.
    """

    label: str
    facts: Mapping[str, Any]
    options: Any
    bytes: int
    folder: Path | None = None
    database: str = ""
    live: bool = False
    completed_by: Step | None = None

    @property
    def kind(self) -> Any:
        """The kind of source that it was taken by."""
        return kinds.load("ops.sources", self.facts["kind"])

    def words(self) -> str:
        """Return one line for a person."""
        what = f"{self.label} ({self.facts['kind']}, {Size(self.bytes)})"
        if self.live and self.database:
            return f"{what}: in the place of the database {self.database}, which is kept under another name"
        if self.live:
            homes = ", ".join(str(path) for path in self.kind.homes(self.options).values())
            return f"{what}: in the place of {homes}, which is kept under another name"
        return f"{what}: into the folder {self.folder}" if self.folder else f"{what}: as the database {self.database}"


def planned(asset: Asset, which: Set, manifest: Mapping[str, Any], options: Wanted) -> list[Step]:
    """Return the steps for what a person asked; raise UsageError for what can't be."""
    parts = _parts(manifest, options.part)
    wishes = _wishes(options.to, list(parts))
    if bool(options.to) == options.in_place:
        raise UsageError("where to?", "--to /folder, --to NEW_DATABASE, or --in-place")
    if options.only and options.in_place:
        # The part that was brought would stand where all was.
        raise UsageError("--only and --in-place do not go together", "restore beside, and copy what you need")
    steps = []
    for label, facts in parts.items():
        if "completes" in facts:
            continue
        step = _step(asset, which, manifest["parts"], label)
        steps.append(_live(step) if options.in_place else _beside(step, wishes.get(label) or wishes.get("")))
    if not steps:
        raise UsageError(f"{', '.join(parts)} completes another part and comes with that", "--part with its name")
    names = [step.database for step in steps if step.database]
    if len(set(names)) < len(names):
        raise UsageError("several databases can't get one name", "--to '{}_restored', or --part for one of them")
    return steps


def _step(asset: Asset, which: Set, parts: Mapping[str, Mapping[str, Any]], label: str) -> Step:
    """Return a part as it is in the set, with the one that completes it; where it goes is not said yet."""
    spec = asset.sources.get(label.partition(".")[0])
    options = spec.options if spec else None
    bare = {name: Step(name, parts[name], options, which.parts[name].bytes) for name in parts}
    over = next((bare[name] for name, facts in parts.items() if facts.get("completes") == label), None)
    return replace(bare[label], completed_by=over, bytes=bare[label].bytes + (over.bytes if over else 0))


def _parts(manifest: Mapping[str, Any], named: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the parts of the set that are meant: those named, with all that a source stands for, or all."""
    parts: dict[str, Mapping[str, Any]] = manifest["parts"]
    for name in named:
        if not any(name in (label, label.partition(".")[0]) for label in parts):
            near = kinds.nearest(name, list(parts))
            raise UsageError(f"the set has no part {name!r}{near}", f"it has: {', '.join(parts)}")
    return {label: facts for label, facts in parts.items() if not named or {label, label.partition(".")[0]} & {*named}}


def _wishes(words: Sequence[str], labels: list[str]) -> dict[str, str]:
    """Return the places by part, and by nothing for all other parts."""
    wishes = {}
    for word in words:
        name, equals, place = word.partition("=")
        if word.startswith("/") or not equals:
            wishes[""] = word
            continue
        meant = [label for label in labels if name in (label, label.partition(".")[0])]
        if not meant:
            raise UsageError(f"--to {word}: the set has no part {name!r}", f"it has: {', '.join(labels)}")
        wishes |= dict.fromkeys(meant, place)
    return wishes


def _beside(step: Step, place: str | None) -> Step:
    if not place:
        raise UsageError(f"where shall {step.label} go?", f"--to {step.label}=PLACE, or --part for the others only")
    if place.startswith("/"):
        return replace(step, folder=Path(place, step.label))
    if step.kind.land is None or step.options is None:
        raise UsageError(
            f"{step.label} ({step.facts['kind']}) goes into a folder, not into a database",
            f"--to {step.label}=/FOLDER",
        )
    name = place.replace("{}", str(step.facts["database"]))
    if name == step.facts["database"]:
        raise UsageError(f"{name} is the database itself; nothing is restored over it", "--in-place would replace it")
    return replace(step, database=name)


def _live(step: Step) -> Step:
    if step.options is None:
        raise UsageError(f"the policy does not know {step.label} any more", "restore it --to a folder")
    if step.kind.land:
        name = str(step.facts["database"])
        return replace(step, database=name, live=True)
    if step.kind.homes:
        return replace(step, live=True)
    raise UsageError(
        f"{step.label} ({step.facts['kind']}) can't be put in place by this command", "restore it --to a folder"
    )
