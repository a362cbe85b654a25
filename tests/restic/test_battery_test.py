"""A test of a UPS's battery through the real upsd: begun by an account that may do nothing else, and read back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from testable_ups import COMMAND, TestableUps
from throwaway_nut import ONLY_ROOT, Nut, programs

from ops import cli
from ops.core import nut
from ops.core.errors import Unavailable
from ops.core.run import run
from ops.jobs.host import marks, state_files
from ops.jobs.power import battery_test
from ops.policy.battery import ACCOUNT

pytestmark = ONLY_ROOT
ROLE = Path(__file__).parents[2] / "roles/ups/templates"


@pytest.fixture
def ups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkout: Path) -> Iterator[TestableUps]:
    """A machine whose policy tests the battery of its UPS, set up by the role's own templates."""
    programs()
    folder = tmp_path / "nut"
    folder.mkdir()
    server = Nut(folder, {})
    server.begin()  # makes its folders; upsd is started anew below, with the device and the account
    server.end()
    password = "0" * 40
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(ROLE), trim_blocks=True)
    environment.filters |= {"hash": lambda text, _: f"only-for-a-throwaway-{len(text)}", "comment": str}
    given = {"__ups_password": password, "ups_power": {}, "ups_battery_test": "quick", "ansible_managed": "#"}
    server.write("ups.conf", "[mains]\n driver = usbhid-ups\n port = auto\n")
    server.write("upsd.users", environment.get_template("etc/nut/upsd.users.j2").render(given))
    device = TestableUps(folder / "state/usbhid-ups-mains")
    device.begin()
    server.start("upsd", ["upsd", "-u", "root", "-F"])
    root = tmp_path / "machine"
    monkeypatch.setenv("SEAWALL_ROOT", str(root))
    for made in ("etc/seawall/credentials", "var/lib/seawall/state", "run/seawall/root"):
        (root / made).mkdir(parents=True)
    (root / "etc/seawall/credentials/battery-test.secret").write_text(
        environment.get_template("etc/seawall/credentials/battery-test.secret.j2").render(given)
    )
    key = root / "etc/seawall/credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)
    machines = {"his1": {"address": "198.18.0.1"}}
    power = {"rack": {"conductor": "his1", "ups": "mains", "server_port": server.port, "machines": machines}}
    asked = {"calendar": "Mon *-01,04,07,10-01..07", "ups": "mains"}
    policy = {"version": 1, "host": "his1", "site": {"name": "Test"}, "power": power, "battery_test": asked}
    (root / "etc/seawall/policy.json").write_text(json.dumps(policy))
    monkeypatch.setattr(battery_test, "POLL", 0.1)
    until(lambda: nut.commands("127.0.0.1", server.port, "mains"))
    device.port = server.port  # type: ignore[attr-defined]
    try:
        yield device
    finally:
        server.end()
        device.end()


def until(fits: Callable[[], Any]) -> None:
    """Wait until upsd has the device; it looks every other second."""
    import time

    deadline = time.monotonic() + 60
    while True:
        try:
            if fits():
                return
        except Unavailable:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)


def record() -> dict[str, Any]:
    ledger = Path(os.environ["SEAWALL_ROOT"]) / "var/lib/seawall/ledger/ledger.jsonl"
    return dict(json.loads(ledger.read_text().splitlines()[-1]))


def test_a_battery_that_passes_and_one_that_fails_are_recorded(ups: TestableUps, capsys: Any) -> None:
    assert cli.run(["ups", "test", "--dry-run"]) == 0
    assert f"would give mains the command {COMMAND}\nnothing is against it now" in capsys.readouterr().out
    assert ups.told == []
    assert cli.run(["ups", "test"]) == 0
    assert ups.told == [COMMAND]
    found = record()
    assert (found["act"], found["subject"], found["result"]) == ("battery-test", "mains", "pass")
    assert (found["facts"]["result"], found["facts"]["test"], found["facts"]["charge"]) == (
        "Done and passed",
        "quick",
        100,
    )
    assert state_files.read_plain("battery-test")["verdict"] == "pass"
    ups.result = "Done and error"
    assert cli.run(["ups", "test"]) == 1
    assert (record()["result"], record()["message"]) == ("fail", "mains: its last self-test: Done and error")
    ups.result = "Aborted"
    assert cli.run(["ups", "test"]) == 1
    assert record()["result"] == "unknown"


def test_it_is_never_begun_while_the_battery_is_needed(ups: TestableUps, capsys: Any) -> None:
    wrong = {
        "it is on battery": {"ups__status": "OB DISCHRG"},
        "its charge is 60%": {"ups__status": "OL CHRG", "battery__charge": "60"},
        "a test is in progress already": {"battery__charge": "100", "ups__test__result": "In progress"},
    }
    for why, variables in wrong.items():
        ups.shows(**variables)
        until(lambda variables=variables: shown(ups).get("ups.status") == ups.shown["ups.status"] and agrees(ups))
        assert cli.run(["ups", "test"]) == 1
        assert (record()["result"], why in record()["message"]) == ("unknown", True), record()
    ups.shows(ups__status="OL", ups__test__result="Done and passed")
    until(lambda: agrees(ups))
    mark = marks.set_for("backup-his", "backup", "his", "his1")
    assert cli.run(["ups", "test", "--dry-run"]) == 1
    assert "not now: backup-his runs" in capsys.readouterr().out
    assert cli.run(["ups", "test"]) == 1
    assert "not begun: backup-his runs" in record()["message"]
    mark.unlink()
    assert ups.told == []


def shown(ups: TestableUps) -> dict[str, str]:
    return nut.variables("127.0.0.1", ups.port, "mains")  # type: ignore[attr-defined]


def agrees(ups: TestableUps) -> bool:
    told = shown(ups)
    return all(told.get(name) == value for name, value in ups.shown.items())


def test_its_account_may_begin_this_one_test_and_nothing_else(ups: TestableUps) -> None:
    port, secret = ups.port, Path(os.environ["SEAWALL_ROOT"], "etc/seawall/credentials/battery-test.secret")  # type: ignore[attr-defined]
    account = nut.Account(ACCOUNT, secret.read_text().strip())
    for command in ("load.off", "shutdown.return", "test.battery.start.deep"):
        with pytest.raises(Unavailable, match="ERR ACCESS-DENIED"):
            nut.instruct("127.0.0.1", port, account, "mains", command)
    with pytest.raises(Unavailable, match="ERR ACCESS-DENIED"):
        nut.instruct("127.0.0.1", port, nut.Account(ACCOUNT, "wrong"), "mains", COMMAND)
    assert ups.told == []
    assert account.password not in repr(account)


def test_a_device_that_can_not_is_said_so(ups: TestableUps, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nut, "commands", lambda *_: ["beeper.disable"])
    assert cli.run(["ups", "test"]) == 1
    assert "mains can't test its battery by test.battery.start.quick" in capsys.readouterr().err
