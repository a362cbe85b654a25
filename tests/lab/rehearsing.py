"""A drill on this computer, in the lab's trees but without machines: a folder stands for the repository.

Everything else is the drill's own: its kind, its stage, its damages, its proof.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from ops.core import kinds
from ops.core.verdict import Finding, Verdict
from ops.drills import Drill, Part
from ops.jobs.rehearsal import Rehearsal
from ops.jobs.sabotage import Sabotage
from ops.jobs.wishes import Wishes
from ops.policy.model import Drill as Drilled
from ops.sources import Server

CHECKOUT = Path(__file__).parents[2]
_MINUTES = 60.0


def unpacked(release: str, folder: Path) -> Path:
    """Unpack the bare tree of a Debian release, as the role drill_host does."""
    folder.mkdir()
    archive = CHECKOUT / f".cache/trees/{release}.tar.gz"
    subprocess.run(["tar", "-xzf", archive, "-C", folder], check=True)
    return folder


@dataclass
class Kept:
    """What a set would hold of one part: its facts, its material and the texts beside it, in a folder."""

    label: str
    kind: str
    facts: Mapping[str, Any]
    folder: Path
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def part(self) -> Part:
        size = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        facts = json.loads(json.dumps(self.facts))
        return Part(self.label, facts, kinds.load("ops.sources", self.kind), size)


@dataclass
class Here(Rehearsal):
    """A stage whose material is copied from a folder."""

    root: Path = Path("/nowhere")
    kept: Mapping[str, Kept] = field(default_factory=dict)
    copied: Callable[[Server, str, str], None] | None = None
    ways: Sequence[str] = ()
    noticed: dict[str, tuple[str, str]] = field(default_factory=dict)

    def hurt(self, moment: str, label: str, *where: Any) -> None:
        """Hurt as a drill does; or hurt copies of what was loaded, each in one way, and prove each."""
        super().hurt(moment, label, *where)
        if moment == "data" and self.copied:
            server, database, facts = where
            source = self.parts[label].source
            for way in self.ways:
                self.copied(server, database, "hurt")
                words = source.damages[way].act(server, "hurt", facts, self.chance)
                assert words, f"nothing was hurt by {way}"
                self.noticed[way] = (failing(source.prove(server, "hurt", facts)), words)
                server.run(["dropdb", "hurt"], _MINUTES)

    def tree(self) -> Path:
        return self.root

    def bring(self, label: str, folder: Path, only: Any = ()) -> None:
        shutil.copytree(self.kept[label].folder, folder)

    def companions(self, label: str) -> Mapping[str, Path]:
        place = self.scratch / "texts" / label
        place.mkdir(parents=True, exist_ok=True)
        for name, text in self.kept[label].texts.items():
            (place / name).write_text(text, encoding="utf-8")
        return {name: place / name for name in self.kept[label].texts}


def failing(findings: Iterable[tuple[str, Finding]]) -> str:
    """Return the names of the rungs that failed."""
    return ", ".join(name for name, finding in findings if finding.verdict is Verdict.FAIL)


def drilled(tree: Path, kept: Kept, scratch: Path, sabotage: str = "", seed: int = 1, **more: Any) -> Here:
    """Drill one part, hurt in one way or in none; return the stage with what it found."""
    kind: Drill[Any] = kinds.load("ops.drills", "database")
    policy = Drilled(host="here", every=None)  # type: ignore[arg-type]
    scratch.mkdir()
    scratch.chmod(0o755)
    try:
        stage = Here("asset", policy, None, Wishes(seed=seed), scratch, Random(seed), kind.options(), **more)  # type: ignore[arg-type]
        stage.root, stage.kept, stage.parts = tree, {kept.label: kept}, {kept.label: kept.part}
        stage.sabotage = Sabotage(sabotage, stage.parts.values(), stage.chance) if sabotage else None
        kind.play(stage)
    finally:
        shutil.rmtree(scratch)
    return stage
