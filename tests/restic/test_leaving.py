"""Sets leave a repository by a plan, and come back: the real restic and rest-server, and no key on the host."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from leaving_intruder import ACTS
from leaving_site import OLD, Site, site
from one_machine import copied

from ops.core.errors import Unavailable, UsageError
from ops.interfaces.retention_run import Stage
from ops.jobs.keeper.undo import listing, settle
from ops.keeper import leaving

DAY = 86_400.0
RUN = "ops.jobs.keeper.retention_run"
KILLED = (
    ("ops.keeper.second_names.lay", 1),
    ("ops.keeper.comparing.change", 1),
    ("ops.keeper.leaving.move_out", 1),
    ("ops.keeper.leaving.take_in", 1),
    *((f"ops.keeper.leaving.{name}", count) for name in ("moved", "sync_file_system") for count in (1, 2)),
    ("ops.keeper.leaving.moved", 3),
    ("ops.keeper.aside._rename", 1),
    ("ops.keeper.aside._rename", 20),
    ("ops.keeper.leaving.note", 4),
)


@pytest.fixture(scope="module")
def hurt(backed_up: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with three sets of documents, which is as it was after whatever somebody tries there."""
    folder = tmp_path_factory.mktemp("site")
    with site(copied(backed_up, folder), folder) as one:
        _three_sets(one)
        one.all_aged(0)  # nobody knows whose a pack is
        one.plan()
        yield one


@pytest.fixture
def three(backed_up: Path, tmp_path: Path) -> Iterator[Site]:
    """A site with three sets of documents, the oldest of which is to leave."""
    with site(copied(backed_up, tmp_path), tmp_path) as one:
        _three_sets(one)
        yield one


def _three_sets(one: Site) -> None:
    one.all_aged(OLD)
    path = one.machine.files / "documents/0.txt"  # which other machines have, too
    content = path.read_bytes()
    for number in range(2):
        path.write_bytes(os.urandom(60_000))
        one.back_up("documents", age=(2 - number) * DAY)
    path.write_bytes(content)
    one.plan()


def test_what_the_plan_names_leaves_and_comes_back(three: Site) -> None:
    before, plan = three.files(), three.plan()
    named = {name for one in plan.leaves for name in one.snapshots}
    assert three.keeper.seawall("repository", "scrub") == 0
    assert three.spares() == three.snapshots()
    ended = three.retention()
    assert ended.code == 0, ended.line
    assert three.snapshots() == {Path(path).name for path in before if path.startswith("snapshots/")} - named
    three.restic("check", "--read-data")
    after = three.files()
    assert sum(map(len, after.values())) < sum(map(len, before.values()))
    assert all(after[path] == content for path, content in before.items() if path in after)
    for search in ("arrivals", "scrub"):
        assert three.keeper.seawall("repository", search) == 0, "what left is not gone, and what is new not foreign"
    assert three.spares() == three.snapshots(), "or there would be no room for those of new sets some day"
    three.back_up("documents")
    since = set(three.files()) - set(after)
    assert three.undo().code == 0
    back = three.files()
    assert {path: back[path] for path in before} == before
    assert since <= set(back)
    three.restic("check", "--read-data")
    assert three.keeper.seawall("repository", "scrub") == 0
    assert three.spares() == three.snapshots()
    with pytest.raises(UsageError, match="nothing is kept"):
        three.undo()


@pytest.mark.parametrize("act", ACTS)
def test_whatever_is_done_behind_the_door_hurts_nothing(hurt: Site, act: str) -> None:
    before = hurt.files()
    ended = hurt.intruded(act)
    assert ended.code == 1
    assert "not what it was asked, and was thrown away" in ended.line
    assert hurt.files() == before
    assert leaving.runs(hurt.doors.base, "his1") == []
    assert not (hurt.doors.base / ".leaving/his1/door").exists()
    state = json.loads((hurt.keeper.root / "var/lib/seawall/state/leaving-his1.json").read_text())
    assert state["verdict"] == "fail"


