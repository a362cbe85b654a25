"""What a round of checks leaves for Prometheus: by policy, in one step, twenty series at most, and none is an age."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ops.cli import run
from ops.core.clock import iso, now, parse
from ops.jobs.health import metrics
from ops.jobs.host import own_policy
from ops.policy.compile import document
from ops.policy.units import units
from ops.reports.metrics import MOST, Series, text
from tests.states import states

ASSET = {
    "owner": "it_head",
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
    "assets": {"his": ASSET, "lis": ASSET},
    "drills": {"lab": {"host": "lab1", "asset": {**ASSET, "drill": {"host": "his1", "every": "31d"}}}},
    "checks": {"gone": {"kind": "disk", "options": {"path": "/nowhere/at/all"}}},
    "metrics": True,
}
EARLY, LATE = "2026-11-20T01:30:00Z", "2026-11-21T01:30:00Z"
GAPS = {"finished": LATE, "gaps": [{"name": "path:/srv/x"}], "excused": [], "covered": []}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    for folder in ("etc/seawall", "var/lib/seawall/state", "var/lib/seawall-metrics"):
        (tmp_path / folder).mkdir(parents=True)
    wanted(tmp_path)
    return tmp_path


def wanted(root: Path, **more: Any) -> None:
    (root / "etc/seawall/policy.json").write_text(json.dumps(POLICY | more))


def ended(verdict: str, good: str | None) -> dict[str, Any]:
    return {"verdict": verdict, "message": "", **({"last_good": {"time": good}} if good else {})}


def told(root: Path, **more: dict[str, Any]) -> dict[str, float]:
    """Return the figures of a machine with such states."""
    seen = states({"health": {"finished": iso(now()), "verdict": "fail", "checks": []}, **more})
    content = text(metrics.series(own_policy.read(), seen, seen["health"]))  # type: ignore[arg-type]
    return figures(content)


def figures(content: str) -> dict[str, float]:
    lines = [line for line in content.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_a_round_leaves_them_for_every_account(root: Path) -> None:
    assert run(["health", "run"]) == 0
    path = root / "var/lib/seawall-metrics/seawall.prom"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["seawall.prom"]
    found = figures(path.read_text())
    assert found["seawall_health_verdict"] == 3
    assert found['seawall_checks{verdict="unknown"}'] == 1
    finished = json.loads((root / "var/lib/seawall/state/health.json").read_text())["finished"]
    assert found["seawall_health_timestamp_seconds"] == parse(finished).timestamp()


def test_where_the_policy_wants_none_those_of_before_go(root: Path) -> None:
    run(["health", "run"])
    wanted(root, metrics=False)
    assert run(["health", "run"]) == 0
    assert [*(root / "var/lib/seawall-metrics").iterdir()] == []
    assert "metrics" not in document(own_policy.read())


def test_a_round_counts_though_they_can_not_be_written(root: Path) -> None:
    (root / "var/lib/seawall-metrics").rmdir()
    (root / "var/lib/seawall-metrics").write_text("a file in the place of the folder")
    assert run(["health", "run"]) == 0
    assert (root / "var/lib/seawall/state/health.json").exists()


def test_what_is_longest_ago_is_told_as_a_moment(root: Path) -> None:
    found = told(
        root,
        **{"backup-his": ended("pass", LATE), "backup-lis": ended("fail", EARLY), "drill-lab": ended("pass", LATE)},
    )
    assert found["seawall_backup_oldest_timestamp_seconds"] == parse(EARLY).timestamp()
    assert found["seawall_backup_due_timestamp_seconds"] == parse(EARLY).timestamp() + 26 * 3600
    assert found["seawall_drill_due_timestamp_seconds"] == parse(LATE).timestamp() + 31 * 86_400
    assert (found["seawall_backups_failed"], found["seawall_backups_missing"]) == (1, 0)
    assert (found["seawall_copies_failed"], found["seawall_copies_missing"]) == (0, 2)
    assert "seawall_copy_oldest_timestamp_seconds" not in found


@pytest.mark.parametrize("good", ["yesterday", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z", ""])
def test_a_time_that_is_none_is_no_good_act(root: Path, good: str) -> None:
    found = told(root, **{"backup-his": ended("pass", good), "backup-lis": ended("pass", LATE)})
    assert found["seawall_backups_missing"] == 1
    assert found["seawall_backup_oldest_timestamp_seconds"] == parse(LATE).timestamp()


def test_a_state_that_can_not_be_read_has_failed(root: Path) -> None:
    found = told(root, **{"backup-his": {"kind": None, "message": "not whole"}, "backup-lis": ended("pass", LATE)})
    assert (found["seawall_backups_failed"], found["seawall_backups_missing"]) == (1, 1)


def test_there_are_twenty_at_most_and_none_stands_still(root: Path) -> None:
    acts = {name: ended("pass", LATE) for name in ("backup-his", "backup-lis", "copy-his-offsite", "drill-lab")}
    folder = root / "var/lib/seawall/ledger"
    folder.mkdir()
    (folder / "ledger.jsonl.head").write_text(f"7 {'a' * 64}\n")
    found = told(root, gaps=GAPS, **acts)
    assert len(found) == MOST, sorted(found)
    assert {found["seawall_gaps"], found["seawall_ledger_records"]} == {1, 7}
    assert not [name for name in found if re.search("age|seconds_ago|since", name)]
    assert all(name.endswith("_timestamp_seconds") for name in found if "seconds" in name)


def test_the_unit_may_write_there_and_nowhere_else_beside_its_own() -> None:
    (unit,) = (unit for unit in units(own_policy_of(POLICY)) if unit.name == "seawall-health")
    assert unit.writable == ("-/var/lib/seawall-metrics",)


def own_policy_of(data: dict[str, Any]) -> Any:
    from ops.policy.compile import read_document

    repositories = {name: {"kind": "local", "place": "local"} for name in ("primary", "offsite")}
    repositories = {name: {**one, "options": {"path": f"/srv/{name}"}} for name, one in repositories.items()}
    return read_document({**data, "repositories": repositories})


def test_labels_and_words_can_hold_anything() -> None:
    (*_, line) = text([Series("a", "b\nc\\", 0.5, {"v": 'x"\n\\'})]).splitlines()
    assert line == r'a{v="x\"\n\\"} 0.5'
