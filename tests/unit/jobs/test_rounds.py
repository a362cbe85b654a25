"""Rounds of checks in the ledger: few lines, and none of them hides a change or a day on which nobody looked."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops import cli
from ops.core import clock
from ops.core.files import lock
from ops.core.run import run
from ops.evidence.ledger import NAME, Ledger
from ops.evidence.verification import verify
from ops.jobs.host import folders

NOON = datetime(2026, 11, 22, 15, tzinfo=UTC)  # 12:00 in São Paulo
FIVE = timedelta(minutes=5)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose timer looks at the age of a backup."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.setenv("SEAWALL_UNIT", "seawall-health.service")
    for folder in ("etc/seawall/credentials", "var/lib/seawall/state", "run/seawall"):
        (tmp_path / folder).mkdir(parents=True)
    etc = tmp_path / "etc/seawall"
    age = {"kind": "backup_age", "options": {"asset": "his", "rpo": "26h"}}
    site = {"name": "Test", "timezone": "America/Sao_Paulo"}
    (etc / "policy.json").write_text(json.dumps({"version": 1, "host": "his1", "site": site, "checks": {"age": age}}))
    key = etc / "credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    (etc / "allowed_signers").write_text(f'his1 namespaces="seawall-ledger" {key.with_suffix(".key.pub").read_text()}')
    backed_up(tmp_path, NOON)
    began(tmp_path)
    return tmp_path


def began(root: Path) -> None:
    """The machine's first act, which begins its ledger."""
    body = {"host": "his1", "act": "backup", "subject": "his", "result": "pass"}
    Ledger(root / "var/lib/seawall/ledger", root / "etc/seawall/credentials/ledger.key").append(body)


def backed_up(root: Path, when: datetime) -> None:
    state = {"version": 1, "kind": "backup", "verdict": "pass", "message": "", "last_good": {"time": clock.iso(when)}}
    (root / "var/lib/seawall/state/backup-his.json").write_text(json.dumps(state))


def records(root: Path) -> list[dict]:
    lines = (root / "var/lib/seawall/ledger" / NAME).read_text().splitlines()
    return [record for line in lines if (record := json.loads(line))["act"] == "check"]


def look(monkeypatch: pytest.MonkeyPatch, *moments: datetime, code: int = 0) -> None:
    for moment in moments:
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        assert cli.run(["health", "run"]) == code


def test_a_day_of_good_rounds_is_one_line_and_the_next_day_says_how_many(root, monkeypatch) -> None:
    look(monkeypatch, *(NOON + count * FIVE for count in range(4)))
    assert [(one["act"], one["subject"], one["result"]) for one in records(root)] == [("check", "health", "pass")]
    look(monkeypatch, NOON + timedelta(hours=11, minutes=59), NOON + timedelta(hours=12))  # midnight in São Paulo
    first, second = records(root)
    assert first["facts"] == {"rounds": 1, "checks": {"pass": 1}, "loud": {}, "passed": ["age"]}
    assert second["facts"]["rounds"] == 5
    found = verify(root / "var/lib/seawall/ledger", root / "etc/seawall/allowed_signers")
    assert {one.verdict.value for one in found} == {"pass"}


def test_another_verdict_is_a_line_at_once_and_names_the_check_alone(root, monkeypatch) -> None:
    look(monkeypatch, NOON)
    backed_up(root, NOON - timedelta(hours=30))
    look(monkeypatch, NOON + FIVE, NOON + 2 * FIVE)
    assert [one["result"] for one in records(root)] == ["pass", "fail"]
    change = records(root)[1]
    assert change["message"] == "fail after pass: fail age"
    assert change["facts"] == {"rounds": 1, "checks": {"fail": 1}, "loud": {"age": "fail"}}
    backed_up(root, NOON)
    look(monkeypatch, NOON + 3 * FIVE)
    assert records(root)[2]["message"] == "pass after fail: 1 checks pass"


