"""The drill of the alarms is asked for by the policy: its unit, its checks, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from systemd_units import complaints, written

from ops.core.calendar import Calendar
from ops.core.errors import PolicyError
from ops.core.run import run
from ops.policy.alarms import AlarmDrill, Alarms, ChannelSpec, OnCall
from ops.policy.compile import compile_site
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy, Site

NAME = "seawall-alarm-drill"
MAIL = {"kind": "mail", "options": {"server": "mail", "sender": "seawall@hospital.example", "tls": "none"}}


def policy_with(drill: AlarmDrill | None) -> HostPolicy:
    alarms = Alarms((OnCall("anna"),), {"hook": ChannelSpec("command", {"argv": ["/usr/local/bin/sms"]})}, drill=drill)
    return HostPolicy(1, "his1", Site("Test", timezone="Europe/Prague"), alarms=alarms)


def compiled(drill: dict[str, object] | None, **more: object) -> HostPolicy:
    alarms: dict[str, object] = {"on_call": [{"who": "anna"}], "channels": {"mail": MAIL}}
    alarms |= {"drill": drill} if drill else {}
    policy = {
        "version": 1,
        "site": {"name": "Test", "timezone": "Europe/Prague"},
        "contacts": {"anna": {"name": "Anna", "mail": "anna@hospital.example"}},
        "alarms": alarms,
        **more,
    }
    return compile_site({"his1": HostLayers(policy)})["his1"]


def test_the_unit_is_there_where_the_policy_asks_for_it() -> None:
    texts = written(policy_with(AlarmDrill(Calendar.parse("day 8"))))
    assert "OnCalendar=*-*-08 10:00:00 Europe/Prague" in texts[f"{NAME}.timer"]
    assert NAME not in "".join(written(policy_with(None)))


def test_systemd_takes_it_and_finds_it_locked_in(tmp_path: Path) -> None:
    text = written(policy_with(AlarmDrill(Calendar.parse("day 8"))))[f"{NAME}.service"]
    assert complaints({f"{NAME}.service": text}, tmp_path / "units") == []
    path = str(tmp_path / "units" / f"{NAME}.service")
    said = run(["systemd-analyze", "security", "--offline=yes", "--no-pager", path], timeout=60, ok=range(256)).stdout
    exposure = re.search(r"exposure level for \S+ (\d+\.\d)", said)
    assert exposure, said
    assert float(exposure[1]) <= 3.5
    lines = text.splitlines()
    assert "PrivateNetwork=yes" in lines
    assert "SuccessExitStatus=2" in lines


def test_the_checks_follow_and_nothing_else_is_in_that_of_the_timer() -> None:
    checks = compiled({"calendar": "day 8", "every": "40d"}).checks
    assert checks["alarm_drill"].options == {"kinds": ["timer"], "every": "40d"}
    assert checks["alarm_drill_timer"].options == {"expected": [f"{NAME}.timer"], "ignore": ["*"]}
    assert not {"alarm_drill", "alarm_drill_timer"} & compiled(None).checks.keys()


@pytest.mark.parametrize(
    ("drill", "told"),
    [
        ({"calendar": "day 8", "kinds": []}, "kinds names none"),
        ({"calendar": "day 8", "kinds": ["timer", "timer"]}, "one twice"),
        ({"calendar": "day 8", "kinds": ["fire"]}, "fire"),
        ({"calendar": "day 8", "told_within": "1s"}, "told_within"),
        ({"calendar": "day 8", "answered_within": "3d"}, "answered_within"),
        ({"every": "40d"}, "calendar"),
    ],
)
def test_what_can_not_be_is_refused(drill: dict[str, object], told: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(told)):
        compiled(drill)


def test_nobody_writes_a_check_of_its_name() -> None:
    disk = {"checks": {"alarm_drill": {"kind": "disk"}}}
    with pytest.raises(PolicyError, match="is the name of a check that the policy makes by itself"):
        compiled(None, **disk)
