"""The figures, rules and the dashboard that a site gets, tried with Debian's own Prometheus and Alertmanager."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from prometheus import ask, exporter, site, unpacked, until

from ops.core.clock import iso, now
from ops.core.run import run
from ops.jobs.health import metrics
from ops.policy.compile import read_document
from ops.reports.metrics import text
from tests.states import states

NIGHT = 3600 * 8
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
PLACES = {
    name: {"kind": "local", "place": "local", "options": {"path": f"/srv/{name}"}} for name in ("primary", "offsite")
}
POLICY = {
    "version": 1,
    "host": "his1",
    "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"},
    "contacts": {"it_head": {"name": "Head of IT"}},
    "repositories": PLACES,
    "assets": {"his": ASSET},
    "drills": {"lab": {"host": "lab1", "asset": {**ASSET, "drill": {"host": "his1", "every": "31d"}}}},
    "metrics": True,
}


def told(
    ago: float = 60, backup: str = "pass", verdicts: tuple[str, ...] = ("pass", "warn"), age: float = NIGHT
) -> str:
    """Return the file of a machine. ago: seconds since its last round; age: since its last good backup."""
    good = {name: iso(_ago(age)) for name in ("backup-his", "copy-his-offsite", "drill-lab")}
    acts: dict[str, Any] = {
        name: {"verdict": "pass", "message": "", "last_good": {"time": when}} for name, when in good.items()
    }
    acts["backup-his"]["verdict"] = backup
    checks = [{"name": f"c{n}", "kind": "disk", "verdict": one, "message": ""} for n, one in enumerate(verdicts)]
    gaps = {"finished": good["drill-lab"], "gaps": []}
    seen = states({"health": {"finished": iso(_ago(ago)), "checks": checks}, "gaps": gaps, **acts})
    return text(metrics.series(read_document(POLICY), seen, seen["health"]))  # type: ignore[arg-type]


def _ago(seconds: float) -> datetime:
    return now() - timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(tmp_path_factory.mktemp("prometheus"))


@pytest.fixture
def shipped(checkout: Path) -> Path:
    return checkout / "docs/prometheus"


def test_what_a_machine_tells_is_as_prometheus_wants_it(programs: Path) -> None:
    run([programs / "promtool", "check", "metrics"], timeout=60, input=told())


def test_the_rules_are_rules(programs: Path, shipped: Path) -> None:
    said = run([programs / "promtool", "check", "rules", "--lint-fatal", shipped / "alerts.yml"], timeout=60)
    assert "12 rules found" in said.stdout


# The figures of a machine that is well, each by the steps.
HEALTHY = {
    "seawall_health_timestamp_seconds": "0+300x330",
    'seawall_checks{verdict="fail"}': "0x330",
    'seawall_checks{verdict="unknown"}': "0x330",
    'seawall_checks{verdict="warn"}': "2x330",
    "seawall_backups_failed": "0x330",
    "seawall_backups_missing": "0x330",
    "seawall_backup_due_timestamp_seconds": "93600+300x330",
    "seawall_copies_failed": "0x330",
    "seawall_drills_failed": "0x330",
    "seawall_drill_due_timestamp_seconds": "2678400+300x330",
}
# For each rule, the figures of a machine for which it fires, and from which minute on.
FIRING: dict[str, tuple[dict[str, str], int]] = {
    "SeawallLate": ({"seawall_health_timestamp_seconds": "0x330"}, 25),
    "SeawallSilent": ({"seawall_health_timestamp_seconds": "0x330"}, 26 * 60 + 5),
    "SeawallGone": ({name: values.replace("x330", "x3 _x326") for name, values in HEALTHY.items()}, 45),
    "SeawallClockAhead": ({"seawall_health_timestamp_seconds": "600+300x330"}, 5),
    "SeawallCheckFails": ({'seawall_checks{verdict="fail"}': "1x330"}, 10),
    "SeawallCheckUnknown": ({'seawall_checks{verdict="unknown"}': "1x330"}, 30),
    "SeawallBackupFailed": ({"seawall_backups_failed": "1x330"}, 0),
    "SeawallBackupOverdue": ({"seawall_backup_due_timestamp_seconds": "93600x330"}, 26 * 60 + 5),
    "SeawallBackupMissing": ({"seawall_backups_missing": "1x330"}, 26 * 60),
    "SeawallCopyFailed": ({"seawall_copies_failed": "1x330"}, 0),
    "SeawallDrillFailed": ({"seawall_drills_failed": "1x330"}, 0),
    "SeawallDrillOverdue": ({"seawall_drill_due_timestamp_seconds": "60x330"}, 5),
}
TOGETHER = {"SeawallLate", "SeawallSilent"}  # a machine that has been silent for a day was late before


def test_every_rule_fires_for_its_own_machine_alone(programs: Path, shipped: Path, tmp_path: Path) -> None:
    """One course of 27 hours, with a machine that is well and one for each rule."""
    named = [rule["alert"] for rule in yaml.safe_load((shipped / "alerts.yml").read_text())["groups"][0]["rules"]]
    assert sorted(named) == sorted(FIRING)
    machines = {"well": dict(HEALTHY)} | {name: {**HEALTHY, **changed} for name, (changed, _) in FIRING.items()}
    series = [
        {"series": _of(name, machine), "values": values}
        for machine, figures in machines.items()
        for name, values in figures.items()
    ]
    last = 26 * 60 + 5
    looks = [_look(name, name, minute, fires=True) for name, (_, minute) in FIRING.items()]
    looks += [_look(name, name, max(minute - 15, 0), fires=False) for name, (_, minute) in FIRING.items() if minute]
    looks += [
        _look(rule, machine, last, fires=rule == machine or {rule, machine} == TOGETHER)
        for rule in named
        for machine in machines
    ]
    course = {"interval": "5m", "input_series": series, "promql_expr_test": looks}
    file = tmp_path / "tests.yml"
    rules = [str(shipped / "alerts.yml")]
    file.write_text(yaml.safe_dump({"rule_files": rules, "evaluation_interval": "5m", "tests": [course]}))
    run([programs / "promtool", "test", "rules", file], timeout=300)


def _look(rule: str, machine: str, minute: int, *, fires: bool) -> dict[str, Any]:
    """Return one of promtool's looks: whether a rule fires at a minute for a machine."""
    alert = f'ALERTS{{alertname="{rule}", instance="{machine}", alertstate="firing"}}'
    samples = [{"labels": "{}", "value": int(fires)}]
    return {"expr": f"count({alert}) or vector(0)", "eval_time": f"{minute}m", "exp_samples": samples}