def test_a_look_by_hand_is_no_round(root, monkeypatch) -> None:
    look(monkeypatch, NOON)
    monkeypatch.delenv("SEAWALL_UNIT")
    backed_up(root, NOON - timedelta(hours=30))
    look(monkeypatch, NOON + FIVE)
    assert len(records(root)) == 1
    monkeypatch.setenv("SEAWALL_UNIT", "seawall-health.service")
    look(monkeypatch, NOON + 2 * FIVE)
    assert [one["result"] for one in records(root)] == ["pass", "fail"]


def test_a_round_that_can_leave_no_record_says_so_and_the_next_one_makes_up_for_it(root, monkeypatch) -> None:
    key = root / "etc/seawall/credentials/ledger.key"
    key.rename(key.with_name("away"))
    look(monkeypatch, NOON, code=1)
    state = json.loads((root / "var/lib/seawall/state/health.json").read_text())
    assert state["verdict"] == "fail"
    assert "could not be recorded" in state["checks"][-1]["message"]
    key.with_name("away").rename(key)
    look(monkeypatch, NOON + FIVE)
    assert [one["result"] for one in records(root)] == ["pass"]


def test_while_the_key_is_changed_a_round_looks_and_waits_with_its_record(root, monkeypatch) -> None:
    with lock(folders.scratch() / "health.lock", "succession"):
        look(monkeypatch, NOON)
    assert records(root) == []
    assert json.loads((root / "var/lib/seawall/state/health.json").read_text())["verdict"] == "pass"
    look(monkeypatch, NOON + FIVE)
    assert len(records(root)) == 1


def test_a_round_begins_no_ledger(root, monkeypatch) -> None:
    for path in (root / "var/lib/seawall/ledger").iterdir():
        path.unlink()
    look(monkeypatch, NOON)
    assert list((root / "var/lib/seawall/ledger").iterdir()) == []
    began(root)
    look(monkeypatch, NOON + FIVE)
    assert [one["facts"]["rounds"] for one in records(root)] == [2]


def test_with_another_key_a_person_speaks_first(root, monkeypatch) -> None:
    look(monkeypatch, NOON)
    key = root / "etc/seawall/credentials/ledger.key"
    for path in (key, key.with_suffix(".key.pub")):
        path.unlink()
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    backed_up(root, NOON - timedelta(hours=30))
    look(monkeypatch, NOON + FIVE)
    assert [one["result"] for one in records(root)] == ["pass"]
    began(root)
    look(monkeypatch, NOON + 2 * FIVE)
    assert [one["result"] for one in records(root)] == ["pass", "fail"]


def test_on_a_restored_machine_a_round_waits_until_a_person_has_said_why(root, monkeypatch) -> None:
    """Its key is the old one; its ledger is a file that was put there."""
    look(monkeypatch, NOON)
    ledger = root / "var/lib/seawall/ledger" / NAME
    ledger.rename(ledger.with_name("lost"))
    ledger.write_bytes(ledger.with_name("lost").read_bytes())
    look(monkeypatch, NOON + timedelta(days=1), code=1)
    state = json.loads((root / "var/lib/seawall/state/health.json").read_text())
    assert state["verdict"] == "fail"
    assert "brought here from elsewhere" in state["checks"][-1]["message"]
    assert len(records(root)) == 1
    monkeypatch.delenv("SEAWALL_UNIT")
    assert cli.run(["ledger", "succeed", "--restored", "--reason", "the disk was lost"]) == 0
    monkeypatch.setenv("SEAWALL_UNIT", "seawall-health.service")
    backed_up(root, NOON + timedelta(days=1))
    look(monkeypatch, *(NOON + timedelta(days=1) + count * FIVE for count in (1, 2)))
    assert [one["result"] for one in records(root)] == ["pass", "pass"]
    found = verify(root / "var/lib/seawall/ledger", root / "etc/seawall/allowed_signers")
    assert {one.verdict.value for one in found} == {"pass"}
