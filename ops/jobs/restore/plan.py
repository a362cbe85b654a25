"""What a restore is going to do: for each part of the set, what becomes of it and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ops.core import kinds
from ops.core.errors import UsageError
from ops.core.quantity import Size
from ops.interfaces.manifest import Manifest, PartFacts
from ops.interfaces.source import Source
from ops.policy.model import Asset
from ops.restic.sets import Set


@dataclass(frozen=True)
class Wanted:
    """What a person wants of a restore.

    to: places, as [PART=]PLACE. part: only these parts of the set. only: only these paths or tables.
    in_place: whether the data go in the place of what is there. constraints: whether the indexes and constraints of the
    tables come with them. logins: whether accounts that are made may log in.
    """

    to: Sequence[str] = ()
    part: Sequence[str] = ()
    only: Sequence[str] = ()
    in_place: bool = False
    constraints: bool = False
    logins: bool = False


@dataclass(frozen=True)
class Step:
    """One part of a set and its destination: a folder, or a database, or (live) the place of what is there.

    told: by the manifest. options: of the source in the policy, none when it is not there any more. bytes: stored.
    completed_by: the part that is restored over this one, where it needs one to be whole. constraints: whether those of
    the tables come with them, where some tables alone are meant. logins: whether accounts that are made may log in.
    """

    label: str
    told: PartFacts
    options: Any
    bytes: int
    folder: Path | None = None
    database: str = ""
    live: bool = False
    completed_by: Step | None = None
    constraints: bool = False
    logins: bool = False

    @property
    def source(self) -> Source[Any, Any]:
        """The kind of source that it was taken by."""
        return self.told.source

    @property
    def homes(self) -> Mapping[str, Path]:
        """The places on this machine that it is put to in place, by the path in the restored folder."""
        return self.source.in_place_paths(self.options) if self.source.in_place_paths else {}

    def words(self) -> str:
        """Return one line for a person."""
        what = f"{self.label} ({self.told.kind}, {Size(self.bytes)})"
        if self.live and self.database:
            return f"{what}: in place of the database {self.database}, which is kept under another name"
        if self.live:
            homes = ", ".join(str(path) for path in self.homes.values())
            return f"{what}: in place of {homes}, which is kept under another name"
        return f"{what}: into the folder {self.folder}" if self.folder else f"{what}: as the database {self.database}"


def planned(asset: Asset, which: Set, manifest: Manifest, options: Wanted) -> list[Step]:
    """Return the steps for what a person asked; raise UsageError for what can't be."""
    parts = _parts(manifest.parts, options.part)
    wishes = _wishes(options.to, list(parts))
    if bool(options.to) == options.in_place:
        raise UsageError("missing restore target", "use --to /FOLDER, --to NEW_DATABASE, or --in-place")
    if options.only and options.in_place:
        # The part that was brought would stand where all was.
        raise UsageError(
            "--only and --in-place can't be combined", "restore next to the live data, and copy what you need"
        )
    if options.constraints and not options.only:
        raise UsageError("--with-constraints needs --only", "all of a database always comes with its constraints")
    steps = []
    for label, told in parts.items():
        if told.completes:
            continue
        step = replace(
            _step(asset, which, manifest.parts, label), constraints=options.constraints, logins=options.logins
        )
        steps.append(_live(step) if options.in_place else _beside(step, wishes.get(label) or wishes.get("")))
    if not steps:
        raise UsageError(
            f"{', '.join(parts)} belongs to another part and is restored with it", "use --part with its name"
        )
    names = [step.database for step in steps if step.database]
    if options.logins and not names:
        raise UsageError("--with-logins needs a database", "accounts are made where a database is loaded into a server")
    if len(set(names)) < len(names):
        raise UsageError(
            "several databases can't have the same name", "use --to '{}_restored', or --part for one of them"
        )
    return steps


def _step(asset: Asset, which: Set, parts: Mapping[str, PartFacts], label: str) -> Step:
    """Return a part as it is in the set, with the one that completes it; where it goes is not said yet."""
    spec = asset.sources.get(label.partition(".")[0])
    options = spec.options if spec and spec.kind == parts[label].kind else None
    bare = {name: Step(name, parts[name], options, which.parts[name].bytes) for name in parts}
    over = next((bare[name] for name, told in parts.items() if told.completes == label), None)
    return replace(bare[label], completed_by=over, bytes=bare[label].bytes + (over.bytes if over else 0))


def _parts(parts: Mapping[str, PartFacts], named: Sequence[str]) -> dict[str, PartFacts]:
    """Return the parts of the set that are meant: those named, with all that a source stands for, or all."""
    for name in named:
        if not any(name in (label, label.partition(".")[0]) for label in parts):
            near = kinds.nearest(name, list(parts))
            raise UsageError(f"the set has no part {name!r}{near}", f"its parts: {', '.join(parts)}")
    return {label: told for label, told in parts.items() if not named or {label, label.partition(".")[0]} & {*named}}


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
            raise UsageError(f"--to {word}: the set has no part {name!r}", f"its parts: {', '.join(labels)}")
        wishes |= dict.fromkeys(meant, place)
    return wishes


def _beside(step: Step, place: str | None) -> Step:
    if not place:
        raise UsageError(
            f"missing restore target for {step.label}",
            f"use --to {step.label}=PLACE, or --part for the others only",
        )
    if place.startswith("/"):
        return replace(step, folder=Path(place, step.label))
    if step.source.restore_into is None or step.options is None:
        raise UsageError(
            f"{step.label} ({step.told.kind}) can be restored only into a folder, not into a database",
            f"use --to {step.label}=/FOLDER",
        )
    name = place.replace("{}", step.told.facts.database_name)
    if name == step.told.facts.database_name:
        raise UsageError(f"{name} is the live database; nothing is restored over it", "use --in-place to replace it")
    return replace(step, database=name)


def _live(step: Step) -> Step:
    if step.options is None:
        raise UsageError(f"{step.label} is no longer in the policy", "restore it into a folder with --to")
    if step.source.restore_into:
        return replace(step, database=step.told.facts.database_name, live=True)
    if step.source.in_place_paths:
        return replace(step, live=True)
    raise UsageError(
        f"{step.label} ({step.told.kind}) can't be restored in place by this command",
        "restore it into a folder with --to",
    )
