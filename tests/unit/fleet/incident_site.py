"""A site with a control machine and alarms, on which people open incidents."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ops import cli
from ops.evidence.ledger import NAME

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
    "rules": [{"checks": ["root_disk"], "fault_class": "class_1"}, {"checks": ["memory"]}],
}
CONTROL = {"name": "control1", "owner": "it_head", "repository": "offsite", "rpo": "8d", "rto": "4h"}


@pytest.fixture(name="site")
def a_site(inventory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
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


@pytest.fixture(name="seawall")
def a_terminal(site: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `seawall incident`; return the exit code and what it said on both."""

    def incident(*words: str) -> tuple[int, str, str]:
        code = cli.run(["incident", *words, "-i", str(site)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return incident


Seawall = Callable[..., tuple[int, str, str]]
OPEN = ("open", "--class", "1", "--kind", "database", "--affected", "his", "the HIS does not answer")


CLOSED = ("--cause", "disk full", "--lesson", "warn at 20 %", "--entered", "34 requests", "--entered-by", "ana")


def ledger(site: Path) -> Path:
    return site / ".control/var/lib/seawall/ledger"


def records(site: Path) -> list[dict]:
    return [json.loads(line) for line in (ledger(site) / NAME).read_text().splitlines()]


def opened(seawall: Seawall, *words: str) -> int:
    said = seawall(*OPEN, "--json", *words)
    assert said[0] == 0, said
    return int(json.loads(said[1])["incident"])
