from __future__ import annotations

import os
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import SeawallError
from ops.core.verdict import Verdict
from ops.health import updates
from ops.health.updates import KIND, Options, judge, lists_made, security_updates, since
from ops.interfaces.check import CheckContext

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIME = NOW.timestamp()
DAY = 86_400.0
# As apt 2.6 and 3.0 print it, also of Ubuntu.
PLAN = """\
Inst base-files [12.4+deb12u11] (12.4+deb12u15 Debian:12.15/oldstable [amd64])
Inst libgcrypt20 [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Inst libssl3 [3.0.14-1] (3.0.17-1~deb12u2 Debian-Security:12/stable-security [amd64])
Inst linux-image-6.1.0-40-amd64 (6.1.153-1 Debian-Security:12/stable-security [amd64])
Inst curl [7.81.0-1ubuntu1.15] (7.81.0-1ubuntu1.16 Ubuntu:22.04/jammy-updates, Ubuntu:22.04/jammy-security [amd64])
Inst his-client [1.0] (1.1 Hospital-Security-Tools:1/stable [all])
Conf libssl3 (3.0.17-1~deb12u2 Debian-Security:12/stable-security [amd64])
"""


def test_security_updates_are_told_from_the_others() -> None:
    names = [one.partition(" ")[0] for one in security_updates(PLAN)]
    assert names == ["curl", "libgcrypt20", "libssl3", "linux-image-6.1.0-40-amd64"]
    assert security_updates("") == []


@pytest.mark.parametrize(
    ("days", "lists", "verdicts"),
    [
        ([], 0.5, ["pass"]),
        ([2.9, 0], 0.5, ["pass"]),
        ([3.1, 0], 0.5, ["warn"]),
        ([14.1], 0.5, ["fail"]),
        ([], 3.1, ["unknown"]),  # nothing is known of the last days
        ([14.1], 3.1, ["unknown", "fail"]),
    ],
)
def test_it_is_judged_how_long_updates_wait(days: list[float], lists: float, verdicts: list[str]) -> None:
    waiting = {f"p{number}": TIME - ago * DAY for number, ago in enumerate(days)}
    assert [one.verdict.value for one in judge(Options(), waiting, TIME, lists * DAY)] == verdicts


def test_a_newer_version_waits_as_long_as_the_one_before() -> None:
    first = since({}, ["openssl 3.0.14", "curl 7"], TIME)
    assert since(first, ["openssl 3.0.15"], TIME + DAY) == {"openssl": TIME}
    assert since({"openssl": "x", "curl": None}, ["openssl 1"], TIME) == {"openssl": TIME}


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Lists, installed packages and an apt that tells how often it is asked."""
    monkeypatch.setattr(updates, "LISTS", tmp_path)
    monkeypatch.setattr(updates, "INSTALLED", tmp_path / "status")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for name in ("status", "asked"):
        (tmp_path / name).touch()
    (tmp_path / "plan").write_text(PLAN)
    for suite, days in (("bookworm", 130), ("bookworm-security", 1)):
        date = format_datetime(datetime.fromtimestamp(TIME - days * DAY, UTC))
        (tmp_path / f"mirror_dists_{suite}_InRelease").write_text(f"Hash: SHA256\n\nOrigin: Debian\nDate: {date}\n")
    program = tmp_path / "apt-get"
    program.write_text(f"#!/bin/sh\necho asked >>{tmp_path}/asked\ncat {tmp_path}/plan\n")
    program.chmod(0o755)
    return tmp_path


def test_apt_is_asked_when_something_changed(debian: Path) -> None:
    notes: dict[str, Any] = {}
    verdicts = []
    for days in (0, 2, 4, 15):
        later = datetime.fromtimestamp(TIME + days * DAY, UTC)
        os.utime(debian)
        date = format_datetime(later)
        (debian / "mirror_dists_bookworm-security_InRelease").write_text(f"Date: {date}\n")
        os.utime(debian, (TIME + days, TIME + days))
        for _ in range(3):
            (finding,) = KIND.probe(Options(), CheckContext(later, {}, notes=notes))
        verdicts.append(finding.verdict)
    assert verdicts == [Verdict.PASS, Verdict.PASS, Verdict.WARN, Verdict.FAIL]
    assert (debian / "asked").read_text().count("asked") == 4
    (debian / "plan").write_text("")
    os.utime(debian / "status", (TIME, TIME))
    (finding,) = KIND.probe(Options(), CheckContext(later, {}, notes=notes))
    assert finding.message == "no security update waits"


def test_an_apt_that_fails_is_asked_again_within_an_hour(debian: Path) -> None:
    notes: dict[str, Any] = {}
    program = debian / "apt-get"
    well = program.read_text()
    program.write_text(f"#!/bin/sh\necho asked >>{debian}/asked\nexit 100\n")
    for minutes, asked in ((0, 1), (5, 1), (55, 1), (61, 2), (70, 2)):
        later = datetime.fromtimestamp(TIME + minutes * 60, UTC)
        with pytest.raises(SeawallError, match="apt"):
            list(KIND.probe(Options(), CheckContext(later, {}, notes=notes)))
        assert (debian / "asked").read_text().count("asked") == asked
    program.write_text(well)
    later = datetime.fromtimestamp(TIME + 7300, UTC)
    (finding,) = KIND.probe(Options(), CheckContext(later, {}, notes=notes))
    assert finding.figures["security_updates"] == 4.0


def test_the_newest_list_counts_by_its_own_date(debian: Path) -> None:
    assert lists_made(debian) == TIME - DAY
    assert lists_made(debian / "nowhere") == 0.0
