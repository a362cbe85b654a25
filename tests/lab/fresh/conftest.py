"""The lab of first runs: three machines named `fresh`, as Debian made them, that together have every role."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hospital import Site, booted, with_secrets, without_hosts

from ops.lab.lab import Lab

HOSTS = ("his1", "backup1", "drill1")


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The machines, with secrets of their own and all on this side that site.yml needs."""
    machines = Lab("fresh", hosts=HOSTS)
    try:
        machines.down()
        hospital = booted(machines, tmp_path_factory.mktemp("ssh"), layered=False)
        smaller(machines.inventory)
        yield with_secrets(hospital)
        hospital.leave()
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()


def smaller(inventory: Path) -> None:
    """Leave out the other server and the other site, with what is kept there."""
    without_hosts(inventory, "lis1", "offsite1")
    for path, change in ((inventory / "group_vars/all/policy.yml", no_other_site),
                         (inventory / "host_vars/his1/policy.yml", no_copies)):  # fmt: skip
        policy = yaml.safe_load(path.read_text("utf-8"))
        change(policy)
        path.write_text(yaml.safe_dump(policy, allow_unicode=True), "utf-8")


def no_other_site(policy: dict) -> None:
    policy["policy__all"].pop("control")
    policy["policy__all"]["repositories"].pop("offsite")


def no_copies(policy: dict) -> None:
    for asset in policy["policy__host"]["assets"].values():
        asset.pop("copies", None)
