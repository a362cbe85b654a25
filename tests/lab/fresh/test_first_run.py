"""site.yml as an administrator first meets it: it tells the truth before it acts, and a wrong word stops it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from hospital import Site, changes

pytestmark = pytest.mark.lab
HOSTS = ("his1", "backup1", "drill1")
UNTOUCHED = "! getent passwd seawall && ! test -e /etc/seawall && ! test -e /usr/bin/seawall"


def test_check_mode_passes_on_fresh_machines_and_touches_nothing(fresh: Site) -> None:
    told = fresh.ansible("site.yml", "--check", "--diff")
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    assert "CREATE ROLE" not in fresh.on("his1", "runuser -u postgres -- pg_dumpall --roles-only | grep seawall").stdout
    for host in HOSTS:
        assert fresh.on(host, UNTOUCHED).code == 0, host


def test_a_wrong_word_stops_before_any_machine_is_touched(fresh: Site) -> None:
    """--limit names another machine than the one whose policy is wrong."""
    policy = fresh.lab.inventory / "host_vars/his1/policy.yml"
    right = policy.read_text("utf-8")
    policy.write_text(right.replace("rpo: 26h", "rop: 26h"), "utf-8")
    try:
        told = fresh.ansible("site.yml", "--limit", "drill1", ok=range(256))
    finally:
        policy.write_text(right, "utf-8")
    assert told.code != 0
    assert "policy.assets.his.rop" in told.stdout
    assert "Install the command seawall" not in told.stdout
    assert fresh.on("drill1", UNTOUCHED).code == 0


@contextmanager
def without_assets_and_secrets(inventory: Path) -> Iterator[None]:
    """Have an inventory as it is before anybody has decided what is protected."""
    policy = inventory / "host_vars/his1/policy.yml"
    right = policy.read_text("utf-8")
    sealed = [(path, path.read_bytes()) for path in inventory.rglob("secrets.yml")]
    checks = yaml.safe_load(right)["policy__host"]["checks"]
    policy.write_text(yaml.safe_dump({"policy__host": {"checks": checks}}), "utf-8")
    for path, _ in sealed:
        path.unlink()
    try:
        yield
    finally:
        policy.write_text(right, "utf-8")
        for path, content in sealed:
            path.write_bytes(content)


def test_observing_tells_what_is_there_and_protects_nothing(fresh: Site) -> None:
    """The first stage: no secrets, no assets, no account in a database, no backup; gaps and status all the same."""
    with without_assets_and_secrets(fresh.lab.inventory):
        fresh.ansible("observe.yml")
        status = json.loads(fresh.seawall("status", "-i", fresh.lab.inventory, "--json").stdout)
    gaps = fresh.on("his1", "seawall gaps")
    assert gaps.code == 1, gaps.stdout + gaps.stderr
    assert "postgresql:5432" in gaps.stdout
    assert "mariadb:/run/mysqld/mysqld.sock" in gaps.stdout
    assert {host for host, told in status["machines"].items() if told.get("checks")} == set(HOSTS)
    roles = fresh.on("his1", "runuser -u postgres -- pg_dumpall --roles-only").stdout
    assert "CREATE ROLE postgres" in roles
    assert "seawall" not in roles
    units = fresh.on("his1", "systemctl list-unit-files --no-legend 'seawall-*.timer'").stdout
    looks = {f"seawall-{look}.timer" for look in ("alarms", "gaps", "health")}
    assert {line.split()[0] for line in units.splitlines()} == looks
    assert fresh.on("his1", "command -v restic").code != 0
    assert fresh.on("backup1", "command -v rest-server restic-rest-server").code != 0


def test_a_first_run_makes_a_site_that_backs_up_and_drills(fresh: Site) -> None:
    """That a second run changes nothing is seen on the whole lab, by test_site.py."""
    told = fresh.ansible("site.yml")
    assert all(changes(told.stdout)[host] > 0 for host in HOSTS)
    for host, command in (("his1", "backup agenda"), ("drill1", "drill agenda")):
        done = fresh.on(host, f"seawall {command}")
        assert done.code == 0, done.stdout + done.stderr
