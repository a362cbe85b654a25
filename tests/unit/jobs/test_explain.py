"""What `seawall explain` and `seawall check KIND` say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.cli import run
from ops.core import kinds
from ops.core.verdict import Verdict
from ops.interfaces.state import CheckResult
from ops.reports.plugin_output import output

POLICY = {
    "version": 1,
    "host": "his1",
    "site": {"name": "Test hospital", "timezone": "UTC"},
    "checks": {
        "root_disk": {"kind": "disk", "options": {"path": "/", "warn_below": "12%", "fail_below": "5%"}},
        "ram": {"kind": "memory", "options": dict.fromkeys(("killed_warn_from", "killed_fail_from"), 1_000_000)},
        "backup_age-his": {"kind": "backup_age", "options": {"asset": "his", "rpo": "26h"}},
    },
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    (tmp_path / "etc/seawall").mkdir(parents=True)
    (tmp_path / "etc/seawall/policy.json").write_text(json.dumps(POLICY))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run(words)
    return code, capsys.readouterr().out


def test_a_check_is_explained_with_its_limits_and_whose_they_are(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = said(capsys, "explain", "root_disk")
    rows = {line.split()[0]: line.split() for line in out.splitlines() if "_below" in line and "%" in line}
    assert code == 0
    assert out.startswith("root_disk (disk)\nlooks at    Free space")
    assert "\nwhy         A full disk stops" in out
    assert "\nwhat to do  Find what grows" in out
    assert rows["warn_below"][1:] == ["12%", "the", "policy"]
    assert rows["fail_below"][1:] == ["5%", "Seawall's", "default"]
    assert "share of free usable space below which the check warns" in out


def test_what_was_seen_last_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "last seen" not in said(capsys, "explain", "ram")[1]
    said(capsys, "health", "run")
    assert "last seen   pass: " in said(capsys, "explain", "ram")[1]


def test_the_limits_of_a_derived_check_are_those_of_its_asset(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, "explain", "backup_age-his")[1]
    assert "1d 2h  the asset's part of the policy" in out


def test_a_kind_is_explained_by_its_checks_or_its_defaults(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "explain", "memory")[1].startswith("ram (memory)")
    assert said(capsys, "explain", "ups")[1].startswith("ups: no check of this kind is in the policy")
    assert json.loads(said(capsys, "explain", "--json", "disk")[1])["checks"][0]["name"] == "root_disk"


def test_what_is_no_check_is_refused_with_the_nearest(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "root_disc"]) == 2
    assert "did you mean 'root_disk'?" in capsys.readouterr().err


@pytest.mark.parametrize("kind", kinds.kinds("ops.health"))
def test_every_kind_is_explained_on_a_machine_without_a_policy(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    code, out = said(capsys, "explain", kind)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 130


def test_a_kind_is_checked_in_the_form_of_a_plugin(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = said(capsys, "check", "memory")
    assert code in {0, 1, 2}
    assert out.startswith(f"SEAWALL {('OK', 'WARNING', 'CRITICAL')[code]} - ram: ")
    assert "% of" in out
    assert " | 'available_percent'=" in out
    assert said(capsys, "check", "--plugin", "ram")[1].startswith("SEAWALL ")
    assert not said(capsys, "check", "ram")[1].startswith("SEAWALL "), "a name keeps the table"


def test_a_kind_without_a_check_is_looked_at_by_its_defaults(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "check", "load")[1].startswith("SEAWALL ")
    assert run(["check", "backup_copy"]) == 3
    assert run(["check", "command"]) == 3
    assert "needs argv" in capsys.readouterr().err


def entry(name: str, verdict: Verdict, message: str, **figures: float) -> CheckResult:
    return CheckResult(name=name, kind="ups", verdict=verdict, message=message, figures=figures)


def test_of_several_the_worst_is_the_line_and_each_has_its_own_figures() -> None:
    entries = [
        entry("a", Verdict.PASS, "well", charge_percent=100.0),
        entry("b", Verdict.FAIL, "low | gone", charge_percent=4.0, runtime_seconds=1e6),
    ]
    assert output(entries) == (
        "SEAWALL CRITICAL - b: low / gone and 1 more | 'a charge_percent'=100% 'b charge_percent'=4% "
        "'b runtime_seconds'=1000000s\nOK - a: well"
    )


def test_a_name_from_a_device_breaks_no_form() -> None:
    hostile = CheckResult(name="ups", kind="ups", verdict=Verdict.PASS, message="x", figures={"it's=a b_bytes": 1.5})
    assert output([hostile]) == "SEAWALL OK - ups: x | 'it''s_a b_bytes'=1.5B"
