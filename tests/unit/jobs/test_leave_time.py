"""How long a machine forgets behind a door that its backup host has opened: never without end."""

import pytest

from ops.core import clock
from ops.core.names import HostName
from ops.interfaces.retention_run import Order, RunId
from ops.jobs.leave import time_left


@pytest.mark.parametrize(
    ("ahead", "least", "most"), [(3600.0, 1.0, 3600.0), (-60.0, 1.0, 1.0), (1e12, 86_400.0, 86_400.0)]
)
def test_it_is_as_long_as_the_order_says_and_a_day_at_most(ahead: float, least: float, most: float) -> None:
    until = clock.now().timestamp() + ahead
    order = Order(client=HostName("his1"), run=RunId("20261128T010000Z"), until=until)
    assert least <= time_left(order) <= most
