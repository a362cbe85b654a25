"""A drill of a database, without its further proofs, against the same restore by hand; and what the proofs cost.

It runs on this computer, in the lab's tree of Debian 12, from a repository on this disk.
"""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from ops.core.errors import Damaged, Unavailable
from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.drills.database import KIND, Options
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import DrillStage
from ops.jobs.host.repositories import OpenRepository
from ops.policy.model import Drill
from ops.restic.repository import Repository
from ops.restic.sets import sets, tags
from tests.benchmarks.timing import table
from tests.lab.servers.rehearsing import LABEL, Kept, kept_postgresql

CHECKOUT = Path(__file__).parents[2]
TREE = CHECKOUT / ".cache/trees/bookworm.tar.gz"
HAND = Path(__file__).with_name("drill_by_hand.sh")
BY_HAND, OURS = "by hand: restic dump, initdb, pg_restore -j 2", "seawall drill, to the loaded data"
ROUNDS = 5
ROWS = 1_000_000
SCRIPT = f"""
create table results (
  id bigint generated always as identity primary key, taken timestamptz, value numeric, note text
);
insert into results (taken, value, note)
select timestamptz '2026-01-01' + i * interval '1 s', i / 7.0, 'laudo ' || md5(i::text)
from generate_series(1, {ROWS}) i;
create index on results (taken);
"""


@dataclass
class Timed(DrillStage[Options]):
    """A stage in a tree that lies elsewhere than on a drill host."""

    root: Path = field(default_factory=Path)
    texts: Mapping[str, str] = field(default_factory=dict)

    def tree(self) -> Path:
        return self.root

    def companions(self, label: str) -> Mapping[str, Path]:
        (self.scratch / "texts").mkdir()
        found = {name: self.scratch / "texts" / name for name in self.texts}
        for name, path in found.items():
            path.write_text(self.texts[name], encoding="utf-8")
        return found


def measure() -> Iterator[str]:
    """Yield the table; raise Unavailable where the tree is not there."""
    if not TREE.exists():
        raise Unavailable("the tree of Debian 12 is missing", "make demo")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        folder = Path(place)
        folder.chmod(0o755)
        tree = folder / "tree"
        tree.mkdir()
        subprocess.run(["tar", "-xzf", TREE, "-C", tree], check=True)
        kept = kept_postgresql(tree, 15, SCRIPT, folder / "made")
        yield measured(folder, tree, kept, stored(folder, kept))


def stored(folder: Path, kept: Kept) -> Repository:
    """Put the dump into a repository of its own."""
    (folder / "url").write_text(str(folder / "repository"))
    (folder / "password").write_text("of this benchmark")
    (folder / "roles").write_text(kept.texts["globals.sql"])
    authority = Path("/etc/ssl/certs/ca-certificates.crt")
    repository = Repository("bench", folder / "url", folder / "password", authority, locks=False)
    repository.init()
    dump = ["cat", str(kept.folder / "database.dump")]
    repository.backup_stream(dump, "database.dump", tags("his", "one", LABEL), "here", timeout=600)
    return repository


def measured(folder: Path, tree: Path, kept: Kept, repository: Repository) -> str:
    """Take both ways in turn, and return the medians."""
    hand: list[float] = []
    ours: list[float] = []
    proofs: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        hand.append(seconds(lambda: by_hand(folder, tree)))
        stage = drilled(folder / "drill", tree, kept, repository)
        ours.append(stage.recovery_seconds)
        proofs.append((stage.spent["prove"], stage.spent["restore"]))
    found = {BY_HAND: median(hand), OURS: median(ours)}
    told = table(f"drill of {ROWS:,} rows", found, BY_HAND, "at most 1.15")
    spent, loaded = (median(seconds) for seconds in zip(*proofs, strict=True))
    return f"{told}\n  further proofs: {spent:.3f} s, {spent / loaded:.2f} of the load (aim: at most 0.5)"


def by_hand(folder: Path, tree: Path) -> None:
    room = folder / "hand"
    words: list[str | Path] = ["bash", HAND, tree, room, folder / "repository", folder / "password", folder / "roles"]
    subprocess.run(["unshare", "--mount", "--propagation=slave", *words], check=True)
    shutil.rmtree(room)


def drilled(scratch: Path, tree: Path, kept: Kept, repository: Repository) -> Timed:
    """Drill as the job does; every rung must pass."""
    scratch.mkdir(mode=0o755)
    asset = Drill("here", Duration(86_400))
    place = OpenRepository(repository, None)  # type: ignore[arg-type]
    stage = Timed("his", asset, place, DrillOptions(), scratch, Random(), Options(), root=tree, texts=kept.texts)
    (stage.found,) = sets(repository.snapshots())
    part = kept.part
    stage.parts = {LABEL: part}
    try:
        KIND.play(stage)
    finally:
        shutil.rmtree(scratch)
    wrong = [f"{rung.name}: {rung.message}" for rung in stage.rungs if rung.verdict is not Verdict.PASS]
    if wrong:
        raise Damaged(f"the drill that is measured failed: {'; '.join(wrong)}")
    return stage


def seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
