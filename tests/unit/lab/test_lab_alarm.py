"""Which check of the lab the demo's alarm is of."""

from pathlib import Path

import pytest

from ops.fleet import inventory
from ops.lab import alarm
from ops.policy import HostPolicy


@pytest.fixture(scope="module")
def policies(checkout: Path) -> dict[str, HostPolicy]:
    return inventory.read(checkout / "inventories/lab").policies()


def test_the_demo_stops_what_the_labs_policy_tells_of_at_once(policies: dict[str, HostPolicy]) -> None:
    assert [*alarm.told_at_once(policies)] == [alarm.Watched("lis1", "billing_server", "mariadb.service")]
    assert [name for name, _ in alarm.steps(policies)] == [
        "stop mariadb.service on lis1: somebody is told",
        "somebody sees to it, mariadb.service is back: that is told",
    ]


def test_without_alarms_there_is_nothing_to_show() -> None:
    assert [*alarm.steps({})] == []
