"""The lab of the tests: five real machines named `test`, as site.yml leaves them, booted once for the ring.

The tests that want no site come first. Then, before all else, what the lab promises of its machines, and that nothing
is left to change on them. Last is what ends acts at moments drawn by chance: a ledger says for ever when an act ended
between its line and its signature.
"""

import os
from collections.abc import Iterator

import pytest
from cheap_keys import cheapen
from hospital import Site, converged

from ops.lab.lab import Lab

FIRST = ("test_machines.py", "test_site.py")
LAST = ("test_killed_units.py",)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: ("site" in getattr(item, "fixturenames", ()), place(item.path.name)))


def place(file: str) -> int:
    """Where a file of tests comes: before the others, among them, or after them."""
    return -(file in FIRST) + (file in LAST)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The machines as site.yml makes them. SEAWALL_KEEP_LAB=1 leaves them running, to be used again."""
    machines = Lab("test")
    try:
        hospital = converged(machines, tmp_path_factory.mktemp("ssh"))
        cheapen(hospital)
        yield hospital
        hospital.leave()
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()


@pytest.fixture(scope="session")
def lab(site: Site) -> Lab:
    """The machines alone."""
    return site.lab
