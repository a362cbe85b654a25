"""Power groups in the policy: what a machine gets of them, what is refused, and what NUT is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import PolicyError
from ops.core.run import run
from ops.policy.compile import compile_site, document, read_document
from ops.policy.layers import HostLayers
from ops.policy.powered import powered, waits
from ops.policy.rules.rendered import judge as rendered
from ops.policy.surroundings import Surroundings

MACHINES: dict[str, Any] = {
    "ups1": {"address": "192.0.2.1", "shutdown_time": "20s"},
    "db1": {"address": "192.0.2.2", "shutdown_time": "60s", "wake": "52:54:00:12:34:56"},
    "app1": {
        "address": "192.0.2.3",
        "needs": ["db1"],
        "shutdown_time": "40s",
        "wake_command": ["/usr/bin/wake", "app1"],
    },
}
HOSTS = [*MACHINES, "other"]
AROUND = Surroundings(HOSTS, {"ups_hosts": ["ups1"]}, {"ups1": ["mains"]})


def site(machines: dict[str, Any] | None = None, **more: Any) -> dict[str, HostLayers]:
    group = {"conductor": "ups1", "machines": machines or MACHINES} | more
    return {host: HostLayers(all={"version": 1, "site": {"name": "Test"}, "power": {"rack": group}}) for host in HOSTS}


def test_a_machine_gets_the_group_that_feeds_it_and_no_other() -> None:
    policies = compile_site(site(), AROUND)
    for host in MACHINES:
        read = read_document(document(policies[host]))
        assert read.power == policies[host].power is not None
        assert [*rendered(read)] == []
    assert "power" not in document(policies["other"])
    assert powered(policies["other"]) is None


def test_nut_is_told_who_signals_whom_and_who_waits_for_whom() -> None:
    policies = compile_site(site(), AROUND)
    conductor, database, application = (powered(policies[host]) for host in ("ups1", "db1", "app1"))
    assert conductor and database and application
    assert (conductor.conducts, conductor.signals, conductor.accounts) == (
        True,
        ("app1", "db1", "ups1"),
        ("app1", "db1"),
    )
    assert (database.conducts, database.signal, database.accounts) == (False, "seawall-db1", ())
    assert (database.address, database.port, database.ups) == ("192.0.2.1", 3493, "mains")
    # Silence on battery: the application stops first, then the database, then the conductor.
    assert application.waits == ""
    assert database.waits.startswith("timeout 67 sh -c ")
    assert "upsc seawall-db1@192.0.2.1:3493 ups.status" in database.waits
    assert "upsc mains@192.0.2.1:3493 ups.status" in database.waits
    assert database.waits.endswith("[ $? = 10 ] && systemctl --no-block restart nut-monitor.service && exit; ")
    assert conductor.waits.startswith("timeout 160 sh -c ")
    assert "systemctl" not in conductor.waits


HEARD = {
    "told to stop": ("FSD OB LB", "OB DISCHRG", "stops at once"),
    "told to stop though mains are back": ("FSD OB LB", "OL", "stops at once"),
    "low": ("OB DISCHRG", "OB LB", "stops at once"),
    "low, and a conductor that is gone": ("OL", "OB DISCHRG LB", "stops at once"),
    "the UPS ends": ("OL", "FSD OL", "stops at once"),
    "on battery": ("OB DISCHRG", "OB DISCHRG", "stops in turn"),
    "a conductor that does not know it yet": ("OB DISCHRG", "OL", "stops in turn"),
    "nothing": ("", "", "stops in turn"),
    "mains are back": ("OL", "OL CHRG", "stays"),
}


@pytest.mark.parametrize("what", HEARD)
def test_a_machine_that_others_need_stops_in_turn_and_at_once_when_told(what: str, tmp_path: Path) -> None:
    signal, ups, does = HEARD[what]
    upsc = tmp_path / "upsc"
    upsc.write_text(f"""#!/bin/sh\ncase $1 in seawall-*) echo '{signal}';; *) echo '{ups}';; esac\n""")
    upsc.chmod(0o755)
    words = waits(1, "seawall-db1@192.0.2.1:3493", "mains@192.0.2.1:3493", "echo stays", str(upsc))
    waited = run(["sh", "-c", words.partition("; [ $?")[0]], timeout=60, ok=range(256)).code
    assert {0: "stops at once", 124: "stops in turn", 10: "stays"}[waited] == does
    said = run(["sh", "-c", f"{words}echo stops"], timeout=60).stdout
    assert said == ("stays\n" if does == "stays" else "stops\n")


def test_nothing_is_written_that_nut_would_cut_off() -> None:
    usual = waits(145, "seawall-db1@192.0.2.1:3493", "mains@192.0.2.1:3493")
    assert usual
    assert len(usual) < 512 - len("/sbin/shutdown -h +0") - 60
    assert waits(145, f"seawall-{'d' * 100}@192.0.2.1:3493", f"{'m' * 100}@192.0.2.1:3493") == ""


def but(host: str, **more: Any) -> dict[str, Any]:
    return {name: {**one, **more} if name == host else one for name, one in MACHINES.items()}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "circle": ({"machines": but("db1", needs=["app1"])}, "policy.power.rack.machines: db1, app1 need each other"),
    "stranger": (
        {"machines": but("app1", needs=["db2"])},
        "there is no machine of the group 'db2', did you mean 'db1'?",
    ),
    "no host": ({"machines": MACHINES | {"db9": {"address": "192.0.2.9"}}}, "there is no host 'db9'"),
    "conductor": ({"conductor": "db9"}, "policy.power.rack.conductor: there is no machine of the group 'db9'"),
    "no UPS": ({"conductor": "db1"}, "db1 is not in the group ups_hosts, so it has no UPS"),
    "device": ({"ups": "main"}, "there is no UPS device of ups1 'main', did you mean 'mains'?"),
    "conductor in need": ({"machines": but("ups1", needs=["db1"])}, "ups1 conducts, so that all others need it"),
    "hardware address": ({"machines": but("db1", wake="52:54")}, "wake is '52:54'; expected a hardware address"),
    "two ways": ({"machines": but("app1", wake="52:54:00:12:34:57")}, "has both `wake` and `wake_command`"),
    "program": ({"machines": but("app1", wake_command=["wake"])}, "expected the whole path of a program"),
    "address": ({"machines": but("db1", address="a b")}, "address is 'a b'; expected an address"),
    "port": ({"machines": but("db1", port=0)}, "port is 0; expected 1 to 65535"),
    "time": ({"machines": but("db1", shutdown_time="2h")}, "shutdown_time is 2h; expected 1s to 1h"),
    "hold": ({"hold": "1h"}, "hold is 1h; expected 1s to 10min"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_conducted_is_refused_with_what_to_write(what: str) -> None:
    more, said = WRONG[what]
    with pytest.raises(PolicyError) as refused:
        compile_site(site(**more), AROUND)
    assert said in str(refused.value)


def test_a_machine_feeds_from_one_group() -> None:
    layers = site()
    twice = {"conductor": "ups1", "machines": {"ups1": MACHINES["ups1"], "db1": MACHINES["db1"]}}
    for one in layers.values():
        one.all["power"]["second"] = twice
    with pytest.raises(PolicyError, match="is in the group rack, too; one UPS stops it"):
        compile_site(layers, AROUND)
