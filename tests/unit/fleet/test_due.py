"""When each act of a policy is due next."""

from __future__ import annotations

from typing import Any

import one_server
import pytest

from ops.core import clock
from ops.fleet.status.due import due
from ops.policy import HostPolicy

NOW = clock.parse("2026-11-22T14:05:00Z")


def policies(**changed: Any) -> dict[str, HostPolicy]:
    copies = {"away": {"to": "offsite", "calendar": "Sat *-*-* 06:00"}}
    drill = {"kind": "files", "host": "drill1", "every": "31d", "calendar": "Sun 04:00"}
    return one_server.policies(**{"copies": copies, "drill": drill, **changed})


@pytest.fixture(scope="module")
def plain() -> dict[str, HostPolicy]:
    return policies()


def test_every_act_in_the_site_s_zone_the_earliest_first(plain: dict[str, HostPolicy]) -> None:
    assert [(one.kind, one.what, one.when, one.who) for one in due(plain, NOW)] == [
        ("backup", "his", "2026-11-23T04:30:00Z", "his1"),
        ("copy", "his to offsite", "2026-11-28T09:00:00Z", "his1"),
        ("drill", "his", "2026-11-29T07:00:00Z", "drill1"),
    ]


def test_an_asset_without_copy_and_drill_has_none_due() -> None:
    found = due(policies(copies={}, drill="none"), NOW)
    assert [one.kind for one in found] == ["backup"]
