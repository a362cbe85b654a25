"""A drill of a cluster whose log is archived reaches a moment by chance, and notices what is wrong with the log."""

import json
import os
import re
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from archiving import ASSET, Site, archiving
from bare_tree import bare_tree
from throwaway_postgresql import ONLY_ROOT

from ops.core.errors import CommandError, UsageError
from ops.core.quantity import Duration
from ops.core.verdict import Verdict
from ops.drills import point_in_time
from ops.drills._shared.sandbox import Tree
from ops.drills.point_in_time import Options
from ops.interfaces.outcome import DrillFacts
from ops.jobs.drill.job import drilled
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import DrillStage
from ops.jobs.host import own_policy
from ops.jobs.run.job import Outcome
from ops.policy.model import Drill, Drilled

pytestmark = ONLY_ROOT
NEWEST = "select max(at) from visits"
FIRST = 1000  # number of the rows that are written all the time
EMPTY = "nothing was archived after the set, so there is nothing to play; `seawall log ASSET` archives"
SETTINGS = """select setting from pg_settings where name in ('archive_mode', 'restore_command', 'port')
  order by array_position(array['archive_mode', 'restore_command', 'port'], name)"""
NETWORK = "select pg_ls_dir('/sys/class/net')"
NOTICED = {
    "bit_flipped": "content",
    "end_cut_off": "content",
    "file_emptied": "content",
    "file_removed": "content",
    "segment_cut": "log",
    "segment_flipped": "moment",
    "segment_missing": "log, moment",
    "segment_of_another_timeline": "log, moment",
}
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
        with visited(one, FIRST):
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
        told, moment = rungs(found), datetime.fromisoformat(facts(found).moment or "")
        moments.add(moment)
        # What the server of the day says of its commits: the row is of some milliseconds before its commit.
        rows = site.server.psql("select json_agg(at order by at) from visits")
        before = max(at for at in map(datetime.fromisoformat, json.loads(rows)) if at <= moment)
        age = re.search(r"the newest row is (?:([0-9.]+)s|0s) older than the moment", told["newest row"][1])
        assert age, told
        assert float(age[1] or 0) - (moment - before).total_seconds() < 1  # a row in the middle of its commit
        assert set(told) == {"content", "log", "moment", "integrity", "newest row", "rto", "rpo"}
    assert len(moments) == 2
    asked = drilling(at=min(moments).isoformat())
    assert asked.verdict is Verdict.PASS
    assert datetime.fromisoformat(facts(asked).moment or "") == min(moments)


def test_a_moment_that_the_log_does_not_reach_is_refused(site: Site, drilling: Drilling) -> None:
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    with pytest.raises(UsageError, match="its log leads from "):
        drilling(at=ahead)


def test_rows_that_stopped_before_the_moment_fail_it_and_a_query_that_fails_is_unknown(drilling: Drilling) -> None:
    late = drilling(options=Options("postgres", "select max(at) - interval '1 hour' from visits"))
    assert rungs(late)["newest row"][0] is Verdict.FAIL
    assert late.verdict is Verdict.FAIL
    nothing = drilling(options=Options("nowhere", "select 1"))
    assert rungs(nothing)["newest row"][0] is Verdict.UNKNOWN


@pytest.mark.parametrize(("damage", "noticed"), NOTICED.items())
def test_each_damage_is_noticed(drilling: Drilling, damage: str, noticed: str) -> None:
    """By these steps always; which file is hurt is chance, and without many the server does not start either."""
    found = drilling(sabotage=damage)
    told = rungs(found)
    assert {name for name, (verdict, _) in told.items() if verdict is Verdict.FAIL} >= {*noticed.split(", ")}, told
    assert facts(found).sabotage


def test_the_page_says_what_notices_which_damage() -> None:
    from ops.sources.postgresql_cluster import KIND

    page = Path(__file__).parents[2] / "docs/sabotage.md"
    lines = [f"| `{name}` | {NOTICED[name]} |" for name in sorted(KIND.damages)]
    assert "\n".join(["| damage to a cluster | noticed by |", "| --- | --- |", *lines, ""]) in page.read_text("utf-8")


