"""The lab of the drills: a hospital named `drills` of its own, which the last of the tests destroys.

The tests that need only the trees of its machines come first.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cheap_keys import cheapen
from hospital import CHECKOUT, Site, converged, one_at_a_time

from ops.fleet.packaging import root_trees
from ops.lab.identity import CONTROL, HOSTS
from ops.lab.lab import Lab


@pytest.fixture(scope="session")
def packed() -> Path:
    """The folder with the packed trees of the releases that drills can start servers of."""
    with one_at_a_time():
        for release in root_trees.DRILL_TREES:
            root_trees.make(release)
    return CHECKOUT / ".cache/trees"


@pytest.fixture(scope="session")
def tree(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """A function that unpacks the bare tree of a release, once."""
    folder = tmp_path_factory.mktemp("trees")
    yield lambda release: folder / release if (folder / release).exists() else unpacked(packed, folder / release)
    shutil.rmtree(folder)


def unpacked(packed: Path, folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(["tar", "-xzf", packed / f"{folder.name}.tar.gz", "-C", folder], check=True)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The machines as site.yml makes them; control1 is a clean one that nothing is done to."""
    machines = Lab("drills", hosts=(*HOSTS, CONTROL))
    try:
        hospital = converged(machines, tmp_path_factory.mktemp("ssh"))
        cheapen(hospital)
        yield hospital
        hospital.leave()
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()
