"""The lab of the drills: a hospital named `drills` of its own, which the last of the tests destroys."""

import os
from collections.abc import Iterator

import pytest
from cheap_keys import cheapen
from hospital import Site, converged

from ops.lab.identity import CONTROL, HOSTS
from ops.lab.lab import Lab


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
