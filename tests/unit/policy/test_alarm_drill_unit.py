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
from ops.policy.compile import compile_site, document, read_document
from ops.policy.layers import HostLayers
from ops.policy.model import HostPolicy, Site
from ops.policy.rules.rendered import judge
from ops.policy.surroundings import Surroundings

NAME = "seawall-alarm-drill"
MAIL = {"kind": "mail", "options": {"server": "mail", "sender": "seawall@hospital.example", "tls": "none"}}


def policy_with(drill: AlarmDrill | None) -> HostPolicy:
    alarms = Alarms((OnCall("anna"),), {"hook": ChannelSpec("command", {"argv": ["/usr/local/bin/sms"]})}, drill=drill)
    return HostPolicy(1, "his1", Site("Test", timezone="Europe/Prague"), alarms=alarms)


def compiled(drill: dict[str, object] | None, **more: object) -> HostPolicy:
    return compile_site({"his1": HostLayers(written_with(drill, **more))})["his1"]


def written_with(drill: dict[str, object] | None, **more: object) -> dict[str, object]:
    alarms: dict[str, object] = {"on_call": [{"who": "anna"}], "channels": {"mail": MAIL}}
    alarms |= {"drill": drill} if drill else {}
    return {
        "version": 1,
        "site": {"name": "Test", "timezone": "Europe/Prague"},
        "contacts": {"anna": {"name": "Anna", "mail": "anna@hospital.example"}},
        "alarms": alarms,
        **more,
    }


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


def test_what_is_laid_out_has_a_check_of_its_own_and_the_machine_takes_it_as_it_was_rendered() -> None:
    policy = compiled({"calendar": "day 8", "kinds": ["timer", "quota", "copy", "host"]})
    found = {name: spec.options for name, spec in policy.checks.items() if spec.kind == "drilled"}
    assert found == {f"alarm_drill_{fault}": {"fault": fault} for fault in ("quota", "copy", "host")}
    told = document(policy)
    assert list(judge(read_document(told))) == []
    told["checks"]["alarm_drill_ups"] = {"kind": "drilled", "options": {"fault": "ups"}}
    (problem,) = judge(read_document(told))
    assert "no check of kind drilled is called 'alarm_drill_ups' here" in str(problem)


def test_a_ups_is_simulated_only_where_nut_is_set_up() -> None:
    layers = {"his1": HostLayers(written_with({"calendar": "day 8", "kinds": ["ups"]}))}
    around = Surroundings(["his1"], {"ups_hosts": []})
    with pytest.raises(PolicyError, match="the group ups_hosts lacks his1, so that no UPS can be simulated"):
        compile_site(layers, around)
    within = Surroundings(["his1"], {"ups_hosts": ["his1"]})
    assert "alarm_drill_ups" in compile_site(layers, within)["his1"].checks


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
