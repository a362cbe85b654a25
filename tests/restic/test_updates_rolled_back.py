"""An update that breaks a machine, really installed by apt, and brought back from what was kept before it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from updated_machine import CONFIGURATION, GOOD, PACKAGE, Machine, package, updated_machine

from ops.core.files import digest

NAME = f"{PACKAGE}:all"
KEPT = "/var/lib/seawall/updates"
BROKEN = ("2 half-configured", "printer = nowhere\n")
# Version 1 waits while this is there: so a roll-back can be killed in its middle.
GATE = "/run/gate"
WAITS = f"while [ -e {GATE} ]; do sleep 0.1; done"
DEADLINE = 120.0


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with updated_machine(tmp_path_factory.mktemp("updated")) as one:
        first = package(one.mirror, "1", more=WAITS)
        one.publish(first, package(one.mirror, "2", more="exit 1"))
        yield one


@pytest.fixture(scope="module")
def kept(machine: Machine) -> dict[str, Any]:
    """What was kept before the update that broke the machine, which was made then."""
    machine.write("/etc/theirs.conf", "a\n")
    told = machine.json("before-update", "--reason", "version 2")
    machine.update(ok=(100,))
    machine.write("/etc/theirs.conf", "b\n")
    assert seen(machine) == BROKEN
    return dict(told)


def seen(machine: Machine) -> tuple[str, str]:
    return machine.version(), machine.read(CONFIGURATION)


def records(machine: Machine, act: str) -> list[dict[str, Any]]:
    lines = machine.read("/var/lib/seawall/ledger/ledger.jsonl").splitlines()
    return [one for one in map(json.loads, lines) if one["act"] == act]


def test_what_goes_is_kept_and_what_differs_is_shown_and_no_more(machine: Machine, kept: dict[str, Any]) -> None:
    assert (kept["replaced"], kept["missing"], kept["reason"]) == ({NAME: "1"}, [], "version 2")
    shown = machine.json("roll-back", "--yes", "--dry-run")
    assert shown["packages"] == {NAME: {"then": "1", "now": "2"}}
    assert shown["files"] == {CONFIGURATION[1:]: "changed", "etc/theirs.conf": "changed"}
    assert seen(machine) == BROKEN


def test_a_drill_proves_it_and_changes_nothing(machine: Machine, kept: dict[str, Any]) -> None:
    before = machine.read("/proc/mounts")
    machine.seawall("roll-back", kept["id"], "--drill")
    assert (seen(machine), machine.read("/etc/theirs.conf"), machine.read("/proc/mounts")) == (BROKEN, "b\n", before)
    (record,) = records(machine, "roll-back-drill")
    assert (record["result"], record["facts"]["packages"], record["facts"]["files"]) == ("pass", 1, 2)


def test_it_is_killed_and_the_next_one_goes_on(machine: Machine, kept: dict[str, Any]) -> None:
    words = ("roll-back", kept["id"], "--yes", "--reason", "no labels", "--leave", "/etc/theirs.conf", "--hold")
    machine.write(GATE, "")
    begun = machine.start(*words)
    deadline = time.monotonic() + DEADLINE
    while machine.version() != "1 half-configured":
        assert begun.poll() is None and time.monotonic() < deadline, machine.version()
    machine.kill(begun)
    begun.wait(DEADLINE)
    machine.run("rm", GATE)
    done = machine.seawall(*words)
    assert (seen(machine), machine.read("/etc/theirs.conf")) == (("1 installed", GOOD), "b\n"), done.stdout
    assert machine.run("apt-mark", "showhold").stdout.strip() == PACKAGE
    machine.run("apt-mark", "unhold", PACKAGE)
    killed, good = records(machine, "roll-back")
    assert (killed["result"], good["result"], good["facts"]["packages"]) == ("unknown", "warn", 1)
    assert "services were not looked at" in good["message"]


def test_a_drill_of_nothing_proves_nothing(machine: Machine, kept: dict[str, Any]) -> None:
    done = machine.seawall("roll-back", kept["id"], "--drill", ok=(3,))
    assert "no package differs" in done.stdout


def test_what_was_kept_and_was_changed_since_is_not_installed(machine: Machine, kept: dict[str, Any]) -> None:
    place = f"{KEPT}/{kept['id']}/packages/{PACKAGE}_1_all.deb"
    machine.run("sh", "-c", f"cp {place} /root/good && printf x >>{place}")
    assert "is not what was kept" in machine.seawall("roll-back", kept["id"], ok=(1,)).stderr
    machine.run("mv", "/root/good", place)


def test_a_package_that_no_mirror_has_is_named_and_half_a_roll_back_refused(machine: Machine) -> None:
    machine.publish(package(machine.mirror, "3"))
    told = machine.seawall("before-update", PACKAGE, "--reason", "version 3")
    assert told.stdout.splitlines()[-1].startswith("warn: ") and f"can't be brought back: {NAME}" in told.stdout
    machine.update()
    refused = machine.seawall("roll-back", "--yes", "--reason", "no", ok=(2,))
    assert "1 package can't be brought back" in refused.stderr
    assert seen(machine) == ("3 installed", "printer = nowhere\n")
    partly = machine.seawall("roll-back", "--yes", "--reason", "no", "--partly", ok=(1,))
    assert "fail: " in partly.stdout and seen(machine) == ("3 installed", GOOD)


def test_one_from_the_cache_of_apt_must_be_what_it_says(machine: Machine) -> None:
    good, other = package(machine.mirror, "3"), package(machine.mirror, "9", name="other")
    machine.publish(package(machine.mirror, "4"))
    for path, missing in ((other, [NAME]), (good, [])):
        machine.run("cp", f"/srv/mirror/{path.name}", f"/var/cache/apt/archives/{PACKAGE}_3_all.deb")
        assert machine.json("before-update", PACKAGE, "--reason", "version 4")["missing"] == missing


def test_apt_takes_no_package_away_that_was_there_before(machine: Machine) -> None:
    here, other = package(machine.mirror, "3"), package(machine.mirror, "1", name="other")
    machine.publish(here, package(machine.mirror, "5"), other)
    machine.update("other")
    told = machine.json("before-update", PACKAGE, "--reason", "version 5")
    note = json.loads(machine.read(f"{KEPT}/{told['id']}/kept.json"))
    assert note["kept"][NAME]["sha256"] == digest(here), "the one in apt's folder was built anew meanwhile"
    needs = package(machine.mirror, "2", name="other", Depends=f"{PACKAGE} (>= 5)")
    machine.publish(package(machine.mirror, "5"), needs)
    machine.update(PACKAGE, "other")
    refused = machine.seawall("roll-back", "--yes", "--reason", "no", "--partly", ok=(1,))
    assert "apt would remove other:all" in refused.stdout
    assert (machine.version(), machine.version("other")) == ("5 installed", "2 installed")


def test_what_a_drill_does_within_is_done_nowhere_else(machine: Machine) -> None:
    assert "in the layer of a drill alone" in machine.seawall("roll-back", "--inside-drill", ok=(2,)).stderr


def test_what_was_kept_can_be_removed_and_that_is_recorded(machine: Machine) -> None:
    newest, *rest = (one["id"] for one in machine.json("roll-back", "--list"))
    machine.seawall("before-update", "--forget", newest)
    assert machine.run("ls", KEPT).stdout.split() == sorted(rest)
    assert records(machine, "before-update-forgotten")[-1]["facts"]["id"] == newest


def test_without_room_or_a_good_backup_nothing_is_kept(machine: Machine) -> None:
    before = machine.run("ls", KEPT).stdout
    small = 'mount -t tmpfs -o size=1m tmpfs /var/lib/seawall && exec "$@"'
    words = machine.words("before-update", PACKAGE, "--reason", "x")
    done = machine.run("unshare", "--mount", "sh", "-c", small, "sh", *words, ok=(1,))
    assert "needs" in done.stderr and "only 1 MiB are free" in done.stderr.replace("1.0 MiB", "1 MiB")
    machine.policy({"his": {"all": ("files", {"paths": ["/srv/his"]})}})
    done = machine.seawall("before-update", PACKAGE, "--reason", "x", ok=(1,))
    assert "his could not be backed up" in done.stdout
    assert machine.run("ls", KEPT).stdout == before
