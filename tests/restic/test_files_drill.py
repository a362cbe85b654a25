"""Whole drills of files with the real restic, on a machine that drills its own: asked for, played, judged, recorded."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from one_machine import Machine

from ops.core.errors import Unavailable, UsageError
from ops.core.ram import in_memory
from ops.core.run import run
from ops.evidence.ledger import NAME
from ops.jobs.drill import hold
from ops.jobs.drill.options import DrillOptions
from ops.restic.repository import Repository

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder in memory")


@pytest.fixture
def drilling(machine: Machine) -> Machine:
    """A machine that may read its own repository, and whose policy says that it drills its documents."""
    secrets = machine.root / "etc/seawall/credentials"
    for kind in ("url", "password"):
        shutil.copy(secrets / f"primary.{kind}", secrets / f"his1-primary.{kind}")
    wanted(machine)
    return machine


def wanted(machine: Machine, **drill: Any) -> None:
    """Let the policy want a drill of the documents."""
    path = machine.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    asset = policy["assets"]["documents"]
    asset["drill"] = {"host": "his1", "kind": "files", "every": "31d", **drill}
    policy["drills"] = {"documents": {"host": "his1", "asset": asset}}
    path.write_text(json.dumps(policy))


def records(machine: Machine) -> list[dict[str, Any]]:
    lines = (machine.root / "var/lib/seawall/ledger" / NAME).read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["act"] not in {"backup", "check"}]


def left(machine: Machine) -> list[Path]:
    return [*(machine.root / "var/lib/seawall/drills").iterdir()]


def test_a_drill_restores_compares_and_is_recorded(drilling: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert drilling.seawall("drill", "documents", "--seed", "7") == 0
    said = capsys.readouterr()
    assert "pass: set " in said.out
    (record,) = records(drilling)
    facts = record["facts"]
    assert (record["act"], record["subject"], record["result"]) == ("drill", "documents", "pass")
    assert (facts["kind"], facts["method"], facts["repository"], facts["seed"]) == ("files", "restore", "primary", 7)
    proven = {rung["name"]: rung["verdict"] for rung in facts["rungs"]}
    assert set(proven) == {"present", "entries", "strangers", "content", "rto", "rpo", "forecast"}
    assert set(proven.values()) == {"pass"}
    assert {"find", "fetch", "prove"} <= set(facts["parts"])
    assert drilling.state("drill-documents")["last_good"]["set"] == facts["set"]
    assert left(drilling) == []


def test_a_second_drill_is_compared_with_the_first(drilling: Machine) -> None:
    for _ in range(2):
        assert drilling.seawall("drill", "documents") == 0
    first, second = (record["facts"] for record in records(drilling))
    assert second["trend"]["before"] == [first["recovery_seconds"]]
    assert first["seed"] != second["seed"]


@pytest.mark.parametrize("damage", ["file_emptied", "random"])
def test_a_damaged_copy_fails_under_a_name_of_its_own(
    drilling: Machine, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    assert drilling.seawall("drill", "documents", "--inject-damage", damage) == 2
    assert "fail: injected damage: " in capsys.readouterr().out
    (record,) = records(drilling)
    assert (record["act"], record["result"]) == ("sabotage", "fail")
    assert "noticed by " in record["message"]
    assert not (drilling.root / "var/lib/seawall/state/drill-documents.json").exists()
    assert left(drilling) == []


def test_a_restore_that_takes_too_long_fails(drilling: Machine) -> None:
    path = drilling.root / "etc/seawall/policy.json"
    policy = json.loads(path.read_text())
    policy["drills"]["documents"]["asset"] |= {"rto": "0s", "rpo": "0s"}
    path.write_text(json.dumps(policy))
    assert drilling.seawall("drill", "documents") == 2
    (record,) = records(drilling)
    wrong = {rung["name"]: rung["verdict"] for rung in record["facts"]["rungs"] if rung["verdict"] != "pass"}
    # What would take less than a twentieth of a second is forecast as none at all, which is no more than an RTO of 0 s.
    forecast = {"forecast": "warn"} if record["facts"]["forecast"]["seconds"] > 0 else {}
    assert wrong == {"rto": "fail", "rpo": "fail", **forecast}
    assert drilling.state("drill-documents").get("last_good") is None


def test_what_can_not_be_tried_is_unknown_and_recorded(drilling: Machine) -> None:
    for repository in ("away", "offsite"):
        assert drilling.seawall("drill", "documents", "--from", repository) == 3
    strange, locked = records(drilling)
    assert (strange["result"], locked["result"]) == ("unknown", "unknown")
    assert "documents is not in the repository" in strange["message"]
    assert locked["message"].startswith("the secret his1-offsite.url is not on this machine")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pictures"], "his1 does not drill any asset 'pictures'"),
        (["document"], "did you mean 'documents'?"),
        (["documents", "--own-kernel"], "a drill of the kind files does not boot a disk"),
        (["documents", "--hold", "why"], "requires a reason and an approver"),
        (["documents", "more"], "only one asset at a time"),
        (["end"], "missing asset name"),
        (["end", "documents"], "no restored documents is held on this machine; none is held"),
        (["enter", "documents"], "no restored documents is held on this machine"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_recorded(
    drilling: Machine, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert drilling.seawall("drill", *words) == 3
    assert says in " ".join(capsys.readouterr().err.replace("\n", "; ").split()).replace(";;", ";")
    assert records(drilling) == []


def test_what_an_interrupted_drill_left_is_removed(drilling: Machine) -> None:
    drills = drilling.root / "var/lib/seawall/drills"
    (drills / "documents.0000/stage").mkdir(parents=True)
    (drills / "another.0000").mkdir()
    assert drilling.seawall("drill", "documents") == 0
    assert [path.name for path in left(drilling)] == ["another.0000"]


def test_a_dump_is_drilled_only_as_an_asset_of_a_database(drilling: Machine, tmp_path: Path) -> None:
    (tmp_path / "his.sql").write_text("-- a dump\n")
    assert drilling.seawall("drill", "documents", "--dump", tmp_path / "his.sql") == 3
    (record,) = records(drilling)
    assert (record["act"], record["result"]) == ("dump", "unknown")
    assert "only as an asset with one kind of database" in record["message"]
    assert list((drilling.root / "var/lib/seawall/dumps").iterdir()) == []
    assert drilling.seawall("drill", "documents", "--dump", tmp_path / "none.sql") == 3
    assert len(records(drilling)) == 1


def test_a_folder_in_memory_holds_what_was_computed_and_no_more(repository: Repository, tmp_path: Path) -> None:
    """Whoever made a set says how large it is, and may have lied."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/file").write_bytes(os.urandom(1 << 21))
    found = repository.backup_paths([str(tmp_path / "data")], (), (), "his1", timeout=60)
    with in_memory(tmp_path / "room", 1 << 20):
        (tmp_path / "room/fits").write_bytes(bytes(900_000))
        with pytest.raises(Unavailable, match="no space is left in"):
            repository.restore(found.snapshot, tmp_path / "room/there", timeout=60)
    with in_memory(tmp_path / "room-2", 1 << 20, 1 << 23):
        repository.restore(found.snapshot, tmp_path / "room-2/there", timeout=60)


