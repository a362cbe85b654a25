"""What docs/add-a-kind.md shows works as it stands there, with no other file changed than it says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import worked_kinds

from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.fleet.inventory.check import judge
from ops.fleet.key_sheet import trial
from ops.fleet.key_sheet.form import Reading
from ops.fleet.secrets.make import _passwords, make
from ops.fleet.secrets.unlocked import RepositoryAccess
from ops.fleet.secrets.vault import Store, Vault
from ops.policy import HostPolicy, access, secret_files
from ops.policy.compile import document, read_document
from ops.policy.doors import Ports, ports
from ops.policy.secrets import Secrets
from ops.policy.units import units

CHECKOUT = Path(__file__).parents[3]
MEANT = {
    "ops/health/newest_file.py",
    "ops/sources/newest_export.py",
    "ops/targets/mounted_disk.py",
    "tests/unit/health/test_newest_file.py",
    "tests/unit/sources/test_newest_export.py",
    "tests/unit/targets/test_mounted_disk.py",
}
# What a reader writes into the policy; the words are those of tests/healthy.py.
DISK = "  repositories:\n    disk: {kind: mounted_disk, place: removable, options: {path: /srv/disk}}\n"
COPIED = {"group_vars/all/policy.yml": ("  repositories:\n", DISK), "host_vars/his1/policy.yml": (
    "      copies:\n", "      copies:\n        disk: {to: disk, calendar: daily}\n"
)}  # fmt: skip
CHOSEN = "newest_file or newest_export or mounted_disk or laboratory or test_every_kind_of_check"
PLAY = Path("tests/unit/alarms/test_faults.py")
KEPT = "      repository: primary\n"


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Path]:
    """A folder with the files that the page shows; those of `ops` are kinds."""
    folder = tmp_path / "example"
    worked_kinds.write(folder)
    with worked_kinds.added(folder):
        yield folder


def replaced(inventory: Path, file: str, old: str, new: str) -> None:
    path = inventory / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


@pytest.fixture
def inventory_with_disk(quick_inventory: None, inventory: Path) -> Path:
    for file, (old, new) in COPIED.items():
        replaced(inventory, file, old, new)
    return inventory


def accepted(inventory: Path) -> dict[str, HostPolicy]:
    compiled, problems = judge(inventory)
    assert problems == []
    return {host: read_document(document(policy)) for host, policy in compiled.items()}


def test_the_page_shows_a_check_a_source_and_a_target() -> None:
    assert {str(path) for path in worked_kinds.shown()} == MEANT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the tests need, to which the page's files and the suites' entries were added."""
    copy = tmp_path / "checkout"
    for name in ("ops", "tests", "templates"):
        shutil.copytree(CHECKOUT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "lab", "shared"))
    shutil.copytree(CHECKOUT / "ops/lab", copy / "ops/lab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", copy)
    (copy / ".cache").symlink_to(CHECKOUT / ".cache")
    worked_kinds.write(copy)
    worked_kinds.extend(copy)
    worked_kinds.play(copy)
    return copy


