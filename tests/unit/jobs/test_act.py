"""An act leaves a state and a record, whatever becomes of it."""

import json
import os
import signal
from hashlib import sha256
from pathlib import Path

import pytest

from ops.core.errors import Damaged, Locked, SeawallError, Unavailable
from ops.core.files import lock
from ops.core.run import run
from ops.core.schema import Further
from ops.core.verdict import Verdict
from ops.interfaces.outcome import BackupFacts, DrillFacts, OutcomeFacts, Rung
from ops.interfaces.record import read as read_record
from ops.jobs.host import folders, state_files
from ops.jobs.run.job import Outcome, perform


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    for folder in ("etc/seawall/credentials", "var/lib/seawall/ledger", "run/seawall"):
        (tmp_path / folder).mkdir(parents=True)
    run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "etc/seawall/credentials/ledger.key"],
        timeout=60,
    )
    return tmp_path


def records(machine: Path) -> list[dict]:
    return [json.loads(line) for line in (machine / "var/lib/seawall/ledger/ledger.jsonl").read_text().splitlines()]


def act(work, failed: Verdict = Verdict.FAIL) -> Outcome:
    return perform("backup", "backup-his", "his", "his1", work, failed)


def passing() -> Outcome:
    return Outcome(Verdict.PASS, "all is well", BackupFacts(set="one"), OutcomeFacts(further=Further({"rows": 3})))


def raising(error: Exception):
    def work() -> Outcome:
        raise error

    return work


def test_a_good_act_is_stated_and_recorded(machine: Path) -> None:
    assert act(passing).verdict == Verdict.PASS
    assert state_files.read_all()["backup-his"].last_good == BackupFacts(set="one")
    (record,) = records(machine)
    assert (record["act"], record["result"], record["facts"]) == ("backup", "pass", {"rows": 3})
    assert not list(machine.rglob("*.running"))


def test_what_is_too_long_is_cut_so_that_state_and_record_can_be_read(machine: Path) -> None:
    """Else the last good outcome would be lost with it, and with that what a backup is compared with."""
    words = "table x has no primary key; " * 5000
    rung = Rung(name="boot", verdict=Verdict.WARN, message=words)
    act(lambda: Outcome(Verdict.WARN, words, BackupFacts(set="one"), DrillFacts(rungs=(rung,))))
    state = state_files.read_act("backup-his")
    assert state is not None
    assert (state.verdict, state.last_good) == (Verdict.WARN, BackupFacts(set="one"))
    (line,) = (machine / "var/lib/seawall/ledger/ledger.jsonl").read_bytes().splitlines()
    assert read_record(line, "the line").verdict is Verdict.WARN


def test_a_request_to_end_is_no_failure_of_what_was_tried(machine: Path) -> None:
    """Whatever makes findings of failures must not make one of this."""

    def work() -> Outcome:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except SeawallError:
            return Outcome(Verdict.FAIL, "the data are bad")
        return Outcome(Verdict.PASS, "all is well")

    assert act(work, failed=Verdict.UNKNOWN).verdict == Verdict.UNKNOWN
    (record,) = records(machine)
    assert (record["result"], record["message"]) == ("unknown", "stopped from outside (signal 15)")
    assert act(passing).verdict == Verdict.PASS


def test_a_record_names_the_policy_that_was_acted_by(machine: Path) -> None:
    act(passing)
    (machine / "etc/seawall/policy.json").write_text('{"b": 1, "a": 2}')
    act(passing)
    before, after = records(machine)
    assert "policy" not in before
    assert after["policy"] == sha256(b'{"a":2,"b":1}').hexdigest()


