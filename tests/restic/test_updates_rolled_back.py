"""An update that breaks a machine, really installed by apt, and brought back from what was kept before it."""

import json
from collections.abc import Iterator

import pytest
from updated_machine import CONFIGURATION, GOOD, PACKAGE, Machine, package, updated_machine

NAME = f"{PACKAGE}:all"
KEPT = "/var/lib/seawall/updates"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with updated_machine(tmp_path_factory.mktemp("updated")) as one:
        yield one


def records(machine: Machine, act: str) -> list[dict]:
    lines = machine.read("/var/lib/seawall/ledger/ledger.jsonl").splitlines()
    return [one for one in map(json.loads, lines) if one["act"] == act]


def test_a_broken_update_is_drilled_and_brought_back(machine: Machine) -> None:
    machine.publish(package(machine.mirror, "1"), package(machine.mirror, "2", more="exit 1"))
    machine.write("/etc/theirs.conf", "a\n")
    told = machine.json("before-update", "--reason", "version 2")
    assert (told["replaced"], told.get("missing", []), told["reason"]) == ({NAME: "1"}, [], "version 2")
    machine.update(ok=(100,))
    assert (machine.version(), machine.read(CONFIGURATION)) == ("2 half-configured", "printer = nowhere\n")
    machine.write("/etc/theirs.conf", "b\n")
    shown = machine.json("roll-back")
    assert shown["packages"] == {NAME: {"then": "1", "now": "2"}}
    assert shown["files"] == {CONFIGURATION[1:]: "changed", "etc/theirs.conf": "changed"}
    assert machine.seawall("roll-back", "--yes", "--dry-run", "--reason", "no").code == 0

    drilled = machine.seawall("roll-back", "--drill")
    assert "pass" in drilled.stdout and (machine.version(), machine.read("/etc/theirs.conf")) == ("2 half-configured", "b\n")
    (record,) = records(machine, "roll-back-drill")
    assert (record["result"], record["facts"]["packages"], record["facts"]["files"]) == ("pass", 1, 2)

    done = machine.seawall("roll-back", "--yes", "--reason", "no labels", "--leave", "/etc/theirs.conf", "--hold")
    assert (machine.version(), machine.read(CONFIGURATION)) == ("1 installed", GOOD), done.stdout
    assert machine.read("/etc/theirs.conf") == "b\n"
    assert machine.run("apt-mark", "showhold").stdout.strip() == PACKAGE
    machine.run("apt-mark", "unhold", PACKAGE)
    assert records(machine, "roll-back")[-1]["facts"]["packages"] == 1
    assert machine.json("roll-back")["packages"] == {}
