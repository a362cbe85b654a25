"""An act whose record could not be written was not good: not for its exit code, nor for later looks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from one_machine import Machine

from ops.core import clock
from ops.core.verdict import Verdict
from ops.jobs.health.job import look
from ops.jobs.host import own_policy, state_files


@pytest.fixture
def without_key(machine: Machine) -> Iterator[Path]:
    """A machine from which somebody moved the key of the ledger away; yields where it is now."""
    key = machine.root / "etc/seawall/credentials/ledger.key"
    away = key.rename(machine.root / "away")
    yield away
    if away.exists():
        away.rename(key)


def checked(name: str) -> Verdict:
    (entry,) = look(own_policy.read(), state_files.read_all(), clock.now(), [name])
    return entry.verdict


def test_no_act_is_good_without_its_record(machine: Machine, without_key: Path, tmp_path: Path) -> None:
    before = machine.state("backup-documents")["last_good"]
    acts = {
        "backup-documents": ["backup", "documents"],
        "copy-documents-offsite": ["copy", "documents"],
        "restore-documents": ["restore", "documents", "--to", str(tmp_path / "restored")],
    }
    for name, words in acts.items():
        assert machine.seawall(*words) == 1
        state = machine.state(name)
        assert state["verdict"] == "fail"
        if words[0] != "restore":  # whose words name a folder, and what follows is cut off
            assert "it could not be recorded" in state["message"]
    assert machine.state("backup-documents")["last_good"] == before
    assert machine.state("copy-documents-offsite")["last_good"] is None
    assert checked("copy_age-documents-offsite") is Verdict.WARN  # a first copy is due, and none counts yet
    assert checked("backup_age-documents") is Verdict.WARN
    without_key.rename(machine.root / "etc/seawall/credentials/ledger.key")
    for name, words in acts.items():
        assert machine.seawall(*words[:3], *([str(tmp_path / "again")] if words[3:] else [])) == 0
        assert machine.state(name)["verdict"] == "pass"


def test_a_round_of_checks_without_its_record_fails(
    machine: Machine, without_key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert without_key.exists()
    monkeypatch.setenv("SEAWALL_UNIT", "seawall-health.service")
    assert machine.seawall("health", "run") == 1
    state = machine.state("health")
    assert (state["verdict"], state["checks"][-1]["name"]) == ("fail", "health")
    assert machine.seawall("health", "show") == Verdict.FAIL.exit_code
    without_key.rename(machine.root / "etc/seawall/credentials/ledger.key")
    assert machine.seawall("health", "run") == 0
