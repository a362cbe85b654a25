from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.core.clock import iso, now
from ops.interfaces import status_answer
from ops.jobs import status
from ops.jobs.host import own_policy, state_files
from ops.policy.compile import document_digest
from tests.states import state

ASSET = {
    "owner": "it_head",
    "summary": "Hospital information system",
    "sources": {"documents": {"kind": "files", "options": {"paths": ["/srv/documents"]}}},
    "repository": "primary",
    "schedule": "*-*-* 01:30:00",
    "rpo": "26h",
    "rto": "1h",
    "retention": {"all": "14d"},
    "copies": {"offsite": {"to": "offsite", "calendar": "day 10"}},
}
POLICY: dict[str, Any] = {
    "version": 1,
    "host": "his1",
    "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"},
    "contacts": {"it_head": {"name": "Head of IT"}},
    "repositories": {},
    "assets": {"his": ASSET},
    "drills": {"lab": {"host": "lab1", "asset": {**ASSET, "drill": {"host": "his1", "every": "31d"}}}},
    "checks": {
        "memory": {"kind": "memory"},
        "backup_age_his": {"kind": "backup_age", "options": {"asset": "his", "rpo": "26h"}},
    },
}
BACKUP = {"version": 1, "verdict": "pass", "message": "", "last_good": {"time": iso(now())}}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    (tmp_path / "etc/seawall").mkdir(parents=True)
    (tmp_path / "etc/seawall/policy.json").write_text(json.dumps(POLICY, indent=3))
    return tmp_path


def collect() -> dict[str, Any]:
    found = status.collect(own_policy.read(), state_files.read_all(), now())
    sent = json.dumps(found.written())
    assert status_answer.read(sent.encode(), "the answer") == found
    return dict(json.loads(sent))


def health(verdict: str = "pass", finished: str | None = None) -> dict[str, Any]:
    checks = [
        {"name": "memory", "kind": "memory", "verdict": verdict, "message": "as recorded", "figures": {}},
        {"name": "backup_age_his", "kind": "backup_age", "verdict": "fail", "message": "as recorded", "figures": {}},
    ]
    return {"kind": "health", "finished": finished or iso(now()), "verdict": "fail", "checks": checks}


def test_the_status_has_all_its_parts(root: Path) -> None:
    state_files.write("backup-his", state("backup-his", BACKUP))
    state_files.write("health", state("health", health()))
    found = collect()
    assert (found["version"], found["host"], found["verdict"]) == (1, "his1", "pass")
    assert found["policy_digest"] == document_digest(POLICY)
    assert found["assets"]["his"]["owner"] == "Head of IT"
    assert found["assets"]["his"]["rpo_seconds"] == 93600
    assert found["assets"]["his"]["backup"]["last_good"]["time"] == BACKUP["last_good"]["time"]
    assert found["assets"]["his"]["copies"] == {"offsite": None}
    assert found["drills"]["lab"] == {"host": "lab1", "every_seconds": 2678400, "state": None}
    assert found["ledger"] is None
    json.dumps(found)


def test_ages_are_judged_anew_and_the_rest_is_as_recorded(root: Path) -> None:
    state_files.write("backup-his", state("backup-his", BACKUP))
    state_files.write("health", state("health", health("warn")))
    checks = {entry["name"]: entry for entry in collect()["checks"]}
    assert (checks["memory"]["verdict"], checks["memory"]["message"]) == ("warn", "as recorded")
    assert checks["backup_age_his"]["verdict"] == "pass"


def test_without_a_look_the_machine_is_unknown_or_worse(root: Path) -> None:
    state_files.write("backup-his", state("backup-his", BACKUP))
    found = collect()
    assert (found["verdict"], found["health_time"]) == ("unknown", None)
    assert found["checks"][-1]["message"] == "no health check has run on this machine yet"


@pytest.mark.parametrize(("age", "verdict"), [(timedelta(hours=1), "unknown"), (timedelta(hours=27), "fail")])
def test_an_old_look_makes_the_machine_unknown_and_after_a_day_fail(root: Path, age: timedelta, verdict: str) -> None:
    state_files.write("backup-his", state("backup-his", BACKUP))
    state_files.write("health", state("health", health(finished=iso(now() - age))))
    found = collect()
    assert found["verdict"] == verdict
    assert "seawall-health.timer" in found["checks"][-1]["message"]


def test_a_check_that_was_never_made_is_unknown(root: Path) -> None:
    state_files.write("backup-his", state("backup-his", BACKUP))
    state_files.write("health", state("health", {"finished": iso(now()), "checks": [], "verdict": "unknown"}))
    checks = {entry["name"]: entry for entry in collect()["checks"]}
    assert checks["memory"]["verdict"] == "unknown"


def test_the_end_of_the_ledger_is_shown(root: Path) -> None:
    (root / "var/lib/seawall/ledger").mkdir(parents=True)
    (root / "var/lib/seawall/ledger/ledger.jsonl.head").write_text(f"12 {'ab' * 32}\n")
    assert collect()["ledger"] == {"lines": 12, "head": "ab" * 32}
    (root / "etc/seawall/ledger.pub").write_text("ssh-ed25519 AAAA seawall-ledger his1\n")
    assert collect()["ledger"] == {"lines": 12, "head": "ab" * 32, "key": "ssh-ed25519 AAAA"}


def test_what_an_intruder_added_in_any_number_is_told_in_brief(root: Path) -> None:
    names = [{"path": f"keys/{number}", "why": "is a key that was added later"} for number in range(1000)]
    seen = {f"server{number}": {"foreign": names, "count": 1000} for number in range(50)}
    told = {"kind": "arrivals", "finished": iso(now()), "verdict": "fail", "message": "", "repositories": seen}
    state_files.write("arrivals", state("arrivals", told))
    repositories = collect()["arrivals"]["repositories"]
    assert {(len(one["foreign"]), one["count"]) for one in repositories.values()} == {(3, 1000)}
    assert len(json.dumps(repositories)) < status_answer.LIMITS.bytes / 10
