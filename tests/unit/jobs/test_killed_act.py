"""An act that is killed cannot speak; the next look at the machine, and the next act, say it for it."""

import json
import os
import signal
from pathlib import Path

import pytest

from ops.core.errors import CommandError
from ops.core.files import lock
from ops.core.own_folder import own_folder
from ops.core.run import run
from ops.core.verdict import Verdict
from ops.interfaces.outcome import BackupFacts
from ops.jobs.host import folders, marks, state_files
from ops.jobs.run import leftovers
from ops.jobs.run.job import Outcome, perform

SAID = "never reported a result: it was killed, or the machine went down"


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    for folder in ("etc/seawall/credentials", "var/lib/seawall/ledger", "run/seawall"):
        (tmp_path / folder).mkdir(parents=True)
    key = tmp_path / "etc/seawall/credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    return tmp_path


def records(machine: Path) -> list[dict]:
    return [json.loads(line) for line in (machine / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()]


def good() -> Outcome:
    return Outcome(Verdict.PASS, "all is well", BackupFacts(set="one"))


def kill_oneself() -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it goes on after it was killed")


def killed(name: str) -> None:
    """Let a backup be killed in a process of its own."""
    child = os.fork()
    if not child:
        perform("backup", f"backup-{name}", name, "his1", kill_oneself)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def test_the_next_look_says_that_an_act_was_killed_and_keeps_its_last_good_run() -> None:
    perform("backup", "backup-his", "his", "his1", good)
    killed("his")
    state = state_files.read_act("backup-his")
    assert state is not None
    assert (state.verdict, state.last_good) == (Verdict.UNKNOWN, BackupFacts(set="one"))
    assert SAID in state.message


def test_an_act_that_never_had_a_good_run_is_told_as_well() -> None:
    killed("his")
    state = state_files.read_act("backup-his")
    assert state is not None
    assert (state.kind, state.asset, state.host, state.verdict) == ("backup", "his", "his1", Verdict.UNKNOWN)


def test_the_next_act_whichever_it_is_records_it_once(machine: Path) -> None:
    killed("his")
    perform("backup", "backup-lis", "lis", "his1", good)
    perform("backup", "backup-lis", "lis", "his1", good)
    told = [(one["subject"], one["result"], SAID in one["message"]) for one in records(machine)]
    assert told == [("his", "unknown", True), ("lis", "pass", False), ("lis", "pass", False)]
    assert not list(machine.rglob("*.running"))
    state = state_files.read_act("backup-his")
    assert state is not None
    assert (state.verdict, SAID in state.message) == (Verdict.UNKNOWN, True)


def test_its_own_next_run_records_it_once_and_states_itself(machine: Path) -> None:
    killed("his")
    perform("backup", "backup-his", "his", "his1", good)
    assert [SAID in one["message"] for one in records(machine)] == [True, False]
    state = state_files.read_act("backup-his")
    assert state is not None
    assert state.verdict is Verdict.PASS


def test_an_act_that_runs_is_not_told_to_be_killed(machine: Path) -> None:
    def looking() -> Outcome:
        assert not [*marks.killed()]
        perform("backup", "backup-lis", "lis", "his1", good)
        assert state_files.read_act("backup-his") is None
        return good()

    perform("backup", "backup-his", "his", "his1", looking)
    assert [SAID in one["message"] for one in records(machine)] == [False, False]


def test_a_mark_of_another_boot_is_of_an_act_that_went_with_the_machine(machine: Path) -> None:
    mark = marks.set_for("backup-his", "backup", "his", "his1")
    assert not [*marks.killed()]
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "boot": "another"}))
    assert [name for name, _ in marks.killed()] == ["backup-his"]


def test_a_number_that_another_process_has_now_is_not_taken_for_the_act(machine: Path) -> None:
    mark = marks.set_for("backup-his", "backup", "his", "his1")
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "born": 1}))
    assert [name for name, _ in marks.killed()] == ["backup-his"]


def test_a_program_that_was_killed_is_told_as_that() -> None:
    with pytest.raises(CommandError, match=r"^sh was killed \(signal 9\)\n  if nobody killed it, memory was short"):
        run(["sh", "-c", "kill -9 $$"], timeout=60)
    with pytest.raises(CommandError, match=r"^sh failed with code 3: no message$"):
        run(["sh", "-c", "exit 3"], timeout=60)


def test_what_a_killed_act_left_goes_when_any_other_begins(machine: Path) -> None:
    left = machine / "var/cache/seawall" / ("root" if os.geteuid() == 0 else "") / "scratch"
    for name in ("his-database.old", "lis-database", "gone-reports"):
        (left / name).mkdir(parents=True)
        (left / name / "dump").write_text("in clear text")
    seen = []

    def looking() -> Outcome:
        seen.append(sorted(path.name for path in left.iterdir()))
        return good()

    with lock(folders.scratch() / "backup-lis.lock", "a backup of lis that runs"):
        perform("backup", "backup-his", "his", "his1", looking)
    perform("copy", "copy-his-offsite", "his", "his1", looking)
    assert seen == [["lis-database"], []]


@pytest.mark.skipif(os.geteuid() != 0, reason="restores and drills are root's")
def test_what_a_killed_restore_or_drill_left_goes_too_and_what_is_used_stays(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "TEMPORARY", machine)
    abandoned = [machine / "seawall-restore-abcdefgh", machine / "var/lib/seawall/dumps/his.abcdefgh"]
    abandoned.append(machine / "var/lib/seawall/drills/his.abcdefgh")
    abandoned[1].parent.mkdir(parents=True)
    with own_folder(machine, "seawall-restore-") as used, own_folder(abandoned[1].parent, "lis.") as copied:
        for folder in abandoned:
            folder.mkdir(parents=True)
            (folder / "dump").write_text("in clear text")
        perform("backup", "backup-his", "his", "his1", good)
        assert (used.exists(), copied.exists()) == (True, True)
    assert not [folder for folder in abandoned if folder.exists()]


@pytest.mark.skipif(os.geteuid() != 0, reason="drills are root's")
@pytest.mark.parametrize(
    ("folder", "act"),
    [("his", "drill-his"), ("his", "sabotage-his"), ("his", "dump-his"), ("oldest-his", "oldest-his")],
)
def test_a_drill_of_any_sort_that_runs_keeps_its_folder(machine: Path, folder: str, act: str) -> None:
    left = machine / "var/lib/seawall/drills" / f"{folder}.abcdefgh"
    left.mkdir(parents=True)
    with lock(folders.scratch() / f"{act}.lock", f"the act {act} that runs"):
        perform("backup", "backup-lis", "lis", "his1", good)
        assert left.exists()
    perform("backup", "backup-lis", "lis", "his1", good)
    assert not left.exists()
