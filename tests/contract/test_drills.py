"""What every kind of drill keeps: nothing passes from nothing, and nothing is left of what it tried."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from cluster_example import cluster
from every_kind import decoded, every, example, nothing_left, passes

from ops.core import kinds
from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.verdict import Finding, Verdict
from ops.interfaces.drill import Drill, Part
from ops.interfaces.entry import Entry
from ops.interfaces.manifest import Material, PartFacts, read_part

KEPT = Path(__file__).parents[1] / "unit/interfaces/manifests"
CLUSTER = "his_cluster"  # no manifest of another release has one
TREE = {"his1_server": ("tree", "tree.log")}
# Sets for which a kind is meant: a manifest, and which of its parts.
SETS: dict[str, list[Mapping[str, Sequence[str]]]] = {
    "crash": [TREE],
    "database": [{"his": ("database",)}, {"lab": ("database.lab",)}, {"letters": ("documents",)}],
    "files": [{"letters": ("documents",)}, {"vendor": ("export",)}],
    "machine": [TREE],
    "point_in_time": [{CLUSTER: ("files",)}],
}
KINDS = every("ops.drills")


def parts(which: Mapping[str, Sequence[str]]) -> dict[str, Part]:
    """Return parts of manifests that another release wrote."""
    found = {}
    for manifest, labels in which.items():
        if manifest == CLUSTER:
            with TemporaryDirectory() as place:
                facts = cluster(Path(place))[1]
            told = PartFacts("postgresql_cluster", kinds.load("ops.sources", "postgresql_cluster"), facts, Material())
            found |= {label: Part(label, told, 1000) for label in labels}
            continue
        told = json.loads((KEPT / f"{manifest}.json").read_text(encoding="utf-8"))["parts"]
        for label in labels:
            found[label] = Part(label, read_part(told[label], f"parts.{label}", "manifest.json"), 1000)
    return found


@dataclass
class BareStage:
    """A stage in a folder, whose repository gives back nothing, or fails. told: what the drill found."""

    scratch: Path
    options: Any
    parts: Mapping[str, Part] = field(default_factory=dict)
    fails: bool = False
    name: str = "his"
    chance: Random = field(default_factory=lambda: Random(1))
    instant: bool | None = None
    own_kernel: bool | None = None
    rpo_seconds: int = 3600
    told: list[Finding] = field(default_factory=list)

    def tree(self) -> Path:
        raise Unavailable("the tree is missing")

    def bring(self, label: str, folder: Path, only: Sequence[str] = ()) -> None:
        self._broken()
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def entries(self, label: str) -> Iterator[Iterator[Entry]]:
        self._broken()
        known = self.parts[label].known_files
        yield (Entry(path, "file", 9, 0, 0o644, (0, 0)) for path in known or ["/export"])

    @contextmanager
    def mounted(self) -> Iterator[Mapping[str, Path]]:
        self._broken()
        folders = {label: self.scratch / "mounted" / label for label in self.parts}
        for folder in folders.values():
            folder.mkdir(parents=True)
        yield folders
        for folder in (*folders.values(), self.scratch / "mounted"):
            folder.rmdir()

    def log(self, label: str) -> Any:
        """Return one that the repository lists, and gives nothing of."""
        self._broken()
        now = datetime.now(UTC)
        nothing: dict[str, Any] = {"moment": now, "until": now, "missing": "", "files": 1, "bytes": 0}
        return SimpleNamespace(**nothing, bring=lambda *_folders: {"000000010000000000000001"})

    def companions(self, label: str) -> Mapping[str, Path]:
        return {}

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        yield

    def rung(self, name: str, finding: Finding) -> None:
        self.told.append(finding)

    def enough(self) -> bool:
        return False

    def ask(self, name: str, answer: Any, *, alone: bool) -> None:
        answer("select 1")

    def ignored(self, *_what: Any, **_more: Any) -> None:
        """Take note of nothing."""

    happened = unproven = tell = expect = hurt_files = hurt_data = shown = files_in = refer = ignored

    def _broken(self) -> None:
        if self.fails:
            raise Damaged("the repository is damaged")


def played(kind: str, stage: BareStage) -> bool:
    """Play, and say whether it ends with all that was told good; a drill that raises tells that it could not."""
    drill: Drill[Any] = kinds.load("ops.drills", kind)
    stage.options = decoded(kind, drill.options)
    stage.scratch.mkdir()
    try:
        drill.play(stage)
    except (SeawallError, OSError):
        return False
    return passes(stage.told)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[BareStage]:
    made = BareStage(tmp_path / "scratch", None)
    with nothing_left(made.scratch):
        yield made


def test_a_set_without_parts_is_refused(kind: str, stage: BareStage) -> None:
    with pytest.raises(SeawallError):
        drill: Drill[Any] = kinds.load("ops.drills", kind)
        stage.options = decoded(kind, drill.options)
        stage.scratch.mkdir()
        drill.play(stage)
    assert stage.told == []


def sets_of(kind: str) -> list[dict[str, Part]]:
    return [parts(which) for which in example(SETS, kind, f"SETS in {__file__}")]


@pytest.mark.parametrize("fails", [False, True], ids=["gives back nothing", "fails"])
def test_what_cannot_be_restored_is_no_pass(kind: str, tmp_path: Path, fails: bool) -> None:
    for number, found in enumerate(sets_of(kind)):
        stage = BareStage(tmp_path / str(number), None, found, fails)
        with nothing_left(stage.scratch):
            assert not played(kind, stage), f"{[*found]}: {stage.told}"


def test_parts_that_it_is_not_for_are_no_pass(kind: str, tmp_path: Path) -> None:
    everything = [one for which in SETS.values() for one in which]
    for number, found in enumerate(map(parts, everything)):
        stage = BareStage(tmp_path / str(number), None, found)
        with nothing_left(stage.scratch):
            assert not played(kind, stage), f"{[*found]}: {stage.told}"


def test_this_suite_would_see_a_pass(stage: BareStage) -> None:
    stage.rung("content", Finding(Verdict.PASS, "as the manifest says"))
    assert passes(stage.told)
