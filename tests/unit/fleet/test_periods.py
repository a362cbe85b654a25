"""What is known of a period: the policy's calendars held against ledgers as they were collected."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core import clock
from ops.core.errors import UsageError
from ops.core.verdict import Finding, Verdict
from ops.fleet import periods
from ops.fleet.inventory import Inventory
from ops.fleet.periods import noted
from ops.interfaces.fleet_period import Period, Scheduled
from ops.interfaces.fleet_status import FleetStatus, MachineStatus
from ops.interfaces.state import CheckResult
from ops.interfaces.status_answer import StatusAnswer

ALL: dict[str, Any] = {
    "version": 1,
    "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"},
    "contacts": {
        "it": {"name": "Head of IT", "phone": "100", "mail": "it@hospital.example", "deputy": "dba"},
        "dba": {"name": "Ana", "phone": "101", "mail": "ana@hospital.example"},
    },
    "repositories": {"primary": {"kind": "rest_server", "place": "primary", "host": "backup1"}},
}
HIS = {
    "assets": {
        "documents": {
            "owner": "it",
            "sources": {"all": {"kind": "files", "options": {"paths": ["/srv/documents"]}}},
            "repository": "primary",
            "schedule": "*-*-* 01:30:00",
            "rpo": "26h",
            "rto": "1h",
            "retention": {"all": "14d"},
            "drill": {"kind": "files", "host": "drill1", "every": "31d"},
        }
    },
    "exceptions": {"trial": {"what": "path:/srv/trial", "reason": "empty", "until": "2026-11-30"}},
}
NOW = "2026-11-22T14:05:00Z"  # 11:05 in São Paulo
STATUS = FleetStatus(time=NOW, verdict=Verdict.PASS, machines={}, assets={}, timezone="America/Sao_Paulo")


@pytest.fixture
def site(tmp_path: Path) -> Inventory:
    variables: dict[str, Any] = {host: {"policy__all": ALL} for host in ("his1", "backup1", "drill1")}
    variables["his1"] = {"policy__all": ALL, "policy__host": HIS}
    groups = {"all": tuple(variables), "servers": ("his1",), "backup_hosts": ("backup1",), "drill_hosts": ("drill1",)}
    return Inventory(tmp_path, variables, groups)


def ledger(site: Inventory, host: str, lines: list[dict[str, Any]], until: str = NOW) -> None:
    """Lay a ledger where the collected ones are, as it was collected at a moment."""
    folder = site.path / ".ledgers" / host
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ledger.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    head = folder / "ledger.jsonl.head"
    head.write_text("")
    at = clock.parse(until).timestamp()
    os.utime(head, (at, at))


def act(
    started: str, kind: str = "backup", subject: str = "documents", result: str = "pass", **facts: Any
) -> dict[str, Any]:
    return {"act": kind, "subject": subject, "result": result, "started": started, "when": started, "facts": facts}


NIGHTS = [act(f"2026-11-{day:02}T04:31:00Z", seconds=60.0 + day, bytes=1000 * day) for day in range(1, 23)]


def told(site: Inventory, kind: str = "weekly", day: str = "2026-11-22", **words: Any) -> Period:
    found = words.pop("found", {})
    status = replace(STATUS, **words)
    return periods.told(site, status, kind, date.fromisoformat(day) if day else None, found)  # type: ignore[arg-type]


def backup(period: Period) -> Scheduled:
    return next(one for one in period.acts if (one.host, one.act) == ("his1", "backup"))


def test_what_was_done_in_time_is_so(site: Inventory) -> None:
    ledger(site, "his1", NIGHTS)
    ledger(site, "drill1", [act("2026-11-22T07:00:00Z", "drill", recovery_seconds=60.0)])
    found = told(site)
    assert (found.since, found.until) == ("2026-11-16T03:00:00Z", NOW)
    assert len(backup(found).on_time) == 7
    assert not [one for one in found.acts if one.late or one.missing or one.unknown]
    assert [run.bytes for run in found.backups["documents"]] == [1000 * day for day in range(1, 23)]
    assert [run.seconds for run in found.drills["documents"]] == [60.0]


def test_what_was_late_or_never_done_is_so(site: Inventory) -> None:
    late = act("2026-11-20T15:00:00Z")
    failed = act("2026-11-21T04:31:00Z", result="fail")
    ledger(site, "his1", [*NIGHTS[:19], late, failed, NIGHTS[21]])
    found = backup(told(site))
    assert found.late == ("2026-11-20T04:30:00Z",)
    assert found.missing == ("2026-11-21T04:30:00Z",)
    assert (len(found.on_time), found.failed, found.unknown) == (5, 1, ())


def test_what_was_due_after_a_ledger_was_collected_is_unknown(site: Inventory) -> None:
    ledger(site, "his1", NIGHTS[:19], until="2026-11-20T00:00:00Z")
    found = backup(told(site))
    assert (len(found.on_time), found.missing) == (4, ())
    assert found.unknown == ("2026-11-20T04:30:00Z", "2026-11-21T04:30:00Z", "2026-11-22T04:30:00Z")


def test_of_a_machine_that_was_never_collected_all_is_unknown(site: Inventory) -> None:
    found = told(site, found={"his1": Finding(Verdict.UNKNOWN, "does not answer")})
    assert (len(backup(found).unknown), backup(found).on_time) == (7, ())
    assert (found.collected["his1"].until, found.collected["his1"].message) == ("", "does not answer")


def test_nothing_was_expected_before_a_ledger_began(site: Inventory) -> None:
    ledger(site, "his1", NIGHTS[17:])
    assert len(backup(told(site)).on_time) == 5
    assert backup(told(site)).missing == ()


def test_a_clock_that_was_ahead_did_nothing(site: Inventory) -> None:
    ledger(site, "his1", [*NIGHTS[:20], act("2026-11-23T04:31:00Z"), act("2026-12-01T04:31:00Z")])
    found = told(site)
    assert backup(found).missing == ("2026-11-21T04:30:00Z", "2026-11-22T04:30:00Z")
    assert [run.when for run in found.backups["documents"]][-1] == "2026-11-20T04:31:00Z"


@pytest.mark.parametrize("figure", ["x", -1, 1e400, True, None, [], 1 << 80])
def test_figures_without_sense_are_left_out(site: Inventory, figure: Any) -> None:
    ledger(site, "his1", [*NIGHTS[:21], act("2026-11-22T04:31:00Z", seconds=figure, bytes=figure)])
    found = told(site)
    assert (found.backups["documents"][-1].seconds, found.backups["documents"][-1].bytes) == (None, None)
    assert len(backup(found).on_time) == 7


@pytest.mark.parametrize(
    ("kind", "day", "since", "until"),
    [
        ("daily", "", "2026-11-21T03:00:00Z", NOW),
        ("daily", "2026-11-20", "2026-11-20T03:00:00Z", "2026-11-21T03:00:00Z"),
        ("weekly", "", "2026-11-09T03:00:00Z", "2026-11-16T03:00:00Z"),
        ("monthly", "", "2026-10-01T03:00:00Z", "2026-11-01T03:00:00Z"),
        ("monthly", "2026-11-03", "2026-11-01T03:00:00Z", NOW),
        ("yearly", "", "2025-01-01T03:00:00Z", "2026-01-01T03:00:00Z"),
    ],
)
def test_periods_are_the_site_s(site: Inventory, kind: str, day: str, since: str, until: str) -> None:
    found = told(site, kind, day)
    assert (found.since, found.until) == (since, until)


def test_a_day_to_come_is_refused(site: Inventory) -> None:
    with pytest.raises(UsageError, match="has not come yet"):
        told(site, "daily", "2026-11-23")


def test_exceptions_that_end_are_told(site: Inventory) -> None:
    assert [(one.host, one.name, one.until) for one in told(site).endings] == [("his1", "trial", "2026-11-30")]
    assert told(site, day="", time="2026-11-10T12:00:00Z").endings == ()


PAGE = "<html>the page</html>"


def word(day: str, by: str = "ana", shown: str = "") -> dict[str, Any]:
    facts: dict[str, Any] = {"by": by, **({"shown_by": {"sha256": shown, "bytes": 1}} if shown else {})}
    return act(f"{day}T11:00:00Z", "attestation", f"report-{day}", **facts)


def made(site: Inventory, *days: str) -> str:
    for day in days:
        noted.note(site.path, replace(STATUS, time=f"{day}T10:00:00Z"), "daily", [PAGE])
    return noted.read(noted.place(site.path))[0].pages[0].sha256


def test_who_signed_a_daily_report_off_is_known(site: Inventory) -> None:
    digest = made(site, "2026-11-18", "2026-11-19", "2026-11-21")
    ledger(site, "his1", [*NIGHTS, word("2026-11-18", shown=digest), word("2026-11-19", shown="00" * 32)])
    found = told(site, "daily", "").signed
    assert [(one.day, one.made, one.by, one.same) for one in found] == [
        ("2026-11-18", True, "ana", True),
        ("2026-11-19", True, "ana", False),
        ("2026-11-20", False, "", None),
        ("2026-11-21", True, "", None),
    ]


def test_a_page_of_ours_counts_more_than_another(site: Inventory) -> None:
    digest = made(site, "2026-11-21")
    ledger(
        site, "his1", [*NIGHTS, word("2026-11-21", "rui"), word("2026-11-21", "ana", digest), word("2026-11-21", "")]
    )
    (found,) = told(site, "daily", "").signed
    assert (found.by, found.on, found.same) == ("ana", "his1", True)


def test_before_the_first_report_there_was_nothing_to_sign(site: Inventory) -> None:
    assert told(site, "daily", "").signed == ()
    made(site, "2026-11-22")
    assert told(site, "daily", "").signed == ()


def test_notes_that_can_t_be_read_are_told_and_kept(site: Inventory) -> None:
    noted.place(site.path).write_text("{")
    assert told(site, "daily", "").not_noted
    made(site, "2026-11-22")
    assert (site.path / ".reports.json.unreadable-1").read_text() == "{"
    assert told(site, "daily", "").not_noted == ""


def test_how_long_a_ups_lasts_is_followed(site: Inventory) -> None:
    def told_by(seconds: float) -> dict[str, MachineStatus]:
        check = CheckResult(
            name="ups", kind="ups", verdict=Verdict.PASS, message="", figures={"runtime_seconds": seconds}
        )
        answer = StatusAnswer(
            host="his1", time=NOW, seawall="", policy_digest="", verdict=Verdict.PASS, checks=(check,)
        )
        return {"his1": MachineStatus(verdict=Verdict.PASS, told=answer)}

    earlier = replace(STATUS, time="2026-11-20T10:00:00Z", machines=told_by(1500.0))
    noted.note(site.path, earlier, "daily", [PAGE])
    found = told(site, machines=told_by(1400.0)).runtimes
    assert [point.value for point in found["his1 ups"]] == [1500.0, 1400.0]
    assert told(site, machines=told_by(1e300)).runtimes["his1 ups"][-1].value == 1500.0


def test_who_is_on_call_comes_from_the_alarms(site: Inventory) -> None:
    channel = {"kind": "mail", "options": {"server": "mail", "sender": "seawall@hospital.example"}}
    calls = [{"who": "dba", "hours": "Mon-Fri 08:00-18:00"}, {"who": "it", "hours": "Sat, Sun"}]
    alarms = {"on_call": calls, "channels": {"mail": channel}}
    every = {**ALL, "alarms": alarms}
    variables = {host: {**one, "policy__all": every} for host, one in site.variables.items()}
    told_now = told(replace(site, variables=variables))
    assert datetime.fromisoformat(NOW).strftime("%a") == "Sun"
    assert [(one.name, one.deputy) for one in told_now.on_call] == [("Head of IT", "Ana"), ("Ana", "")]
    assert told(site).on_call == ()
