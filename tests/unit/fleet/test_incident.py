"""Incidents: opened, noted and closed by people, as signed records from which all else follows."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ops import cli
from ops.core import clock
from ops.core.run import run
from ops.evidence.ledger import NAME, Ledger
from ops.evidence.verification import verify

pytestmark = pytest.mark.usefixtures("quick_inventory")
ALARMS = {
    "on_call": [{"who": "it_head"}],
    "channels": {"sms": {"kind": "command", "options": {"argv": ["/usr/local/bin/sms"]}}},
    "fault_classes": {
        "class_1": {
            "limits": [
                {"after": "30min", "what": "outpatient billing works on its own"},
                {"after": "3h", "what": "inpatients, pharmacy and wards work by hand"},
            ]
        },
    },
    "rules": [{"checks": ["root_disk"], "fault_class": "class_1"}],
}
CONTROL = {"name": "control1", "owner": "it_head", "repository": "offsite", "rpo": "8d", "rto": "4h"}


@pytest.fixture
def site(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An inventory with a control machine and alarms, and somebody who came in with sudo."""
    monkeypatch.setenv("SUDO_USER", "claudia")
    monkeypatch.delenv("SEAWALL_UNIT", raising=False)
    path = inventory / "group_vars/all/policy.yml"
    tree = yaml.safe_load(path.read_text())
    tree["policy__all"] |= {"alarms": ALARMS, "control": {**CONTROL, "retention": {"all": "60d"}}}
    path.write_text(yaml.safe_dump(tree))
    path = inventory / "host_vars/his1/policy.yml"
    tree = yaml.safe_load(path.read_text())
    tree["policy__host"]["assets"]["his"]["without"] = "Patients are admitted on paper"
    path.write_text(yaml.safe_dump(tree))
    return inventory


@pytest.fixture
def seawall(site: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `seawall incident`; return the exit code and what it said on both."""

    def incident(*words: str) -> tuple[int, str, str]:
        code = cli.run(["incident", *words, "-i", str(site)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return incident


Seawall = Callable[..., tuple[int, str, str]]
OPEN = ("open", "--class", "1", "--kind", "database", "--affected", "his", "the HIS does not answer")


def ledger(site: Path) -> Path:
    return site / ".control/var/lib/seawall/ledger"


def records(site: Path) -> list[dict]:
    return [json.loads(line) for line in (ledger(site) / NAME).read_text().splitlines()]


def opened(seawall: Seawall, *words: str) -> int:
    said = seawall("open", "--class", "1", "--kind", "database", "--affected", "his", "the HIS is down", "--json", *words)
    assert said[0] == 0, said
    return int(json.loads(said[1])["incident"])


def test_an_incident_is_opened_noted_and_closed(site: Path, seawall: Seawall) -> None:
    number = opened(seawall)
    assert seawall("note", str(number), "the vendor was called, ticket 4711")[0] == 0
    assert seawall("list")[1].startswith(f"incident {number}: class_1, database, his")
    told = ("--cause", "disk full", "--lesson", "warn at 20 %", "--entered", "34 requests", "--entered-by", "ana")
    assert seawall("close", str(number), *told)[0] == 0
    assert "no incident is open" in seawall("list")[1]
    shown = seawall("show", str(number))[1]
    for text in ("closed", "ticket 4711", "cause: disk full", "lesson: warn at 20 %", "34 requests", "entered by: ana"):
        assert text in shown
    assert [one["act"] for one in records(site)] == ["incident-opened", "incident-note", "incident-closed"]
    assert {one["host"] for one in records(site)} == {"control1"}
    assert {one["actor"] for one in records(site)} == {"person:claudia"}
    found = verify(ledger(site), site / ".control/etc/seawall/allowed_signers", host="control1")
    assert {one.verdict.value for one in found} == {"pass"}
