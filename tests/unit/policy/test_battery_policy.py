"""The test of a UPS's battery is asked for by the policy: its unit, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from systemd_units import complaints, written

from ops.core.errors import PolicyError
from ops.policy.compile import compile_site, document, read_document
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy
from ops.policy.surroundings import Surroundings

NAME = "seawall-battery-test"
HERE = Surroundings(["his1"], {"ups_hosts": ["his1"]}, {"his1": ["mains"]})
SITE = {"name": "Test", "timezone": "Europe/Prague"}


def compiled(test: dict[str, Any] | None, around: Surroundings | None = HERE) -> HostPolicy:
    more = {"battery_test": test} if test else {}
    return compile_site({"his1": HostLayers({"version": 1, "site": SITE, **more})}, around)["his1"]


def test_the_unit_is_there_where_the_policy_asks_for_it(tmp_path: Path) -> None:
    policy = compiled({"calendar": "Tue *-01,04,07,10-08..14", "ups": "mains"})
    texts = written(policy)
    assert "OnCalendar=Tue *-01,04,07,10-08..14 10:00:00 Europe/Prague" in texts[f"{NAME}.timer"]
    service = texts[f"{NAME}.service"]
    lines = service.splitlines()
    assert {"ExecStart=/usr/bin/seawall ups test", "User=seawall"} <= {*lines}
    assert "LoadCredential=battery-test.secret:/etc/seawall/credentials/battery-test.secret" in lines
    assert complaints({f"{NAME}.service": service}, tmp_path / "units") == []
    assert NAME not in "".join(written(compiled(None)))
    read = read_document(document(policy))
    assert read.battery_test is not None
    assert read.battery_test.command == "test.battery.start.quick"


@pytest.mark.parametrize(
    ("test", "around", "told"),
    [
        ({"calendar": "day 8"}, HERE, "ups"),
        ({"calendar": "day 8", "ups": "mains", "kind": "long"}, HERE, "kind"),
        ({"calendar": "day 8", "ups": "mains", "charge_above": "20%"}, HERE, "charge_above"),
        ({"calendar": "day 8", "ups": "main"}, HERE, "has no UPS 'main', did you mean 'mains'?"),
        ({"calendar": "day 8", "ups": "mains"}, Surroundings(["his1"], {"ups_hosts": []}), "no UPS is tested there"),
    ],
)
def test_what_can_not_be_is_refused(test: dict[str, Any], around: Surroundings, told: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(told)):
        compiled(test, around)
