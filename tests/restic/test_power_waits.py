"""On battery no act begins that can wait, and one that runs ends: asked of a real upsd."""

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from throwaway_nut import ONLY_ROOT, Nut

from ops.core import nut
from ops.core.errors import Stopped, Unavailable
from ops.core.verdict import Verdict
from ops.jobs.run import job, on_battery
from ops.jobs.run.job import Outcome

pytestmark = ONLY_ROOT
SIGNAL = nut.signal_of("db1")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nut]:
    file = tmp_path / "db1.dev"
    file.write_text("ups.status: OL\n", "utf-8")
    found = Nut(tmp_path, {SIGNAL: file})
    found.begin()
    try:
        shows(found, "OL")
        yield found
    finally:
        found.end()


def shows(server: Nut, status: str) -> None:
    """Let the signal show a status, and wait until upsd has it; written again, for a second hides a change."""
    wait, words = threading.Event(), set(status.split())
    for _ in range(600):
        server.devices[SIGNAL].write_text(f"ups.status: {status}\n", "utf-8")
        if on_battery._status("127.0.0.1", server.port, SIGNAL) == words:
            return
        wait.wait(0.1)
    pytest.fail("upsd never knew")


def policy(server: Nut) -> dict:
    machines = {"ups1": {"address": "127.0.0.1"}, "db1": {"address": "192.0.2.2"}}
    return {"host": "db1", "power": {"rack": {"conductor": "ups1", "server_port": server.port, "machines": machines}}}


def test_on_mains_it_begins_and_ends_of_itself(server: Nut) -> None:
    with on_battery.respected("backup", policy(server)):
        pass


def test_on_battery_nothing_begins_but_what_cannot_wait(server: Nut) -> None:
    shows(server, "OB")
    with pytest.raises(Unavailable, match="not begun: mains are gone"):
        with on_battery.respected("backup", policy(server)):
            pytest.fail("it began")
    with on_battery.respected("restore", policy(server)):
        pass


def test_what_runs_is_ended_by_a_cut_and_not_by_a_blip(server: Nut, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_battery, "PERIOD", 0.2)

    def end(_number: int, _frame: object) -> None:
        raise Stopped("stopped from outside")

    before = signal.signal(signal.SIGTERM, end)
    try:
        with pytest.raises(Stopped, match="ended: mains are gone"):
            with on_battery.respected("copy", policy(server)):
                shows(server, "OB")
                shows(server, "OL")
                shows(server, "OB DISCHRG")
                threading.Event().wait(60)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_an_act_asks_before_it_begins(server: Nut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    (tmp_path / "etc/seawall").mkdir(parents=True)
    (tmp_path / "etc/seawall/policy.json").write_text(json.dumps(policy(server)), "utf-8")
    done = Outcome(Verdict.PASS, "done")
    assert job._tried("backup", lambda: done, Verdict.FAIL) == done
    shows(server, "OB")
    refused = job._tried("backup", lambda: done, Verdict.FAIL)
    assert refused.verdict is Verdict.FAIL
    assert refused.message.startswith("not begun: mains are gone")
    assert job._tried("restore", lambda: done, Verdict.FAIL) == done


def test_a_server_that_is_silent_keeps_nobody_from_a_backup(server: Nut) -> None:
    told = policy(server)
    server.end()
    with on_battery.respected("backup", told):
        pass


def test_a_machine_of_no_group_asks_nobody() -> None:
    with on_battery.respected("backup", {"host": "db1"}):
        pass
    with on_battery.respected("backup", None):
        pass
