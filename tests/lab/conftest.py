"""The lab of the tests: five real machines named `test`, booted once for the ring and removed after it.

The tests that want no site come before all others: they find machines on which nothing was ever done. Then site.yml is
run.
"""

import os
from collections.abc import Collection, Iterator

import pytest
from hospital import Site, made_ready, one_at_a_time

from ops.lab.lab import Lab


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "site" in fixtures(item))


def fixtures(item: pytest.Item) -> Collection[str]:
    """Return the names of all that a test is given."""
    return getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The machines as Debian made them, nothing of ours on them yet.

    SEAWALL_KEEP_LAB=1 leaves them running; they are used again unless a test wants fresh ones.
    """
    machines = Lab("test")
    unused = any("fresh" in fixtures(item) and "site" not in fixtures(item) for item in request.session.items)
    try:
        with one_at_a_time():
            if unused:
                machines.down()
            machines.up()
        yield machines
    finally:
        if not os.environ.get("SEAWALL_KEEP_LAB"):
            machines.down()


@pytest.fixture(scope="session")
def fresh(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The machines as Debian made them, with secrets of their own and all on this side that site.yml needs."""
    hospital = Site(lab, tmp_path_factory.mktemp("ssh"))
    made_ready(hospital)
    yield hospital
    hospital.leave()


@pytest.fixture(scope="session")
def site(fresh: Site) -> Site:
    """The machines as site.yml makes them."""
    fresh.ansible()
    return fresh
