from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader

from ops.cli import run
from ops.core.verdict import Verdict
from ops.fleet.inventory import Inventory
from ops.interfaces.fleet_status import FleetStatus, MachineStatus

STATUS = FleetStatus(
    time="2026-11-22T14:05:00Z",
    site="Test hospital",
    timezone="UTC",
    verdict=Verdict.UNKNOWN,
    assets={},
    machines={"his1": MachineStatus(verdict=Verdict.UNKNOWN, message="does not answer: timed out")},
)
SITE = {"policy__all": {"version": 1, "site": {"name": "Test hospital"}}}  # a report reads the policy's calendars


@pytest.fixture(autouse=True)
def fleet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr("ops.commands.control.report.collect", lambda _: STATUS)
    monkeypatch.setattr("ops.fleet.inventory.read", lambda path: Inventory(path, {"his1": SITE}, {}))
    monkeypatch.setattr("ops.commands.control.report.ledgers.collect", lambda _: {})
    monkeypatch.setenv("SEAWALL_INVENTORY", "site")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    return tmp_path


def test_a_report_of_bad_things_is_well_written_and_says_where_it_is(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report"]) == 0
    assert capsys.readouterr().out == "unknown: report.html\n"
    assert "does not answer: timed out" in (fleet / "report.html").read_text()
    assert (fleet / "report.html").stat().st_mode & 0o777 == 0o640


def test_the_page_goes_where_it_is_wanted(fleet: Path) -> None:
    assert run(["report", "--html", "today.html"]) == 0
    assert sorted(path.name for path in fleet.iterdir()) == ["site", "today.html"]


def test_the_table_is_printed_without_a_page(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--text"]) == 0
    assert "does not answer: timed out" in capsys.readouterr().out
    assert [path.name for path in fleet.iterdir()] == ["site"]


def test_the_same_page_as_a_pdf(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--pdf", "today.pdf", "--html", "today.html"]) == 0
    assert capsys.readouterr().out == "unknown: today.html, today.pdf\n"
    assert "does not answer: timed out" in " ".join(PdfReader("today.pdf").pages[0].extract_text().split())
    assert (fleet / "today.pdf").stat().st_mode & 0o777 == 0o640