def held(drilling: Machine, name: str = "documents") -> threading.Thread:
    """Hold something, as a drill does when a person asked for it; return the thread that holds it."""
    options = DrillOptions(keep="ticket 4711", approver="the head of IT")
    entrance, words = ["env", "--"] if name == "documents" else [], drilling.root / f"run/seawall/{name}.words"
    keeper = threading.Thread(target=hold.hold, args=[name, entrance, options, words], daemon=True)
    keeper.start()
    while not hold.note(name).exists():
        keeper.join(0.01)
        assert keeper.is_alive()
    return keeper


def test_what_is_held_is_entered_and_ends_with_its_note(drilling: Machine) -> None:
    keeper = held(drilling)
    environment = {"SEAWALL_ROOT": str(drilling.root), "PYTHONPATH": str(Path(__file__).parents[2])}
    argv = [sys.executable, "-m", "ops", "drill", "enter", "documents", "--", "echo", "inside"]
    entered = run(argv, timeout=60, env=environment)
    assert entered.stdout == "inside\n"
    with pytest.raises(UsageError, match="held: documents"):
        hold.enter("pictures", [])
    hold.note("documents").unlink()
    keeper.join(60)
    assert not keeper.is_alive()


def test_what_programs_said_is_shown_while_a_drill_is_held(
    drilling: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where nothing runs that could be entered, for it could not be loaded."""
    keeper = held(drilling, "pictures")
    with pytest.raises(UsageError, match="nothing of pictures runs that could be entered"):
        hold.enter("pictures", [])
    while "held until" not in capsys.readouterr().out:
        keeper.join(0.01)
        assert keeper.is_alive()
    assert drilling.seawall("drill", "words", "pictures") == 0
    assert capsys.readouterr().out == "pictures: no program said anything\n"
    (drilling.root / "run/seawall/pictures.words").write_text("psql:\nERROR:  of a row\x1b[2J\n")
    assert drilling.seawall("drill", "words", "pictures") == 0
    assert capsys.readouterr().out == "psql:\nERROR:  of a row\N{REPLACEMENT CHARACTER}[2J\n"
    hold.note("pictures").unlink()
    keeper.join(60)
    assert drilling.seawall("drill", "words", "pictures") == 3
    assert "no restored pictures is held" in capsys.readouterr().err
