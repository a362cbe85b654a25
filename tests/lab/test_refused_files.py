"""What is wrong with a file is seen before it replaces the one that works: by nginx, NUT, systemd and the rest."""

import json
from typing import Any

import pytest
from hospital import Site

pytestmark = pytest.mark.lab
HASH = "$2b$05$" + "x" * 53
UNIT = {
    "name": "seawall-health",
    "description": "Check the health",
    "command": "health run",
    "calendar": ["*:0/5"],
    "random_delay": 30,
    "user": "seawall",
    "capabilities": [],
    "credentials": ["ledger.key"],
    "timeout": 120,
    "writable": [],
    "after": [],
    "supplementary_groups": [],
}
DEVICE = {"driver": "dummy-ups", "port": "mains.dev", "description": "x"}
DOORS = ("backup1", "backup_host", "seawall-writer-his1 seawall-writers seawall-reader seawall-readers")
UPS = ("his1", "ups", "nut-server nut-monitor")
HEALTH = ("his1", "monitoring", "seawall-health.timer")
KEPT = "cd /etc && sha256sum nut/*.conf nut/upsd.users seawall-writers/* seawall-readers/* seawall/credentials/tls.*"
KEPT += " systemd/system/seawall-*.{service,socket,timer} 2>/dev/null; true"


@pytest.mark.parametrize(
    ("where", "wrong", "said"),
    [
        pytest.param(DOORS, {"backup_host_reader_port": 99999}, "invalid port", id="nginx"),
        pytest.param(DOORS, {"backup_host_path": "relative"}, "not absolute", id="a service"),
        pytest.param(DOORS, {"backup_host_key": "no key"}, "can't be used together", id="a key"),
        pytest.param(
            DOORS, {"backup_host_clients": [{"name": "his1", "hash": "plain"}]}, "made by bcrypt", id="accounts"
        ),
        pytest.param(
            UPS,
            {"ups_devices": {"mains": DEVICE | {"driver": "no-such"}}},
            "ups.conf: upsdrvctl refuses",
            id="a driver",
        ),
        pytest.param(HEALTH, {"monitoring_units": [UNIT | {"calendar": ["someday"]}]}, "someday", id="a timer"),
        pytest.param(
            HEALTH, {"monitoring_units": [UNIT | {"command": "health run\nNope=1"}]}, "Unknown key", id="a job"
        ),
    ],
)
def test_a_broken_file_leaves_what_works(
    site: Site, where: tuple[str, str, str], wrong: dict[str, Any], said: str
) -> None:
    host, tag, services = where
    before = site.on(host, KEPT).stdout
    assert before
    words = ("--limit", host, "--tags", tag, "-e", json.dumps(wrong))
    told = site.ansible("site.yml", *words, ok=range(256))
    assert told.code != 0
    assert said in " ".join(told.stdout.split())
    assert site.on(host, KEPT).stdout == before
    assert site.on(host, f"systemctl is-active {services}").code == 0
