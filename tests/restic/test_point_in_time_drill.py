"""A drill of a cluster whose log is archived reaches a moment drawn by chance, and notices what is wrong with the log."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from archiving import ASSET, Site, archiving
from bare_tree import bare_tree
from throwaway_postgresql import ONLY_ROOT

from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.drills.point_in_time import Options
from ops.interfaces.outcome import DrillFacts
from ops.jobs.drill.job import drilled
from ops.jobs.drill.options import DrillOptions
from ops.jobs.host import own_policy
from ops.jobs.run.job import Outcome
from ops.policy.model import Drill, Drilled

pytestmark = ONLY_ROOT
NEWEST = "select max(at) from visits"
MINUTE = 60


@contextmanager
def visited(site: Site, first: int) -> Iterator[None]:
    """Commit row after row while a block runs, as a hospital does; each has its own moment."""
    over = threading.Event()

    def write() -> None:
        number = first
        while not over.wait(0.1):
            site.visit(number)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


@pytest.fixture(scope="module")
def site(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A cluster with a table space, in which rows were written all the time while its log was archived."""
    with archiving(backed_up, tmp_path_factory.mktemp("drilled")) as one:
        (one.open / "apart").mkdir()
        shutil.chown(one.open / "apart", "postgres")
        one.server.psql(f"create tablespace apart location '{one.open}/apart'")
        one.server.psql("alter table visits set tablespace apart; create table marks (n int)")
        bare_tree(one.machine.root / "var/lib/seawall/trees/bookworm")
        for ending in ("url", "password"):
            folder = one.machine.root / "etc/seawall/credentials"
            shutil.copy(folder / f"primary.{ending}", folder / f"his1-primary.{ending}")
        (one.machine.root / "var/lib/seawall/state").mkdir(exist_ok=True)
        with visited(one, 1000):
            assert one.machine.seawall("backup", ASSET) == 0
            for _ in range(3):
                one.server.psql("insert into marks select generate_series(1, 3000)")
                assert one.machine.seawall("log", ASSET) == 0
        yield one


Drilling = Callable[..., Outcome]


@pytest.fixture
def drilling(site: Site) -> Drilling:
    """A function that drills the cluster, with wishes of a person."""

    def drill(*, options: Options | None = None, rpo: int = 30 * MINUTE, **wishes: Any) -> Outcome:
        policy = own_policy.read()
        how = Drill("drill1", Duration(MINUTE), "point_in_time", options or Options("postgres", NEWEST))
        asset = replace(policy.assets[ASSET], drill=how, rpo=Duration(rpo))
        return drilled(policy, ASSET, Drilled("his1", asset), DrillOptions(seed=wishes.pop("seed", 1), **wishes))

    return drill


def facts(outcome: Outcome) -> DrillFacts:
    assert isinstance(outcome.facts, DrillFacts)
    return outcome.facts


def rungs(outcome: Outcome) -> dict[str, tuple[Verdict, str]]:
    return {rung.name: (rung.verdict, rung.message or "") for rung in facts(outcome).rungs}


def test_a_moment_by_chance_is_reached_exactly(site: Site, drilling: Drilling) -> None:
    moments = set()
    for seed in (1, 2):
        found = drilling(seed=seed)
        assert found.verdict is Verdict.PASS, found.message
        moment = datetime.fromisoformat(facts(found).moment or "")
        moments.add(moment)
        stamp = moment.isoformat()
        told = rungs(found)
        before = site.server.psql(f"select max(at) from visits where at < '{stamp}'")
        after = site.server.psql(f"select min(at) from visits where at > '{stamp}'")
        print(told, before, after)
    assert len(moments) == 2