def left_by_an_intruder(data: Path, outside: Path) -> None:
    """Settings, links and libraries as somebody who broke in would leave them among a cluster's files."""
    # Where the server of the drill could write, had it come there.
    trace = "touch /mnt/data/ran /mnt/socket/ran"
    conf = f"archive_mode = on\narchive_command = '{trace}'\nrestore_command = '{trace}'\n"
    conf += f"recovery_end_command = '{trace}'\nshared_preload_libraries = 'nowhere'\nport = 7\n"
    for name in ("postgresql.conf", "postgresql.auto.conf", "recovery.conf.d"):
        (data / name).write_text(conf)
    (data / "pg_hba.conf").write_text("local all all reject\n")
    (data / "standby.signal").touch()
    (data / "link").symlink_to(outside)
    (data / "pg_tblspc/link").symlink_to(outside)
    shutil.rmtree(data / "pg_wal")
    (data / "pg_wal").symlink_to(outside)


def test_nothing_of_a_hostile_cluster_runs_or_leads_outside(
    site: Site, drilling: Drilling, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = site.open / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    seen: dict[str, Any] = {}

    def broken_in(stage: DrillStage[Any], label: str, folder: Path, only: Any = ()) -> None:
        bring(stage, label, folder, only)
        (data,) = folder.glob("tmp/throwaway-*/data")
        left_by_an_intruder(data, outside)

    def proved(stage: Any, part: Any, replay: Any, tree: Tree, log: Any) -> None:
        seen["ran"] = [path.name for path in tree.scratch.rglob("ran")]
        seen["settings"] = tree.run(["psql", "-XAtc", SETTINGS, "template1"], MINUTE)
        with pytest.raises(CommandError):
            tree.run(["psql", "-XAtc", "copy (select 1) to program 'touch /mnt/settings/ran'", "template1"], MINUTE)
        seen["network"] = tree.run(["psql", "-XAtc", NETWORK, "template1"], MINUTE)
        prove(stage, part, replay, tree, log)

    bring, prove = DrillStage.bring, point_in_time._proved
    monkeypatch.setattr(DrillStage, "bring", broken_in)
    monkeypatch.setattr(point_in_time, "_proved", proved)
    found = drilling()
    # The files are not those of the manifest, and that is told; what was recovered is as it was.
    assert {name for name, (verdict, _) in rungs(found).items() if verdict is not Verdict.PASS} <= {"content"}
    assert seen["ran"] == []
    assert seen["settings"].split() == ["off", "/bin/false", "5432"]
    assert seen["network"].split() == ["lo"]
    assert [path.name for path in outside.iterdir()] == ["kept"]


@pytest.mark.parametrize("make", ["link", "pipe", "device"])
def test_what_is_no_plain_file_ends_the_drill(drilling: Drilling, monkeypatch: pytest.MonkeyPatch, make: str) -> None:
    def broken_in(stage: DrillStage[Any], label: str, folder: Path, only: Any = ()) -> None:
        bring(stage, label, folder, only)
        (place,) = folder.glob("tmp/throwaway-*/data/base")
        if make == "link":
            (place / "hostile").symlink_to("/etc")
        else:
            os.mknod(place / "hostile", 0o600 | (stat.S_IFIFO if make == "pipe" else stat.S_IFCHR), os.makedev(1, 3))

    bring = DrillStage.bring
    monkeypatch.setattr(DrillStage, "bring", broken_in)
    found = rungs(drilling())
    assert found["moment"][0] is Verdict.FAIL
    assert f"is a {make}" in found["moment"][1]


def test_a_log_over_two_timelines_is_played_to_moments_of_both(site: Site, drilling: Drilling) -> None:
    first = site.visit(1)
    site.promote()
    second = site.visit(2)
    site.visit(3)
    assert site.machine.seawall("log", ASSET) == 0
    for name, moment, last in (("before", first, 1), ("after", second, 2)):
        assert site.recover(name, moment.isoformat()) == 0
        assert [number for number in site.recovered(name) if number < FIRST] == list(range(1, last + 1))
        found = drilling(at=moment.isoformat())
        assert found.verdict is Verdict.PASS, found.message
    assert drilling(seed=3).verdict is Verdict.PASS
    # Of another timeline, under the right name: what a server wrote that went its own way.
    found = drilling(sabotage="segment_of_another_timeline")
    assert rungs(found)["log"][0] is Verdict.FAIL


def test_a_gap_and_an_empty_log_are_told(site: Site, drilling: Drilling) -> None:
    lost = site.lose(8)
    site.visit(9)
    assert site.machine.seawall("log", ASSET) == 1
    found = drilling()
    assert found.verdict is Verdict.FAIL
    assert f"{lost} is missing: nothing after " in found.message
    assert site.machine.seawall("backup", ASSET) == 0
    found = drilling()
    assert rungs(found)["log"] == (Verdict.UNKNOWN, EMPTY)
