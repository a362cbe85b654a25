from ipaddress import IPv4Network
from pathlib import Path

import pytest

from ops.lab import converged
from ops.lab.furnish import Furniture
from ops.lab.identity import Identity
from ops.lab.machine import Machine
from ops.lab.network import Network

STATE = "upper/var/lib/seawall"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that is shut down, of which site.yml and then a timer knew something."""
    place = tmp_path / "disks/his1"
    for name in (
        f"{STATE}/state/gaps.json",
        f"{STATE}/state/health.json",
        f"{STATE}/ledger/ledger.jsonl",
        "upper/etc/x",
    ):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(name)
    (place / "drills").mkdir(mode=0o700)
    (place / "upper/etc/x").chmod(0o4750)
    network = Network(Identity("unit", "0123abcd"), IPv4Network("198.18.0.0/26"))
    return Machine("his1", tmp_path / "tree", network, place, Furniture(tmp_path / "key", tmp_path / "known", ""))


def test_a_disk_is_saved_without_what_timers_did_meanwhile(machine: Machine, tmp_path: Path):
    layer = tmp_path / "layer"
    layer.mkdir()
    converged.save(layer, [machine])
    saved = layer / "his1"
    assert (saved / "upper/etc/x").stat().st_mode & 0o7777 == 0o4750
    assert (saved / "drills").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in saved.glob(f"{STATE}/*/*")] == ["gaps.json"]
    assert (machine.place / f"{STATE}/ledger/ledger.jsonl").exists()


def test_secrets_go_into_a_layer_and_to_the_next_lab(tmp_path: Path):
    inventory, home, layer = tmp_path / "inventory", tmp_path / "home", tmp_path / "layer"
    for name in ("hosts.yml", "machines.yml", "host_vars/his1/policy.yml", "host_vars/his1/secrets.yml"):
        (inventory / name).parent.mkdir(parents=True, exist_ok=True)
        (inventory / name).write_text(name)
    home.mkdir()
    (home / "vault-password").write_text("of the first lab")
    (home / "vault-password").chmod(0o600)
    converged.save_secrets(layer, inventory, [home / "vault-password"])
    other, second = tmp_path / "other", tmp_path / "second"
    converged.bring_secrets(layer, other, second)
    assert [path for path in other.rglob("*") if path.is_file()] == [other / "host_vars/his1/secrets.yml"]
    assert (second / "vault-password").read_text() == "of the first lab"
    assert (second / "vault-password").stat().st_mode & 0o777 == 0o600


def test_a_lab_that_is_not_up_holds_no_layer(tmp_path: Path):
    (tmp_path / "0123abcd").mkdir()
    (tmp_path / "0123abcd/state.json").write_text('{"id": "0123abcd", "layer": "0123456789abcdef"}')
    assert converged.used(tmp_path, tmp_path / "layers") == set()
