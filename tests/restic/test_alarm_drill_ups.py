"""The UPS of an alarm drill: NUT's real server and driver, seen by the real check, and gone with the drill."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from throwaway_nut import LIBRARIES, ONLY_ROOT, programs

from ops.core import clock, nut
from ops.core.errors import Unavailable
from ops.core.verdict import Verdict
from ops.health.drilled import Options
from ops.interfaces.state import CheckResult
from ops.jobs.alarm_drill import staging
from ops.jobs.health.job import look
from ops.policy.model import CheckSpec, HostPolicy, Site

pytestmark = ONLY_ROOT


def seen(folder: Path) -> CheckResult:
    spec = CheckSpec("drilled", Options("ups", str(folder)))  # type: ignore[arg-type]
    return look(HostPolicy(1, "his1", Site("Test"), checks={"one": spec}), {}, clock.now())[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a drill lays its fault out, on a machine that has NUT's programs."""
    real, place = programs(), tmp_path / "programs"
    place.mkdir()
    for name in ("upsd", "dummy-ups"):
        (place / name).write_text(f'#!/bin/sh\nexport LD_LIBRARY_PATH={LIBRARIES}\nexec {real}/{name} "$@"\n')
        (place / name).chmod(0o755)
    monkeypatch.setattr(staging, "NUT", place)
    (tmp_path / "drill").mkdir()
    return tmp_path / "drill"


def test_a_simulated_ups_on_battery_is_seen_and_its_programs_end_with_the_drill(folder: Path) -> None:
    assert seen(folder).verdict is Verdict.PASS
    with staging.laid_out("ups", folder):
        found = seen(folder)
        assert (found.verdict, found.message) == (Verdict.WARN, "seawall-drill: on battery")
        assert found.figures["charge_percent"] == 97
        assert running(folder)
    assert running(folder) == []
    found = seen(folder)
    assert (found.verdict, "cannot be reached" in found.message) == (Verdict.UNKNOWN, True), "its file is still there"


def running(folder: Path) -> list[int]:
    """Return the processes of NUT that were started for a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"NUT_CONFPATH={folder}/nut".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return [number for number in found if number != os.getpid()]


def test_where_nut_is_not_there_or_shows_no_fault_none_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nut, "variables", lambda *_: {"ups.status": "OL"})
    monkeypatch.setattr(staging, "PATIENCE", 0.0)
    with pytest.raises(Unavailable, match="the simulated UPS does not show its fault"), staging.laid_out("ups", folder):
        pass
    assert running(folder) == []
    monkeypatch.setattr(staging, "NUT", folder / "nowhere")
    (folder / "state").rmdir()
    with pytest.raises(Unavailable, match="so no UPS can be simulated"), staging.laid_out("ups", folder):
        pass
