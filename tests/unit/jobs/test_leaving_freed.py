"""What left is removed for good only when nothing speaks against it: that alone of a run can't be taken back."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ops.core import clock
from ops.core.names import Digest, HostName, Name, SetId
from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.interfaces.leaving import KeptSet, RetentionPlan
from ops.interfaces.retention_run import RetentionRun, Stage
from ops.interfaces.state import SCRUB, ScrubbedRepository, ScrubState
from ops.jobs.host import state_files
from ops.jobs.keeper.settling import freed
from ops.keeper import leaving

DAY = 86_400.0
GRACE = Duration(14 * 86_400)


def proven(asset: str, arrived: float) -> KeptSet:
    digest = Digest(f"{len(asset):064x}")
    return KeptSet(
        asset=Name(asset), set=SetId(asset), arrived=arrived, snapshots=(digest,), proven=True, why="the newest"
    )


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A backup host whose client let a set of `his` leave fifteen days ago; all was read since."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    (tmp_path / "var/lib/seawall/state").mkdir(parents=True)
    place = tmp_path / "srv/seawall"
    (place / "his1").mkdir(parents=True)
    run = leaving.begin(place, "his1")
    kept = place / ".leaving/his1" / run.run / leaving.KEPT / "data/00"
    kept.mkdir(parents=True)
    (kept / ("0" * 64)).write_bytes(b"a pack")
    leaving.note(place, replace(run, stage=Stage.KEPT, assets=(Name("his"),), ended=time.time() - 15 * DAY))
    scrub = ScrubState(
        verdict=Verdict.PASS,
        finished=clock.iso(clock.now()),
        every=30 * 86_400,
        repositories={HostName("his1"): ScrubbedRepository()},
    )
    state_files.write(SCRUB, scrub)
    yield place


def plan(*stays: KeptSet, refused: tuple[str, ...] = ()) -> RetentionPlan:
    return RetentionPlan(client=HostName("his1"), made=time.time(), stays=stays, leaves=(), refused=refused)


def tried(base: Path, made: RetentionPlan, *drilled: str) -> list[str]:
    return freed(base, "his1", made, GRACE, time.time(), drilled)


def held(base: Path) -> set[str]:
    return leaving.held(base, "his1")


def run_of(base: Path) -> RetentionRun:
    (run,) = leaving.runs(base, "his1")
    return run


def test_it_is_freed_when_nothing_speaks_against_it(base: Path) -> None:
    said = tried(base, plan(proven("his", time.time())), "his")
    assert "was freed" in said[0]
    assert (held(base), run_of(base).stage) == (set(), Stage.FREED)


def test_a_clock_that_jumps_ahead_ends_no_grace(base: Path) -> None:
    why = "this machine's clock is not synchronised; see timedatectl"
    said = tried(base, plan(proven("his", time.time()), refused=(why,)), "his")
    assert said == [f"run {run_of(base).run} waits to be freed: the plan refuses: {why}"]
    assert held(base)


def test_packs_are_whichever_asset_s_so_each_that_is_drilled_has_to_be(base: Path) -> None:
    now = time.time()
    said = tried(base, plan(proven("his", now), proven("lis", now - 16 * DAY)), "his", "lis")
    assert "no set of lis that arrived since was drilled" in said[0]
    assert held(base)
    assert "was freed" in tried(base, plan(proven("his", now), proven("lis", now)), "his", "lis")[0]


def test_the_space_comes_back_though_the_removal_was_killed(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(proven("his", time.time()))
    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(leaving, "free", _killed)
        tried(base, made)
    assert (run_of(base).stage, bool(held(base))) == (Stage.FREED, True)
    tried(base, made)
    assert not held(base)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
