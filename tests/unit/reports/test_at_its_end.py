"""What a person reads first, with everything at its end: the table and the page say it, and claim nothing."""

from __future__ import annotations

import html as markup
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ops.core.verdict import Verdict
from ops.fleet.status.answer import read
from ops.interfaces.fleet_status import FleetStatus, MachineStatus
from ops.reports.status import html, text
from tests.states import told

sys.path.insert(0, str(Path(__file__).parent))
import fifty
from asked import with_asset

NOBODYS = {"drill": None, "drill_host": None, "drill_every_seconds": None}
NOWHERE = {"copies": {}, "copies_to": {}, "away": ()}


def forms(status: FleetStatus) -> tuple[str, str]:
    page = re.sub(r"<(style|script)\b.*?</\1>|<[^>]+>", " ", html.render(status), flags=re.DOTALL)
    return text.render(status), re.sub(r"\s+", " ", markup.unescape(page))


def with_machine(name: str, machine: MachineStatus) -> FleetStatus:
    status = fifty.healthy()
    return replace(status, verdict=machine.verdict, machines={**status.machines, name: machine})


def with_check(name: str, verdict: str, message: str) -> FleetStatus:
    check = {"name": name, "kind": "units", "verdict": verdict, "message": message}
    return with_machine("srv01", told("srv01", verdict=verdict, checks=[check]))


ENDS = {
    "a masked timer": (
        with_check("seawall-timers", "fail", "seawall-backup-his.timer is masked: run playbooks/site.yml"),
        ("seawall-timers", "seawall-backup-his.timer is masked"),
    ),
    "a unit removed": (
        with_check("seawall-timers", "fail", "seawall-copy-his-offsite.service is not there"),
        ("seawall-copy-his-offsite.service is not there",),
    ),
    "nobody looks any more": (
        with_check("health", "unknown", "the last round of checks was at 2026-11-20T05:00:00Z"),
        ("the last round of checks was at",),
    ),
    "an older policy": (
        with_check("policy", "warn", "policy differs: run playbooks/site.yml"),
        ("policy differs: run playbooks/site.yml",),
    ),
    "an agent removed": (
        with_machine("srv01", read("sh: 1: seawall: not found\n")),
        ("has no agent: there is no command seawall; run playbooks/site.yml",),
    ),
    "a new machine": (
        with_check("backup_age_his", "fail", "his has never been backed up"),
        ("his has never been backed up",),
    ),
}


@pytest.mark.parametrize(("status", "words"), ENDS.values(), ids=ENDS)
def test_what_came_to_its_end_is_said(status: FleetStatus, words: tuple[str, ...]) -> None:
    for form in forms(status):
        assert "Everything is as the policy requires" not in form
        for word in words:
            assert word in form


def test_an_asset_that_nobody_drills_is_not_shown_as_proven() -> None:
    for form in forms(with_asset(fifty.healthy(), "his", **NOBODYS)):
        assert "1 asset of 50 was never restored in a drill: his." in form
        assert "assets were restored in a drill" not in form
    assert "the restore is not proven" in forms(with_asset(fifty.healthy(), "his", **NOBODYS))[1]


def test_an_asset_without_a_copy_is_not_shown_as_safe() -> None:
    for form in forms(with_asset(fifty.healthy(), "his", **NOWHERE)):
        assert "1 asset of 50 has no copy off-site: his." in form
        assert "If the house burns now, everything of his is lost." in form
        assert "have a copy off-site" not in form


def test_an_asset_that_was_never_backed_up_has_no_age() -> None:
    asset = fifty.healthy().assets["his"]
    findings = tuple(
        replace(one, verdict=Verdict.FAIL, message="his has never been backed up") if one.about == "backup" else one
        for one in asset.findings
    )
    new = {"backup": None, "findings": findings, "verdict": Verdict.FAIL, "copies": dict.fromkeys(asset.copies)}
    table, page = forms(with_asset(fifty.healthy(), "his", **NOBODYS, **new))
    (row,) = [line for line in table.splitlines() if line.startswith("fail     his ")]
    assert row.split()[3] == "-"
    for form in (table, page):
        assert "his has never been backed up" in form
        assert "his." in form[form.index("never restored in a drill") :][:60]
