"""The lab of the drills: a smaller hospital named `drills`, which the last of the tests destroys.

The tests that need only the trees of its machines come first.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hospital import CHECKOUT, Site, made_ready, one_at_a_time

from ops.fleet.packaging import root_trees
from ops.lab.lab import Lab

HOSTS = ("his1", "backup1", "drill1", "offsite1", "control1")


@pytest.fixture(scope="session")
def packed() -> Path:
    """The folder with the packed trees of the releases that drills can start servers of."""
    with one_at_a_time():
        for release in root_trees.DRILL_TREES:
            root_trees.make(release)
    return CHECKOUT / ".cache/trees"


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The machines as Debian made them; control1 is a clean one that nothing is done to."""
    machines = Lab("drills", hosts=HOSTS)
    try:
        with one_at_a_time():
            machines.up()
        smaller(machines.inventory)
        yield machines
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()


def smaller(inventory: Path) -> None:
    """Leave out the other server, which no drill here is of."""
    hosts = yaml.safe_load((inventory / "hosts.yml").read_text("utf-8"))
    for group in hosts["all"]["children"].values():
        group["hosts"].pop("lis1", None)
    (inventory / "hosts.yml").write_text(yaml.safe_dump(hosts), "utf-8")
    shutil.rmtree(inventory / "host_vars/lis1", ignore_errors=True)


@pytest.fixture(scope="session")
def site(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The machines as site.yml makes them."""
    hospital = Site(lab, tmp_path_factory.mktemp("ssh"))
    made_ready(hospital)
    hospital.ansible()
    yield hospital
    hospital.leave()