def _of(series: str, machine: str) -> str:
    """Return a machine's series as Prometheus writes it."""
    name, _, labels = series.rstrip("}").partition("{")
    return f'{name}{{instance="{machine}"{", " + labels if labels else ""}}}'


@pytest.fixture
def machines(programs: Path, tmp_path: Path) -> Iterator[dict[str, int]]:
    """Three machines with exporters: one that is well, one whose backup failed, one that nobody looks at any more."""
    files = {"well": told(), "failed": told(backup="fail"), "silent": told(ago=27 * 3600)}
    with contextlib.ExitStack() as stack:
        ports = {}
        for name, content in files.items():
            own, read = tmp_path / name / "seawall-metrics", tmp_path / name / "read"
            own.mkdir(parents=True)
            read.mkdir()
            (own / "seawall.prom").write_text(content)
            (read / "seawall.prom").symlink_to(own / "seawall.prom")  # as docs/prometheus.md has it
            ports[name] = stack.enter_context(exporter(programs, read))
        yield ports


def test_people_are_told_of_a_failed_backup_and_a_silent_machine_and_of_nothing_else(
    programs: Path, shipped: Path, machines: dict[str, int], tmp_path: Path
) -> None:
    wanted = {("SeawallBackupFailed", "failed"), ("SeawallSilent", "silent")}
    with site(programs, tmp_path / "site", shipped / "alerts.yml", machines) as (port, alerts):

        def sent(status: str) -> set[tuple[str, str]]:
            return {
                (one["labels"]["alertname"], one["labels"]["instance"]) for one in alerts if one["status"] == status
            }

        until(lambda: wanted <= sent("firing"))
        until(lambda: "well" in ask(port, "/api/v1/query?query=seawall_health_verdict"))
        assert sent("firing") == wanted
        (summary,) = {one["annotations"]["summary"] for one in alerts if one["labels"]["instance"] == "failed"}
        assert summary == "failed: the newest backup of 1 assets failed"
        (tmp_path / "failed/seawall-metrics/seawall.prom").write_text(told())
        until(lambda: ("SeawallBackupFailed", "failed") in sent("resolved"))
        assert sent("firing") == wanted


def test_the_dashboard_asks_for_nothing_that_no_machine_tells(
    programs: Path, shipped: Path, machines: dict[str, int], tmp_path: Path
) -> None:
    board = json.loads((shipped / "dashboard.json").read_text())
    asked = [one["expr"].replace("$instance", ".*") for panel in board["panels"] for one in panel["targets"]]
    names = {name for one in asked for name in re.findall(r"seawall_\w+", one)}
    assert names <= {*re.findall(r"^(seawall_\w+)", told(), re.MULTILINE), "seawall_ledger_records"}
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    with site(programs, tmp_path / "site", shipped / "alerts.yml", machines) as (port, _):
        until(lambda: ask(port, "/api/v1/query?query=count(seawall_info)").count('"3"'))
        for one in asked:
            answer = json.loads(ask(port, f"/api/v1/query?query={quote(one)}"))
            assert answer["status"] == "success", one
            assert answer["data"]["result"] or "verdict!=" in one or "ledger" in one, one
