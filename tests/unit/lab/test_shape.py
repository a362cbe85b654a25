from collections.abc import Callable
from pathlib import Path

import pytest

from ops.lab.shape import shape

TREES = {"plain": "/cache/plain-0123", "his": "/cache/his-4567"}
HOSTS = ("his1", "backup1")
FILES = (
    "roles/agent/tasks/main.yml",
    "roles/agent/README.md",
    "playbooks/site.yml",
    "plugins/filter/seawall.py",
    "ops/jobs/run.py",
    "ops/lab/furnish.py",
    "docs/lab.md",
    "README.md",
    "tests/lab/test_site.py",
    "ansible.cfg",
    "requirements.lock",
    ".cache/packages/seawall.deb",
    ".cache/packages/SHA256SUMS",
    ".cache/trees/bookworm.tar.gz",
    "inventory/hosts.yml",
    "inventory/host_vars/his1/policy.yml",
    "inventory/host_vars/his1/secrets.yml",
    "inventory/machines.yml",
    "inventory/.heads.json",
    "inventory/.status.json",
    "inventory/.ledgers/his1/ledger.jsonl",
    "inventory/.control/state.json",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("as it was")
    return tmp_path


def shape_of(checkout: Path) -> dict[str, str]:
    return shape(checkout, checkout / "inventory", TREES, HOSTS)


def changed(checkout: Path, act: Callable[[], object]) -> set[str]:
    """Return the parts that differ after an act."""
    before = shape_of(checkout)
    act()
    after = shape_of(checkout)
    assert set(before) == set(after)
    return {part for part in before if before[part] != after[part]}


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("roles/agent/tasks/main.yml", "roles"),
        ("playbooks/site.yml", "playbooks"),
        ("plugins/filter/seawall.py", "plugins"),
        ("ops/lab/furnish.py", "ops"),
        ("inventory/host_vars/his1/policy.yml", "policy"),
        ("inventory/hosts.yml", "policy"),
        ("ansible.cfg", "ansible"),
        ("requirements.lock", "ansible"),
        (".cache/packages/seawall.deb", "packages"),
        (".cache/packages/SHA256SUMS", "packages"),
        (".cache/trees/bookworm.tar.gz", "drill trees"),
        (".cache/trees/trixie.tar.gz", "drill trees"),
    ],
)
def test_what_shapes_machines_shows_in_its_part(checkout: Path, name: str, part: str):
    assert changed(checkout, lambda: (checkout / name).write_text("as it is")) == {part}


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/lab.md",
        "roles/agent/README.md",
        "tests/lab/test_site.py",
        "ops/jobs/__pycache__/run.cpython-311.pyc",
        "inventory/host_vars/his1/secrets.yml",
        "inventory/machines.yml",
        "inventory/.heads.json",
        "inventory/.status.json",
        "inventory/.ledgers/his1/ledger.jsonl",
        "inventory/.control/state.json",
    ],
)
def test_what_people_read_and_what_labs_write_shows_nowhere(checkout: Path, name: str):
    (checkout / name).parent.mkdir(exist_ok=True)
    assert changed(checkout, lambda: (checkout / name).write_text("as it is")) == set()


def test_a_file_that_came_went_moved_or_became_a_program_shows(checkout: Path):
    role = checkout / "roles/agent/tasks"
    assert changed(checkout, (role / "install.yml").touch) == {"roles"}
    assert changed(checkout, lambda: (role / "install.yml").rename(role / "remove.yml")) == {"roles"}
    assert changed(checkout, lambda: (role / "remove.yml").chmod(0o755)) == {"roles"}
    assert changed(checkout, (role / "remove.yml").unlink) == {"roles"}


def test_other_trees_and_other_machines_show(checkout: Path):
    before = shape_of(checkout)
    trees = shape(checkout, checkout / "inventory", TREES | {"his": "/cache/his-89ab"}, HOSTS)
    hosts = shape(checkout, checkout / "inventory", TREES, (*HOSTS, "lis1"))
    assert {part for part in before if before[part] != trees[part]} == {"trees"}
    assert {part for part in before if before[part] != hosts[part]} == {"machines"}


def test_where_the_checkout_and_the_trees_lie_does_not_matter(checkout: Path):
    before = shape_of(checkout)
    elsewhere = {name: path.replace("/cache", "/elsewhere") for name, path in TREES.items()}
    assert shape(checkout, checkout / "inventory", elsewhere, reversed(HOSTS)) == before
    moved = checkout.rename(checkout.with_name("moved"))
    assert shape(moved, moved / "inventory", TREES, HOSTS) == before
