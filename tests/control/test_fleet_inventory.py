from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.core.errors import UsageError
from ops.fleet import inventory


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "inventories/site"
    (folder / "group_vars/servers").mkdir(parents=True)
    (folder / "hosts.yml").write_text("all: {children: {servers: {hosts: {his1: {ansible_host: 192.0.2.1}}}}}\n")
    (folder / "group_vars/servers/policy.yml").write_text("policy__servers: {version: 1}\nother: value\n")
    return folder


def test_an_inventory_is_read_through_ansible_and_kept_until_that_is_broken(site: Path) -> None:
    first = inventory.read(site)
    assert first.variables == {"his1": {"ansible_host": "192.0.2.1", "policy__servers": {"version": 1}}}
    assert first.groups["servers"] == ("his1",)
    assert first.connection("his1") == {"ansible_host": "192.0.2.1"}
    (kept,) = Path(".cache/inventory").iterdir()
    before = kept.stat().st_mtime_ns
    assert inventory.read(site) == first
    assert kept.stat().st_mtime_ns == before
    kept.write_text('{"key"')
    assert inventory.read(site) == first


def test_a_changed_file_changes_the_key(site: Path) -> None:
    key = inventory._key(site)
    assert key == inventory._key(site)
    (site / "group_vars/servers/policy.yml").write_text("policy__servers: {version: 1, more: 2}\n")
    changed = inventory._key(site)
    assert changed not in {key, None}
    os.utime(site / "hosts.yml", (1, 1))
    assert inventory._key(site) != changed


def test_new_settings_change_the_key(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = inventory._key(site)
    Path("ansible.cfg").write_text("[defaults]\n")
    assert inventory._key(site) != key
    key = inventory._key(site)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", "x")
    assert inventory._key(site) != key


def test_an_inventory_that_asks_others_is_never_kept(site: Path) -> None:
    program = site / "dynamic"
    program.write_text("#!/bin/sh\necho '{}'\n")
    program.chmod(0o755)
    assert inventory._key(site) is None
    program.unlink()
    (site / "cloud.yml").write_text("---\nplugin: some.cloud\n")
    assert inventory._key(site) is None


def test_a_missing_inventory_is_told(site: Path) -> None:
    with pytest.raises(UsageError, match="there is no inventory"):
        inventory.read(Path("inventories/other"))


def test_an_inventory_that_ansible_refuses_is_told(site: Path) -> None:
    (site / "group_vars/servers/policy.yml").write_text("policy__servers: [\n")
    with pytest.raises(UsageError, match="cannot read"):
        inventory.read(site)


@pytest.fixture
def unnamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("SEAWALL_INVENTORY", "ANSIBLE_INVENTORY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("unnamed")
def test_an_inventory_that_nobody_names_is_never_the_labs() -> None:
    with pytest.raises(UsageError, match="no inventory is named") as told:
        inventory.default()
    assert "-i inventories/SITE" in told.value.hint
    assert "SEAWALL_INVENTORY=inventories/SITE" in told.value.hint


@pytest.mark.usefixtures("unnamed")
def test_each_way_to_name_an_inventory_comes_before_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("ansible.cfg").write_text("[defaults]\ninventory = inventories/configured\n")
    assert inventory.default() == Path("inventories/configured")
    monkeypatch.setenv("ANSIBLE_INVENTORY", "inventories/of_ansible")
    assert inventory.default() == Path("inventories/of_ansible")
    monkeypatch.setenv("SEAWALL_INVENTORY", "inventories/of_seawall")
    assert inventory.default() == Path("inventories/of_seawall")
