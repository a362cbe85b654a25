"""Drills of dumps that Seawall did not make: loaded and proven as an asset's own, without a manifest.

The dump is never changed, and nothing is started in its folder: a copy of it is drilled, which lies where the drill's
unit can see it, and is removed at the end.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from ops.core import kinds
from ops.core.errors import Unavailable, UsageError
from ops.core.files import demand_room, digest
from ops.core.own_folder import forget, own_folder
from ops.core.quantity import span
from ops.core.run import run
from ops.core.verdict import Finding, Verdict, not_configured, worst
from ops.interfaces.drill import Drill, Part
from ops.interfaces.manifest import Material, PartFacts
from ops.interfaces.server import ExternalDump, ExternalFacts
from ops.interfaces.source import Source
from ops.jobs.drill.job import measured, play, scratch
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import WORDS, DrillStage
from ops.jobs.host import folders
from ops.jobs.run.job import Outcome
from ops.jobs.run.program_words import apart
from ops.policy.model import Asset, Drilled

LABEL = "dump"
_DAY = 86_400.0
_NAMES = "--dump takes a file, or a folder of pg_dump"
_UNPROVEN = (
    "that nothing is missing: the dump has no manifest that says what it must contain",
    "the age of the data",
)


@contextmanager
def brought(name: str, dump: str) -> Iterator[str]:
    """Copy a dump to where the drill's unit sees it, for a block; return the copy's path. No dump: no copy."""
    if not dump:
        yield ""
        return
    original = Path(dump).resolve()
    size = sum(path.stat().st_size for path in _files(original))
    folder = folders.state() / "dumps"
    folder.mkdir(mode=0o700, exist_ok=True)
    forget(folder, "")  # what is left of drills that were killed, whatever they were of
    demand_room(folder, size, "the copy of the dump")
    with own_folder(folder, f"{name}.") as place:
        run(["cp", "-r", "--reflink=auto", "--no-preserve=all", "--", original, place / LABEL], timeout=_DAY)
        yield str(place / LABEL)


def _files(dump: Path) -> list[Path]:
    """Return the files of a dump by name; raise UsageError when it is not there, or holds anything else."""
    try:
        found = sorted(dump.iterdir()) if dump.is_dir() else [dump]
        plain = [path for path in found if stat.S_ISREG(path.lstat().st_mode)]
    except OSError as error:
        raise UsageError(f"{dump} can't be read: {error.strerror}", _NAMES) from error
    if not plain or len(plain) != len(found):
        raise UsageError(f"{dump} is empty, or contains something other than files", _NAMES)
    return plain


@dataclass
class ExternalDumpStage(DrillStage[Any]):
    """A stage whose material is a dump that lies here."""

    dump: Path = field(default_factory=Path)

    def bring(self, label: str, folder: Path, _only: Sequence[str] = ()) -> None:
        """Copy the dump to a folder, under the name by which it is loaded."""
        folder.mkdir(parents=True)
        facts = self.parts[label].told.facts
        assert isinstance(facts, ExternalFacts)  # noqa: S101 -- what the stage was made with
        name = facts.file
        run(["cp", "-r", "--reflink=auto", "--no-preserve=all", "--", self.dump, folder / name], timeout=_DAY)

    def companions(self, _label: str) -> Mapping[str, Path]:
        """Return nothing: such a dump has no texts beside it."""
        return {}


def drilled_dump(name: str, what: Drilled, wanted: DrillOptions) -> Outcome:
    """Drill a dump as if it were of an asset, and judge what was found."""
    asset, dump = what.asset, Path(wanted.dump)
    if asset.drill is None:
        raise Unavailable(f"{name} has no drill in the policy")
    kind, source, external = _source(asset)
    files = _files(dump)
    with scratch(name) as folder, apart(folder / WORDS):
        drill: Drill[Any] = kinds.load("ops.drills", "database")
        chance = Random(wanted.seed)  # noqa: S311 -- repeatable
        # There is no repository; nothing of it is asked for.
        stage = ExternalDumpStage(name, asset.drill, None, wanted, folder, chance, drill.options(), dump=dump)  # type: ignore[arg-type]
        with stage.timed("find"):
            facts = external.examine(dump, stage.tree())
            size = sum(path.stat().st_size for path in files)
            digested = _digest(files)
        made = replace(source, database=external.server, damages={})
        label = asset.drill.asks or LABEL
        stage.parts = {label: Part(label, PartFacts(kind, made, facts, Material()), size)}
        stage.tell(dump={"sha256": digested, "bytes": size})
        for sentence in _UNPROVEN:
            stage.unproven(sentence)
        play(stage, drill)
    if not asset.drill.expectations:
        stage.rung("semantics", not_configured("drill.expectations has no queries"))
    return _outcome(stage, asset, size)


def _source(asset: Asset) -> tuple[str, Source[Any, Any], ExternalDump[Any]]:
    """Return the kind of database that the asset holds; raise UsageError when it holds none, or several."""
    found: dict[str, Source[Any, Any]] = {
        spec.kind: kinds.load("ops.sources", spec.kind) for spec in asset.sources.values()
    }
    fitting = [(kind, source, source.external_dump) for kind, source in found.items() if source.external_dump]
    if len(fitting) != 1:
        raise UsageError("a dump can be drilled only as an asset with one kind of database", "name such an asset")
    return fitting[0]


def _digest(files: Sequence[Path]) -> str:
    """Return the SHA-256 of a file; of several, that of what `sha256sum` prints of them."""
    if len(files) == 1:
        return digest(files[0])
    lines = "".join(f"{digest(path)}  {path.name}\n" for path in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _outcome(stage: ExternalDumpStage, asset: Asset, size: int) -> Outcome:
    recovery = stage.recovery_seconds
    over = Verdict.FAIL if recovery > asset.rto.seconds else Verdict.PASS
    stage.rung("rto", Finding(over, f"loaded in {span(recovery)} of {asset.rto}"))
    verdict = worst(rung.verdict for rung in stage.rungs)
    wrong = [f"{rung.name}: {rung.message}" for rung in stage.rungs if rung.verdict is not Verdict.PASS]
    facts = stage.with_told(replace(measured(stage, asset), kind="database", method="dump"))
    said = f"a dump of {size} bytes loaded in {span(recovery)} (RTO {asset.rto})"
    message = "; ".join([said, *wrong]) if wrong else f"{said}; {len(stage.rungs)} proof steps pass"
    return Outcome(verdict, message, facts if verdict is Verdict.PASS else None, facts)
