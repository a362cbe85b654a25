"""How long a machine forgets behind a door that its backup host has opened, and waits for its own door."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ops.core import clock
from ops.core.errors import Unavailable
from ops.core.names import Digest, HostName
from ops.interfaces.retention_run import Order, RunId
from ops.interfaces.target import LeavingDoor
from ops.jobs import leave
from ops.jobs.leave import time_left


@pytest.mark.parametrize(
    ("ahead", "least", "most"), [(3600.0, 1.0, 3600.0), (-60.0, 1.0, 1.0), (1e12, 86_400.0, 86_400.0)]
)
def test_it_is_as_long_as_the_order_says_and_a_day_at_most(ahead: float, least: float, most: float) -> None:
    until = clock.now().timestamp() + ahead
    order = Order(client=HostName("his1"), run=RunId("20261128T010000Z"), until=until)
    assert least <= time_left(order) <= most


def test_it_waits_for_its_own_door_as_long_as_the_backup_host_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The door for writers is shut until all that is new was read, which takes minutes where much is."""
    monkeypatch.setattr(leave, "_LOOK_SECONDS", 0.0)
    said = iter([*[None] * 100, Digest("0" * 64)])

    def config(url: Path, authority: Path) -> Digest:
        if (found := next(said)) is None:
            raise Unavailable("backup1 does not tell the repository's config (HTTP 502)")
        return found

    door = LeavingDoor(address=str, asked=lambda url, authority: None, say=lambda *_: None, config=config)
    place = SimpleNamespace(repository=SimpleNamespace(url=Path("url"), authority=Path("ca")))
    order = Order(client=HostName("his1"), run=RunId("20261128T010000Z"), until=0.0)
    leave._Leave(cast("Any", None), "primary", cast("Any", None), cast("Any", place), door)._until_over(order)
    assert not [*said], "it asked until the door was open again"
