"""The policies in the documents are valid: each block is laid into inventories/minimal, in the order of its page."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.fleet.inventory.check import judge

CHECKOUT = Path(__file__).parents[3]
BLOCK = re.compile(r"^```yaml\n# (\S+\.yml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("first-hour.md", "from-your-procedure.md")
OF_HOSPITAL = (
    "s3.md",
    "silent-machines.md",
    "removable-disks.md",
    "procedures.md",
    "ups.md",
    "prometheus.md",
    "fleet.md",
)


def blocks(page: str) -> list[tuple[str, str]]:
    """Return each block with the file that its first line names."""
    return BLOCK.findall((CHECKOUT / "docs" / page).read_text("utf-8"))


class Dumper(yaml.SafeDumper):
    """Writes nothing where there is nothing, as a person does after the name of a host."""


Dumper.add_representer(type(None), lambda dumper, _: dumper.represent_scalar("tag:yaml.org,2002:null", ""))


def laid(base: Any, more: Any) -> Any:
    """Return a tree with another one laid over it, as an editor of the file would do it."""
    if not isinstance(base, dict) or not isinstance(more, dict):
        return more
    return {**base, **{name: laid(base.get(name), part) for name, part in more.items()}}


def lay(inventory: Path, name: str, text: str) -> None:
    path = inventory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(yaml.dump(laid(before, yaml.safe_load(text)), Dumper=Dumper, allow_unicode=True), "utf-8")


@pytest.fixture
def minimal(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHECKOUT / "inventories/minimal", tmp_path / "minimal"))


def problems(page: str, inventory: Path) -> Iterator[str]:
    for name, text in blocks(page):
        lay(inventory, name, text)
        yield from (f"{name}: {problem.path}: {problem.message}" for problem in judge(inventory)[1])


@pytest.mark.usefixtures("quick_inventory")
@pytest.mark.parametrize("page", PAGES)
def test_each_block_leads_to_a_policy_that_is_valid(page: str, minimal: Path) -> None:
    assert list(problems(page, minimal)) == []


@pytest.mark.usefixtures("quick_inventory")
@pytest.mark.parametrize("page", OF_HOSPITAL)
def test_each_block_fits_the_example_of_a_hospital(page: str, tmp_path: Path) -> None:
    hospital = Path(shutil.copytree(CHECKOUT / "inventories/hospital", tmp_path / "hospital"))
    assert blocks(page)
    assert not re.search(r"^```yaml\npolicy__", (CHECKOUT / "docs" / page).read_text("utf-8"), re.MULTILINE)
    assert list(problems(page, hospital)) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_block_is_passed_by(page: str) -> None:
    text = (CHECKOUT / "docs" / page).read_text("utf-8")
    assert len(blocks(page)) == text.count("```yaml\n") > 2


@pytest.mark.usefixtures("quick_inventory")
def test_a_block_that_is_wrong_is_found(minimal: Path) -> None:
    lay(minimal, "host_vars/server1/policy.yml", "policy__host: {assets: {documents: {rpo: 1h}}}")
    assert judge(minimal)[1]


@pytest.mark.parametrize("name", ["minimal", "hospital"])
def test_the_examples_are_valid(name: str) -> None:
    """By Ansible itself."""
    assert judge(CHECKOUT / "inventories" / name)[1] == []


def test_the_smallest_policy_is_of_some_twenty_lines() -> None:
    files = (CHECKOUT / "inventories/minimal").rglob("policy.yml")
    lines = [line for path in files for line in path.read_text("utf-8").splitlines() if line.strip("- ")]
    assert 15 <= len(lines) <= 25
