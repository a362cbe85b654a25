"""Every act killed with SIGKILL, at moments drawn by chance: nothing falsely good, and the next run is clean.

SEAWALL_KILL_SEED repeats the draws. The rest of the 200 moments is played on machines, in tests/lab.
"""

import base64
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from bad_days import KILLED
from killing import COMMAND, MOUNTS, Act, adopting, groups, left, locks, records
from one_machine import REPOSITORIES, Machine, set_policy

from ops.core import remnants
from ops.core.run import stream
from ops.fleet.packaging.deb import CHECKOUT
from ops.restic.sets import sets

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can restore owners and make folders in memory"),
    pytest.mark.unmeasured,
]
STATES = ("backup-documents", "backup-papers", "copy-documents-offsite")
SEED = int(os.environ.get("SEAWALL_KILL_SEED") or Random().randrange(1 << 32))


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> Random:
    print(f"SEAWALL_KILL_SEED={SEED}")
    return Random(f"{SEED} {request.node.name}")


@pytest.fixture
def hospital(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine with papers of its own, which may be restored in place, that drills its documents itself."""
    etc = machine.root / "etc/seawall"
    papers = tmp_path / "ward/papers"
    shutil.copytree(machine.files / "documents", papers)
    set_policy(machine, {"papers": {"all": ("files", {"paths": [str(papers)]})}})
    for kind in ("url", "password"):
        shutil.copy(etc / f"credentials/primary.{kind}", etc / f"credentials/his1-primary.{kind}")
    policy = json.loads((etc / "policy.json").read_text())
    asset = {**policy["assets"]["documents"], "drill": {"host": "his1", "kind": "files", "every": "31d"}}
    policy["drills"] = {"documents": {"host": "his1", "asset": asset}}
    (etc / "policy.json").write_text(json.dumps(policy))
    public = (etc / "credentials/ledger.key.pub").read_text()
    (etc / "allowed_signers").write_text(f'his1 namespaces="seawall-ledger" {public}')
    (machine.root / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(machine.root / "tmp"))
    assert machine.seawall("backup", "papers") == 0
    with adopting():
        yield machine


def state(machine: Machine, name: str) -> dict:
    path = machine.root / f"var/lib/seawall/state/{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def demand_true(machine: Machine) -> None:
    """Demand that all that the machine calls good is good: the ledger whole, each set where its record says."""
    assert machine.seawall("ledger", "verify") in (0, 1)
    found = {name: sets(machine.place(name).repository.snapshots()) for name in REPOSITORIES}
    whole = {name: {one.id for one in all_sets if one.complete} for name, all_sets in found.items()}
    good = [record["facts"] for record in records(machine) if record["result"] == "pass"]
    good += [state(machine, name).get("last_good") or {} for name in STATES]
    for facts in good:
        assert "manifest_sha256" not in facts or facts["set"] in whole[facts["repository"]], facts


def demand_silent(machine: Machine, name: str, before: dict, recorded: int) -> None:
    """Demand that a killed run left the state as it was, unless it was through and had its record already."""
    if (now := state(machine, name)) != before:
        assert now["verdict"] in [record["result"] for record in records(machine)[recorded:]], now


def play(
    machine: Machine,
    act: Act,
    name: str,
    count: int,
    chance: Random,
    ready: Callable[[], object] = lambda: None,
    judge: Callable[[], object] = lambda: None,
) -> None:
    """Kill an act so many times, in rows; after each row its next run must be clean, and leave what it always does.

    name: of the state that it leaves. ready: what has to be done before each row. judge: demands what else must be
    true after each clean run.
    """
    ready()
    act.run()
    act.run()
    usual = left(machine)
    for row in groups(chance, count):
        ready()
        killed = 0
        while killed < row:
            before, recorded = state(machine, name), len(records(machine))
            killed += act.kill(chance)
            demand_silent(machine, name, before, recorded)
        act.run()
        assert left(machine) - usual == set()
        assert not act.recorded or records(machine)[-1]["result"] == state(machine, name)["verdict"] == "pass"
        judge()
        demand_true(machine)


def demand_no_locks(machine: Machine) -> None:
    assert locks(machine) == []


@pytest.mark.parametrize("act", ["backup", "copy", "drill"])
def test_a_killed_act_leaves_nothing_to_the_next(hospital: Machine, chance: Random, act: str) -> None:
    name = {"copy": "copy-documents-offsite"}.get(act, f"{act}-documents")
    no_locks = lambda: demand_no_locks(hospital)  # noqa: E731
    play(hospital, Act((*MOUNTS, *COMMAND, act, "documents")), name, KILLED[act], chance, judge=no_locks)
    told = [record["message"] for record in records(hospital) if record["result"] == "unknown"]
    assert told
    assert all("never reported a result" in message for message in told)


def test_a_program_that_outlived_its_act_ends_before_the_next_run_works(hospital: Machine) -> None:
    mark = f"{hospital.root / 'var/lib/seawall'} backup-documents"
    with remnants.marked(mark), stream(["sleep", "600"], timeout=300, ok=(-signal.SIGKILL,)) as program:
        Act((*MOUNTS, *COMMAND, "backup", "documents")).run()
        assert program.process.wait(60) == -signal.SIGKILL


def test_a_killed_restore_is_continued(hospital: Machine, chance: Random, tmp_path: Path) -> None:
    back = tmp_path / "back"

    def whole() -> None:
        assert "finished" in json.loads((back / "all/.seawall-restore.json").read_text())
        assert same(back / f"all{hospital.files}/documents", hospital.files / "documents")

    act = Act((*COMMAND, "restore", "documents", "--to", back))
    ready = lambda: shutil.rmtree(back, ignore_errors=True)  # noqa: E731
    play(hospital, act, "restore-documents", KILLED["restore"], chance, ready, whole)
    # A restore removes no locks itself; the next backup does, of the whole repository.
    assert hospital.seawall("backup", "pictures") == 0
    demand_no_locks(hospital)


def test_what_is_restored_in_place_is_always_there(hospital: Machine, chance: Random, tmp_path: Path) -> None:
    ward = tmp_path / "ward"

    def tidy() -> None:
        for kept in ward.glob("papers.before-*"):
            shutil.rmtree(kept)

    def whole() -> None:
        assert same(ward / "papers", hospital.files / "documents")
        tidy()
        assert [path.name for path in ward.iterdir()] == ["papers"]

    act = Act((*COMMAND, "restore", "papers", "--in-place", "--confirm", "papers"))
    play(hospital, act, "restore-papers", KILLED["restore in place"], chance, tidy, whole)


def same(one: Path, other: Path) -> bool:
    return {path.name: path.read_bytes() for path in one.iterdir()} == {
        path.name: path.read_bytes() for path in other.iterdir()
    }


def test_a_killed_round_of_checks(hospital: Machine, chance: Random) -> None:
    act = Act((*COMMAND, "health", "run"), good=(0, 1, 2), recorded=False)
    before = [json.loads("{}")]

    def newer() -> None:
        now = state(hospital, "health")
        assert now["finished"] > before[0].get("finished", "")
        before[0] = now

    play(hospital, act, "none", KILLED["check"], chance, judge=newer)


APPEND = """
import sys
from pathlib import Path
from ops.evidence.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]), Path(sys.argv[2]))
for number in range(6):
    body = {"host": "his1", "actor": "test", "act": "test", "subject": str(number), "result": "pass", "facts": {}}
    print(ledger.append(body).n, flush=True)
