"""What a drill of the alarms lays out is judged as the same thing is in earnest; without a drill there is nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops import cli
from ops.core import clock
from ops.core.verdict import Verdict
from ops.health.drilled import Options
from ops.interfaces.staged import FILE, STATES, Staged, written
from ops.interfaces.state import CheckResult
from ops.jobs.alarm_drill import staging
from ops.jobs.health.job import look
from ops.policy.model import CheckSpec, HostPolicy, Site

SEEN = {
    "quota": "seawall-drill: 1 MiB of its quota of 1 MiB are used (100%): nothing more is taken",
    "copy": "copied 30d ago, late: it was due",
    "host": "does not answer within 2s; once",
}


def seen(fault: str, folder: Path) -> CheckResult:
    """Return what a round sees of a fault that would lie in a folder."""
    spec = CheckSpec("drilled", Options(fault, str(folder)))  # type: ignore[arg-type]
    policy = HostPolicy(1, "his1", Site("Test"), checks={"one": spec})
    return look(policy, {}, clock.now())[0]


@contextmanager
def runtime(folder: Path) -> Iterator[Path]:
    """A folder that is there for a block, as systemd makes one for a unit."""
    folder.mkdir()
    try:
        yield folder
    finally:
        subprocess.run(["rm", "-r", folder], check=True)


@pytest.mark.parametrize("fault", SEEN)
def test_a_fault_that_is_laid_out_is_seen_and_gone_with_its_folder(fault: str, tmp_path: Path) -> None:
    folder = tmp_path / "drill"
    assert (seen(fault, folder).verdict, seen(fault, folder).message) == (Verdict.PASS, "no drill lasts")
    with runtime(folder):
        assert seen(fault, folder).verdict is Verdict.PASS, "it is not laid out yet"
        with staging.laid_out(fault, folder):
            found = seen(fault, folder)
            assert found.verdict is Verdict.FAIL, found.message
            assert SEEN[fault].split(";")[0] in found.message
            others = {other: seen(other, folder).verdict for other in SEEN if other != fault}
            assert set(others.values()) == {Verdict.PASS}, others
    assert seen(fault, folder).verdict is Verdict.PASS


@pytest.mark.parametrize("wrong", ["", "{}", '{"version": 2}', '{"version": 1, "fault": "copy", "options": 3}', "["])
def test_what_can_not_be_read_is_unknown(wrong: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(wrong)
    assert seen("copy", tmp_path).verdict is Verdict.UNKNOWN


def test_options_that_the_kind_does_not_know_are_unknown_and_so_is_a_lost_state(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps(written(Staged(fault="copy", options={"asset": "x", "colour": "red"}))))
    found = seen("copy", tmp_path)
    assert (found.verdict, "options.colour" in found.message) == (Verdict.UNKNOWN, True)
    (tmp_path / FILE).write_text(json.dumps(written(Staged(fault="quota"))))
    assert seen("quota", tmp_path).verdict is Verdict.UNKNOWN
    (tmp_path / STATES).mkdir()
    (tmp_path / STATES / "arrivals.json").write_text("not whole")
    assert seen("quota", tmp_path).verdict is Verdict.UNKNOWN


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(json.dumps(written(Staged(fault="quota"))))
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    found = seen("copy", tmp_path)
    assert found.verdict is Verdict.UNKNOWN
    assert "expected a plain file" in found.message


def test_only_the_unit_of_a_drill_holds_a_fault(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    assert cli.run(["alarm-drill", "copy", "--hold", str(os.getpid())]) == 3
    assert "only the unit of a drill holds its fault" in capsys.readouterr().err


def test_it_is_ready_when_the_fault_is_there_and_ends_with_the_drill_that_was_killed(tmp_path: Path) -> None:
    drill = subprocess.Popen(["sleep", "600"])
    with runtime(tmp_path / "drill") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(tmp_path / "notify"))
        told.settimeout(60)
        env = {**os.environ, "RUNTIME_DIRECTORY": str(folder), "NOTIFY_SOCKET": str(tmp_path / "notify")}
        call = [sys.executable, "-m", "ops", "alarm-drill", "copy", "--hold", str(drill.pid)]
        holder = subprocess.Popen(call, env=env)
        try:
            assert told.recv(100) == b"READY=1"
            assert seen("copy", folder).verdict is Verdict.FAIL
            with pytest.raises(subprocess.TimeoutExpired):
                holder.wait(0.5)  # it stays as long as the drill does
            drill.send_signal(signal.SIGKILL)
            drill.wait()
            assert holder.wait(60) == 0
        finally:
            for process in (drill, holder):
                process.kill()
                process.wait()
    call[-1] = str(drill.pid)  # it is over
    assert subprocess.run(call, env=env, capture_output=True, check=False).returncode == 3
