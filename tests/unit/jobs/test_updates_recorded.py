"""Updates of packages in the ledger: each once, with what was replaced, by whom, and what was kept before it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops import cli
from ops.core import clock
from ops.core.run import run
from ops.evidence.ledger import NAME, Ledger
from ops.interfaces.record import read
from ops.interfaces.update import UpdateFacts
from ops.jobs.updates import history

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose policy asks for what is kept before updates, and which was looked at once."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    monkeypatch.setenv("SEAWALL_UNIT", "seawall-health.service")
    monkeypatch.setattr(history, "APT", tmp_path / "history.log")
    for folder in ("etc/seawall/credentials", "var/lib/seawall/state", "run/seawall"):
        (tmp_path / folder).mkdir(parents=True)
    check = {"updates_kept": {"kind": "before_update", "options": {"path": str(tmp_path / "dpkg.log")}}}
    policy = {"version": 1, "host": "his1", "site": {"name": "Test"}, "checks": check}
    (tmp_path / "etc/seawall/policy.json").write_text(json.dumps(policy))
    key = tmp_path / "etc/seawall/credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    body = {"host": "his1", "act": "backup", "subject": "his", "result": "pass"}
    Ledger(tmp_path / "var/lib/seawall/ledger", key).append(body)
    (tmp_path / "dpkg.log").write_text(replaced(NOON - HOUR, "long:all"))
    look(monkeypatch, NOON)
    return tmp_path


def replaced(when: datetime, name: str) -> str:
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S} upgrade {name} 1 2\n"


def look(monkeypatch: pytest.MonkeyPatch, now: datetime, code: int = 0) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    assert cli.run(["health", "run"]) == code


def updates(root: Path) -> list[UpdateFacts]:
    lines = (root / "var/lib/seawall/ledger" / NAME).read_bytes().splitlines(keepends=True)
    found = [record.outcome() for record in (read(line, "it") for line in lines) if record.act == "update"]
    return [one for one in found if isinstance(one, UpdateFacts)]


def test_an_update_is_recorded_once_when_it_has_ended(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not updates(root), "what was before the policy asked is nobody's"
    when = NOON + HOUR
    (root / "dpkg.log").write_text(replaced(when, "his:amd64") + replaced(when + HOUR / 60, "curl:amd64"))
    local = f"{when.astimezone():%Y-%m-%d  %H:%M:%S}"
    (root / "history.log").write_text(f"\nStart-Date: {local}\nRequested-By: ana (1000)\nEnd-Date: {local}\n\n")
    look(monkeypatch, when + HOUR / 10)
    assert not updates(root), "more of it may still come"
    for count in (2, 3):
        look(monkeypatch, when + count * HOUR)
    (one,) = updates(root)
    assert (one.by, one.before, one.replaced) == ("ana", "", {"his:amd64": "1 -> 2", "curl:amd64": "1 -> 2"})
    with (root / "dpkg.log").open("a") as file:
        file.write(replaced(when + 4 * HOUR, "his:amd64"))
    look(monkeypatch, when + 5 * HOUR)
    assert [one.by for one in updates(root)] == ["ana", ""]


def test_it_names_what_was_kept_before_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"time": clock.iso(NOON + HOUR), "id": "20261122T130000Z", "replaced": {"his:amd64": "1"}}
    state = {"version": 1, "kind": "before-update", "asset": "packages", "verdict": "pass", "last_good": good}
    (root / "var/lib/seawall/state/before-update.json").write_text(json.dumps(state))
    (root / "dpkg.log").write_text(replaced(NOON + 2 * HOUR, "his:amd64"))
    look(monkeypatch, NOON + 3 * HOUR)
    assert [one.before for one in updates(root)] == ["20261122T130000Z"]


def test_a_machine_without_a_log_or_the_check_records_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "dpkg.log").unlink()
    look(monkeypatch, NOON + HOUR)
    policy = json.loads((root / "etc/seawall/policy.json").read_text())
    (root / "etc/seawall/policy.json").write_text(json.dumps({**policy, "checks": {}}))
    (root / "dpkg.log").write_text(replaced(NOON + HOUR, "his:amd64"))
    look(monkeypatch, NOON + 2 * HOUR)
    assert not updates(root)