"""


def test_every_record_that_was_written_is_there_after_a_kill(hospital: Machine, chance: Random) -> None:
    ledger, key = hospital.root / "var/lib/seawall/ledger", hospital.root / "etc/seawall/credentials/ledger.key"
    act = Act((sys.executable, "-c", APPEND, ledger, key))
    act.run()
    usual = left(hospital)
    killed = 0
    while killed < KILLED["ledger write"]:
        killed += act.kill(chance)
        written = [int(number) for number in act.said.split()]
        assert hospital.seawall("ledger", "verify") in (0, 1)
        there = {record["n"]: record for record in records(hospital)}
        assert all(there[number]["subject"].isdigit() for number in written)
        act.run()
        assert left(hospital) - usual == set()
    assert [record["n"] for record in records(hospital)] == list(range(1, len(records(hospital)) + 1))


FILES = """
import runpy, sys
from ansible.module_utils import basic
basic._ANSIBLE_PROFILE, basic._ANSIBLE_ARGS = "legacy", sys.argv[1].encode()
runpy.run_module("ansible_collections.seawall.operations.plugins.modules.files", run_name="__main__")
"""


def test_a_killed_change_of_the_policy_leaves_the_old_or_the_new(hospital: Machine, chance: Random) -> None:
    """The module that the playbooks write files with, as Ansible runs it, on a policy and a secret."""
    etc = hospital.root / "etc/seawall"
    paths = {"policy": etc / "policy.json", "secret": etc / "credentials/spare.password"}
    old = {"policy": paths["policy"].read_bytes(), "secret": b"the old secret"}
    new = {"policy": old["policy"].replace(b'"1d 2h"', b'"1d 3h"'), "secret": b"the new secret"}
    assert old["policy"] != new["policy"]
    paths["secret"].write_bytes(old["secret"])
    validate = f"{sys.executable} -m ops policy validate %s"
    files = [{"path": str(paths["policy"]), "validate": validate}, {"path": str(paths["secret"]), "secret": True}]
    contents = {str(path): base64.b64encode(new[name]).decode() for name, path in paths.items()}
    told = json.dumps({"ANSIBLE_MODULE_ARGS": {"files": files, "contents": contents, "look_at": []}})
    act = Act(
        (sys.executable, "-c", FILES, told), env={"PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'playbooks/collections'}"}
    )
    act.run()
    usual = left(hospital)
    for row in groups(chance, KILLED["policy update"]):
        for name, path in paths.items():
            path.write_bytes(old[name])
        killed = 0
        while killed < row:
            killed += act.kill(chance)
            assert all(path.read_bytes() in {old[name], new[name]} for name, path in paths.items())
            assert hospital.seawall("policy", "validate", paths["policy"]) == 0
        act.run()
        assert {name: path.read_bytes() for name, path in paths.items()} == new
        assert left(hospital) - usual == set()
