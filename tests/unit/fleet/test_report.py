from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from pypdf import PdfReader

from ops.cli import run
from ops.core.verdict import Verdict
from ops.fleet.inventory import Inventory
from ops.fleet.periods import noted
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


def test_what_was_made_is_noted_by_the_digest_that_is_signed_off(fleet: Path) -> None:
    assert run(["report", "--html", "today.html"]) == 0
    assert run(["report", "--text", "--period", "weekly"]) == 0
    (day,) = noted.read(fleet / "site/.reports.json")
    digest = sha256((fleet / "today.html").read_bytes()).hexdigest()
    assert (day.day, [page.kind for page in day.pages], day.pages[0].sha256) == (
        "2026-11-22",
        ["daily", "weekly"],
        digest,
    )


def test_what_stops_the_collecting_is_in_the_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no route")

    monkeypatch.setattr("ops.commands.control.report.ledgers.collect", broken)
    assert run(["report", "--text"]) == 0
    assert "his1, ledger: the ledgers could not be collected: RuntimeError: no route" in capsys.readouterr().out
    assert run(["report", "--text", "--no-collect"]) == 0
    assert "no route" not in capsys.readouterr().out


def test_each_period_has_its_report(capsys: pytest.CaptureFixture[str]) -> None:
    for kind, title in (("weekly", "Weekly report, 2026-11-09 to 2026-11-15"), ("yearly", "Yearly report, 2025-01-01")):
        assert run(["report", "--text", "--period", kind]) == 0
        assert title in capsys.readouterr().out
    assert run(["report", "--text", "--period", "monthly", "--date", "2026-11-03"]) == 0
    assert "Monthly report, 2026-11-01 to 2026-11-22" in capsys.readouterr().out
    assert run(["report", "--text", "--date", "2026-11-23"]) == 2


def test_mail_needs_somebody_who_gets_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--mail"]) == 2
    assert "the policy mails no reports" in capsys.readouterr().err