def test_a_server_forgets_for_nobody_what_is_its_newest(hurt: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import ops.jobs.keeper.retention_run as module

    before = hurt.files()
    *_, newest = (one for one in hurt.plan().stays if one.asset == "documents")
    monkeypatch.setattr(module.due, "chosen", lambda *_: (newest,))
    monkeypatch.setattr(module.comparing, "least", lambda *_: 1)
    assert "could not, or would not, forget" in hurt.retention().line
    assert hurt.files() == before
    told = json.loads((hurt.machine.root / "var/lib/seawall/state/leave-primary.json").read_text())
    assert "wants the newest set of documents to leave; it stays" in told["message"]


@pytest.mark.parametrize(("point", "count"), KILLED)
def test_a_run_that_dies_is_taken_back(hurt: Site, point: str, count: int) -> None:
    before = hurt.files()
    assert hurt.killed(point, count) == -9
    assert hurt.on_keeper(lambda: settle("his1", hurt.doors)).code == 0
    assert hurt.files() == before
    assert not {run.stage for run in leaving.runs(hurt.doors.base, "his1")} & {Stage.OPEN, Stage.MOVING, Stage.KEPT}


def test_after_all_that_it_is_as_it_was(hurt: Site) -> None:
    hurt.restic("check", "--read-data")
    assert hurt.retention().code == 0


def test_a_backup_that_comes_in_between_is_needed_and_stays(three: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before, real = three.files(), leaving.begin
    import ops.jobs.keeper.retention_run as module

    waited = module.second_names.behind

    def meanwhile(base: Path, client: str) -> object:
        three.keeper.add("data", os.urandom(500))
        return waited(base, client)

    monkeypatch.setattr(module.second_names, "behind", meanwhile)
    ended = three.retention()
    assert ended.code == 0
    assert "something arrived meanwhile" in ended.line
    after = three.files()
    assert {path: after[path] for path in before} == before
    assert real is leaving.begin


def test_nothing_leaves_that_a_later_plan_refuses(three: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import ops.jobs.keeper.retention_run as module

    before, waited = three.files(), module.second_names.behind
    later = replace(three.plan(), refused=("the scrub failed: 1 damaged file",))

    def meanwhile(base: Path, client: str) -> object:
        three.write(later)
        return waited(base, client)

    monkeypatch.setattr(module.second_names, "behind", meanwhile)
    ended = three.retention()
    assert (ended.code, "a later plan refuses it" in ended.line) == (0, True)
    assert three.files() == before


def test_who_does_not_come_loses_nothing(three: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from ops.core.quantity import Duration
    from ops.policy import doors

    before, real = three.files(), doors.leaving
    monkeypatch.setattr(doors, "leaving", lambda policy: replace(real(policy), window=Duration(1)))
    ended = three.retention("true")
    assert ended.code == 0
    assert "did not come" in ended.line
    assert three.files() == before


def test_the_space_is_free_after_the_grace_a_scrub_and_a_drill(three: Site) -> None:
    assert three.retention().code == 0
    base = three.doors.base
    (run,) = leaving.runs(base, "his1")
    assert listing_of(three) == [run.run]
    _grown_old(three)
    plan = three.plan(leave=())
    three.write(replace(plan, stays=tuple(replace(one, proven=False) for one in plan.stays)))
    assert "no set of documents that arrived since was drilled" in three.retention("true").line
    three.write(plan)
    assert "the repository was not read" in three.retention("true").line
    assert leaving.held(base, "his1")
    assert three.keeper.seawall("repository", "scrub") == 0
    assert "was freed" in three.retention("true").line
    assert not leaving.held(base, "his1")
    assert [one.stage for one in leaving.runs(base, "his1")] == [Stage.FREED]
    with pytest.raises(UsageError):
        three.undo()
    for search in ("arrivals", "scrub"):
        assert three.keeper.seawall("repository", search) == 0
    three.restic("check", "--read-data")


def test_a_note_that_nobody_can_read_hinders_no_other_search(three: Site) -> None:
    assert three.keeper.seawall("repository", "scrub") == 0
    assert three.retention().code == 0
    (note,) = (three.doors.base / ".leaving/his1").glob("*/run.json")
    note.write_text("{")
    for search in ("arrivals", "scrub"):
        assert three.keeper.seawall("repository", search) in {2, 3}
        state = json.loads((three.keeper.root / f"var/lib/seawall/state/{search}.json").read_text())
        assert "run.json" in json.dumps(state["repositories"]["his1"])


def listing_of(one: Site) -> list[str]:
    told = one.on_keeper(listing).plain["runs"]
    assert isinstance(told, list)
    return [run["run"] for run in told]


def _grown_old(one: Site) -> None:
    for path in (one.doors.base / ".leaving/his1").glob("*/run.json"):
        told = json.loads(path.read_text())
        told["ended"] = time.time() - 15 * DAY
        path.write_text(json.dumps(told))


def test_runs_come_back_in_their_order(three: Site) -> None:
    before = three.files()
    for _ in range(2):
        three.plan()
        assert three.retention().code == 0
    first, _second = leaving.runs(three.doors.base, "his1")
    assert three.undo(first.run).code == 0
    back = three.files()
    assert {path: back[path] for path in before} == before
    three.restic("check", "--read-data")


def test_after_an_undo_the_next_run_is_as_good_as_the_first(three: Site) -> None:
    """Also where something was stored in between: then all that was rewritten lies there twice."""
    before = three.files()
    assert three.retention().code == 0
    written = set(three.files()) - set(before)
    assert any(path.startswith("data/") for path in written), "nothing was rewritten: this shows nothing"
    assert three.undo().code == 0
    assert three.files() == before
    for _ in range(2):
        three.plan()
        ended = three.retention()
        assert ended.code == 0, ended.line
        three.restic("check", "--read-data")
        three.back_up("documents")
        assert three.undo().code == 0
        three.restic("check", "--read-data")
    back = three.files()
    assert {path: back[path] for path in before} == before


def test_an_undo_takes_away_an_index_that_names_what_is_not_there(three: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else did what was asked, and removed what was rewritten: here nobody demands that it stays."""
    before = three.files()
    for demand in ("demand_staying", "demand_enough"):
        monkeypatch.setattr(f"ops.keeper.comparing.{demand}", lambda *_: None)
    assert three.intruded("all_packs_for_others").code == 0
    assert three.undo().code == 0
    assert three.files() == before


def test_a_card_says_what_its_set_needs_where_sets_leave(three: Site) -> None:
    """The first sets were made while the policy let nothing leave; the others are measured beside the pictures."""
    cards = sorted(three.cards().values(), key=lambda card: card.finished)
    assert [bool(card.needs) for card in cards] == [False, False, True, True]
    assert [card.asset for card in cards[:2]] == ["documents", "pictures"]
    packs = sum(len(content) for path, content in three.files().items() if path.startswith("data/"))
    for card in cards[2:]:
        assert set(card.beside) < set(cards[1].snapshots)
        assert card.beside
        assert cards[1].bytes + card.bytes < card.needs < packs


def test_nothing_leaves_while_no_card_says_what_is_needed(three: Site) -> None:
    before, plan = three.files(), three.plan()
    three.write(replace(plan, stays=tuple(replace(one, needs=0) for one in plan.stays)))
    ended = three.retention("true")
    assert ended.code == 0
    assert "no card says" in ended.line
    assert three.files() == before


def test_nothing_leaves_by_a_plan_that_is_old_or_missing(three: Site) -> None:
    before = three.files()
    three.plan(made=time.time() - 3 * DAY)
    assert "not of today" in three.retention("true").line
    three.plan(refused=("the newest set is empty",))
    assert "the newest set is empty" in three.retention("true").line
    (three.keeper.root / "var/lib/seawall/state/retention/his1.json").unlink()
    assert "there is no plan" in three.retention("true").line
    assert three.files() == before
    assert Unavailable.code == 1