def test_their_own_tests_and_the_contracts_pass(checkout: Path) -> None:
    tests = [path for path in worked_kinds.shown() if path.parts[0] == "tests"]
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", CHOSEN]
    argv += [*map(str, (*tests, PLAY)), "tests/contract"]
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    said = subprocess.run(argv, cwd=checkout, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    passed = re.search(r"(\d+) passed", said.stdout)
    assert passed, said.stdout
    own = sum(len(re.findall(r"^def test_", (checkout / test).read_text(), re.MULTILINE)) for test in tests)
    assert int(passed[1]) > own + 20, "the contracts have not met them"


def test_the_policy_takes_all_of_them(example: Path, inventory_with_disk: Path) -> None:
    replaced(
        inventory_with_disk,
        "group_vars/all/policy.yml",
        "  checks:\n",
        "  checks:\n    laboratory: {kind: newest_file, options: {path: /srv/his/results}}\n",
    )
    replaced(
        inventory_with_disk,
        "host_vars/his1/policy.yml",
        "      sources:\n",
        "      sources:\n        export: {kind: newest_export, options: {path: /srv/exports}}\n",
    )
    his1 = accepted(inventory_with_disk)["his1"]
    assert his1.checks["laboratory"].options.path == "/srv/his/results"
    assert his1.assets["his"].sources["export"].options.path == "/srv/exports"
    assert his1.repositories["disk"].options.path == "/srv/disk"


def test_a_place_without_accounts_is_given_an_address_and_a_password_and_nothing_else(
    example: Path, inventory_with_disk: Path
) -> None:
    policies = accepted(inventory_with_disk)
    made = [wanted.path for wanted in _passwords(policies) if "disk" in wanted.path]
    assert made == [("seawall_repository_passwords", "disk")]
    said = Asked({})
    files = {Path(file.path).name: file.content for file in secret_files.client_files(policies["his1"], said)}
    assert files["disk.url"] == "/srv/disk/his1\n"
    assert files["primary.url"].startswith("rest:https://his1:")
    assert [name for name in files if "disk" in name] == ["disk.url", "disk.password"]
    read = {Path(file.path).name for file in secret_files.drill_files(policies["drill1"], said)}
    assert {name for name in read if name.endswith(".url")} == {"his1-offsite.url", "his1-primary.url"}
    (drill,) = [unit for unit in units(policies["drill1"]) if unit.name == "seawall-drill-his"]
    assert {name for name in drill.credentials if name.endswith(".url")} == {"his1-offsite.url", "his1-primary.url"}


def test_only_what_brings_data_there_may_write_there(example: Path, inventory_with_disk: Path) -> None:
    writable = {unit.name: unit.writable for unit in units(accepted(inventory_with_disk)["his1"])}
    assert [name for name, folders in writable.items() if "/srv/disk" in folders] == ["seawall-copy-his-disk"]
    assert writable["seawall-copy-his-disk"] == ("/srv/disk",)


@pytest.mark.parametrize(
    ("old", "new", "path", "says"),
    [
        ("place: removable", "place: offsite", "policy.repositories.disk.place", "lies on the machine itself"),
        ("mounted_disk,", "mounted_disk, host: backup1,", "policy.repositories.disk.host", "remove the host"),
        (", host: offsite1", "", "policy.repositories.offsite.host", "is kept by a machine of the inventory"),
        (
            "  checks:\n",
            "  control: {owner: it_head, repository: disk, rpo: 8d, rto: 1d, retention: {all: 60d}}\n  checks:\n",
            "policy.control.repository",
            "disk can be read on one machine only",
        ),
    ],
)
def test_what_such_a_place_can_not_be_is_refused(
    example: Path, inventory_with_disk: Path, old: str, new: str, path: str, says: str
) -> None:
    replaced(inventory_with_disk, "group_vars/all/policy.yml", old, new)
    problems = judge(inventory_with_disk)[1]
    assert problems
    assert {problem.path for problem in problems} == {path}
    assert all(says in problem.message for problem in problems)


def test_two_disks_at_one_place_are_one(example: Path, inventory_with_disk: Path) -> None:
    second = "    other: {kind: mounted_disk, place: local, options: {path: /srv//disk/}}\n"
    replaced(inventory_with_disk, "group_vars/all/policy.yml", DISK, DISK + second)
    (problem,) = judge(inventory_with_disk)[1]
    assert problem.path == "policy.repositories.disk"
    assert problem.message.startswith("lies at the same place as other")
    replaced(inventory_with_disk, "group_vars/all/policy.yml", "/srv//disk/", "/srv/other")
    assert judge(inventory_with_disk)[1] == []


def test_a_drill_host_can_not_read_the_disk_of_another_machine(example: Path, inventory_with_disk: Path) -> None:
    replaced(inventory_with_disk, "host_vars/his1/policy.yml", "        disk: {to: disk, calendar: daily}\n", "")
    replaced(inventory_with_disk, "host_vars/his1/policy.yml", KEPT, KEPT.replace("primary", "disk"))
    (problem,) = judge(inventory_with_disk)[1]
    assert problem.path == "policy.assets.his.drill.host"
    assert "drill1 can't read disk" in problem.message


def test_a_site_without_backup_hosts_has_an_authority_all_the_same(
    example: Path, inventory_with_disk: Path, tmp_path: Path
) -> None:
    """Every backup is handed its certificate."""
    alone = {host: replace(policy, clients={}) for host, policy in accepted(inventory_with_disk).items()}
    (tmp_path / "vault-password").write_text("correct horse\n")
    made = make(alone, Store(inventory_with_disk), Vault(tmp_path / "vault-password"))
    assert "all: seawall_authority_certificate, seawall_authority_key" in made
    assert not [name for name in made if "seawall_tls" in name]


def test_a_backup_that_goes_there_may_write_there(example: Path, inventory_with_disk: Path) -> None:
    policy = accepted(inventory_with_disk)["his1"]
    policy = replace(policy, assets={"his": replace(policy.assets["his"], repository="disk", copies={})})
    assert next(unit for unit in units(policy) if unit.name == "seawall-backup-his").writable == ("/srv/disk",)


def test_a_place_without_accounts_takes_none(example: Path) -> None:
    with pytest.raises(UsageError, match="have no accounts"):
        access.url("mounted_disk", "/srv/disk/his1", "his1", "password")


def test_a_backup_host_asks_its_own_kind_for_its_ports(example: Path, inventory_with_disk: Path) -> None:
    policy = accepted(inventory_with_disk)["backup1"]
    other = replace(policy.repositories["disk"], host="backup1")
    assert ports(replace(policy, repositories={"another": other, **policy.repositories})) == Ports(8000, 8001)


def test_a_key_to_a_place_that_the_inventory_lacks_is_told(tmp_path: Path) -> None:
    door = RepositoryAccess("his1", "gone", "", "offsite1", "offsite1:8000/his1/", "his1", "secret", "secret")
    found = trial.tested(door, Reading(), tmp_path)
    assert (found.verdict, found.message) == (Verdict.FAIL, "the inventory has no repository gone")


class Asked(Secrets):
    """Secrets that are what they are asked by."""

    def text(self, host: str, *path: str) -> str:
        return "-".join((host, *path))