@pytest.mark.parametrize("failed", [Verdict.FAIL, Verdict.UNKNOWN])
def test_a_failed_act_keeps_the_last_good_one(machine: Path, failed: Verdict) -> None:
    act(passing)
    outcome = act(raising(Unavailable("the host is away", "look")), failed)
    assert outcome.verdict == failed
    assert state_files.read_all()["backup-his"].last_good == BackupFacts(set="one")
    assert state_files.read_all()["backup-his"].message == "the host is away; look"
    assert [record["result"] for record in records(machine)] == ["pass", failed.value]


def test_a_fault_of_our_own_is_recorded_without_its_text(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = act(raising(KeyError("Maria da Silva")))
    assert outcome.verdict == Verdict.FAIL
    assert "Maria" not in json.dumps(records(machine))
    assert "KeyError" in capsys.readouterr().err


def test_an_act_that_was_killed_is_told_by_the_next(machine: Path) -> None:
    (machine / "var/lib/seawall/state").mkdir()
    (machine / "var/lib/seawall/state/backup-his.running").write_text("2026-11-22T01:30:00Z")
    act(passing)
    first, second = records(machine)
    assert first["result"] == "unknown"
    assert "started at 2026-11-22T01:30:00Z never reported a result" in first["message"]
    assert second["result"] == "pass"


def test_an_act_that_cannot_be_recorded_has_failed(machine: Path) -> None:
    (machine / "etc/seawall/credentials/ledger.key").unlink()
    outcome = act(passing)
    assert outcome.verdict == Verdict.FAIL
    assert "could not be recorded" in outcome.message
    assert (outcome.good, outcome.code) == (None, 1)
    assert state_files.read_act("backup-his").last_good is None


def test_what_could_not_be_recorded_is_not_taken_for_the_last_good_one(machine: Path) -> None:
    act(passing)
    (machine / "etc/seawall/credentials/ledger.key").rename(machine / "away")
    assert act(lambda: Outcome(Verdict.PASS, "done", BackupFacts(set="two"))).code == 1
    assert state_files.read_act("backup-his").last_good == BackupFacts(set="one")
    (machine / "away").rename(machine / "etc/seawall/credentials/ledger.key")
    assert act(lambda: Outcome(Verdict.PASS, "done", BackupFacts(set="three"))).code == 0
    assert state_files.read_act("backup-his").last_good == BackupFacts(set="three")


def test_what_was_found_damaged_stays_so_until_it_is_good(machine: Path) -> None:
    act(passing)
    assert not damaged()
    act(raising(Damaged("a pack is not what was written")))
    assert damaged()
    act(raising(Unavailable("the host is away", "look")))
    assert damaged()
    act(passing)
    assert not damaged()


def damaged() -> bool:
    state = state_files.read_act("backup-his")
    assert state is not None
    return state.damaged


@pytest.mark.parametrize(
    ("verdict", "good", "code"),
    [("pass", True, 0), ("warn", True, 0), ("fail", True, 1), ("unknown", True, 1), ("pass", False, 1)],
)
def test_the_exit_code_says_whether_it_was_done(verdict: str, good: bool, code: int) -> None:
    assert Outcome(Verdict(verdict), "", BackupFacts(set="one") if good else None).code == code


def test_the_same_act_does_not_run_twice_at_once(machine: Path) -> None:
    with lock(folders.scratch() / "backup-his.lock", "backup-his"), pytest.raises(Locked):
        act(passing)
    assert not state_files.read_all()


def test_an_error_is_no_success() -> None:
    assert act(raising(SeawallError("no"))).good is None


@pytest.mark.parametrize("message", ["rows differ; " * 200_000, "a file named \udce9"])
def test_whatever_an_act_says_its_state_and_record_can_be_read(machine: Path, message: str) -> None:
    act(lambda: Outcome(Verdict.FAIL, message))
    state = state_files.read_all()["backup-his"]
    assert state.verdict is Verdict.FAIL
    assert state.message[:10] == message[:10]
    (line,) = (machine / "var/lib/seawall/ledger/ledger.jsonl").read_bytes().splitlines()
    assert read_record(line, "the line").message == state.message
