"""A set that a wrong clock dated in the future never counts as the newest, is named, and hinders nothing."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from one_machine import Machine
from whole_sets import PARTS, stored

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.verdict import Verdict
from ops.jobs.backup.job import _read_back
from ops.jobs.drill.job import _good, _times
from ops.jobs.drill.options import DrillOptions
from ops.jobs.drill.stage import DrillStage
from ops.jobs.restore import material
from ops.jobs.restore.job import found
from ops.jobs.restore.plan import Wanted
from ops.restic.messages import Summary
from ops.restic.sets import ASSET, MANIFEST, complete, tags

FORGED = "f0f0f0f0-0000-4000-8000-000000000000"
WORDS = "dated in the future, and so never taken for the newest: set f0f0f0f0 of "


def ahead(machine: Machine, place: str = "primary", identity: str = FORGED, parts: tuple[str, ...] = ("all",)) -> None:
    """Store what a clock that is 400 days ahead would: a whole set of the documents, by its tags."""
    when = f"{datetime.now(UTC) + timedelta(days=400):%Y-%m-%d %H:%M:%S}"
    folder = machine.root / "run/seawall/forged"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"set": identity}))
    for part in (*parts, MANIFEST):
        marks = [word for tag in tags("documents", identity, part, parts) for word in ("--tag", tag)]
        machine.restic(place, "backup", folder, "--time", when, "--host", "his1", *marks)
    shutil.rmtree(folder)


def newest(machine: Machine) -> str:
    return str(machine.state("backup-documents")["last_good"]["set"])


def staged(machine: Machine, place: str = "primary", **wishes: Any) -> DrillStage[None]:
    scratch = machine.root / "run/seawall/stage"
    scratch.mkdir()
    drill = SimpleNamespace(expectations={}, references={}, release="bookworm")
    return DrillStage("documents", drill, machine.place(place), DrillOptions(**wishes), scratch, Random(1), None)


def test_a_copy_takes_the_newest_that_counts_and_names_the_other(machine: Machine) -> None:
    ahead(machine)
    for _ in range(2):
        assert machine.seawall("copy", "documents") == 0
        state = machine.state("copy-documents-offsite")
        assert (state["verdict"], state["last_good"]["set"]) == ("warn", newest(machine))
        assert WORDS in state["message"]
    assert not machine.place("offsite").repository.snapshots([f"seawall-set={FORGED}"])


def test_a_backup_goes_on_and_names_it_each_time(machine: Machine) -> None:
    ahead(machine)
    assert machine.seawall("backup", "documents") == 0
    state = machine.state("backup-documents")
    assert state["verdict"] == "warn"
    assert WORDS in state["message"]
    assert state["last_good"]["set"] in {
        one.id for one in complete(machine.place("primary").repository.snapshots(), "documents", clock.now()).counting
    }


def test_a_person_removes_it_as_the_manual_says(machine: Machine) -> None:
    ahead(machine)
    assert machine.seawall("copy", "documents") == 0
    assert machine.state("copy-documents-offsite")["verdict"] == "warn"
    snapshots = machine.place("primary").repository.snapshots([f"seawall-set={FORGED}"])
    machine.restic("primary", "forget", *[one.id for one in snapshots])
    assert machine.seawall("copy", "documents") == 0
    assert machine.state("copy-documents-offsite")["verdict"] == "pass"


def test_what_is_dated_in_the_future_is_no_parent_of_a_backup(machine: Machine) -> None:
    when = f"{datetime.now(UTC) + timedelta(days=400):%Y-%m-%d %H:%M:%S}"
    machine.restic("primary", "backup", machine.files / "documents", "--time", when, "--host", "his1")
    assert machine.seawall("backup", "documents") == 0
    repository = machine.place("primary").repository
    made = machine.state("backup-documents")["last_good"]["snapshots"]["all"]
    listed = json.loads(repository._run(["snapshots"], timeout=60).stdout)
    forged = {one["id"] for one in listed if one["time"] > f"{datetime.now(UTC) + timedelta(days=300):%Y-%m-%d}"}
    parents = {one["id"]: one.get("parent") for one in listed}
    assert forged
    assert parents[next(identity for identity in parents if identity.startswith(made))] not in forged


def test_a_drill_takes_the_newest_that_counts_and_is_good_for_it(machine: Machine) -> None:
    ahead(machine)
    stage = staged(machine)
    assert stage.find().id == newest(machine)
    (rung,) = stage.rungs
    assert (rung.name, rung.verdict) == ("clock", Verdict.WARN)
    assert WORDS in str(rung.message)
    assert _good(stage.rungs)


def test_a_drill_without_such_a_set_says_nothing_of_clocks(machine: Machine) -> None:
    stage = staged(machine)
    stage.find()
    assert stage.rungs == []


def test_a_restore_takes_the_newest_that_counts_and_says_what_does_not(machine: Machine) -> None:
    ahead(machine)
    with found("documents", Wanted(to=["/srv/restored"]), None, None) as ready:
        assert ready.source.which.id == newest(machine)
        assert WORDS in "\n".join(ready.lines())
        assert "(-" not in ready.lines()[0]


def test_whoever_names_such_a_set_gets_it(machine: Machine) -> None:
    ahead(machine)
    assert material.chosen(machine.place("primary"), "documents", None, "f0f0").which.id == FORGED
    late = datetime.now(UTC) + timedelta(days=500)
    assert material.chosen(machine.place("primary"), "documents", late).which.id == newest(machine)


def test_nothing_else_is_there(machine: Machine) -> None:
    machine.restic("primary", "forget", *[one.id for one in machine.place("primary").repository.snapshots()])
    ahead(machine)
    assert machine.seawall("copy", "documents") == 1
    message = machine.state("copy-documents-offsite")["message"]
    assert "has no complete set of documents; dated in the future" in message
    with pytest.raises(Damaged, match="no complete set of documents; dated in the future"):
        material.chosen(machine.place("primary"), "documents")


def test_what_is_added_to_a_good_set_with_a_later_date_changes_it_in_nothing(machine: Machine) -> None:
    ahead(machine, identity=newest(machine))
    assert machine.seawall("copy", "documents") == 0
    state = machine.state("copy-documents-offsite")
    assert (state["verdict"], state["last_good"]["set"]) == ("pass", newest(machine))
    ahead(machine, "offsite", newest(machine))
    assert machine.seawall("copy", "documents") == 0


def test_a_clock_that_was_set_back_in_the_middle_is_no_backup(machine: Machine) -> None:
    stored(machine, "documents", {"all": PARTS["reports"]})
    repository = machine.place("primary").repository
    listed = repository.snapshots([f"{ASSET}=documents"])
    identity = max(listed, key=lambda one: one.time).tag("seawall-set")
    made = {str(one.tag("seawall-part")): one for one in listed if one.tag("seawall-set") == identity}
    good = {part: Summary(one.id, one.files, one.bytes, 0) for part, one in made.items()}
    assert _read_back(repository, "documents", str(identity), good) == ""
    ahead(machine)
    with pytest.raises(Damaged, match="clock was set back"):
        _read_back(repository, "documents", FORGED, {})


def test_a_negative_age_is_never_a_pass() -> None:
    for fresh in (True, False):
        rungs = {rung.name: rung for rung in _times(3600, 10.0, 86_400, -34_560_000.0, fresh=fresh)}
        assert rungs["rpo"].verdict is Verdict.UNKNOWN
        assert rungs["rpo"].message == "the data are dated 400d in the future"
        assert not _good([*rungs.values()])
    rungs = {rung.name: rung for rung in _times(3600, 10.0, 86_400, -2.0, fresh=True)}
    assert (rungs["rpo"].verdict, rungs["rpo"].message) == (Verdict.PASS, "the data are 0s old; RPO 1d")
