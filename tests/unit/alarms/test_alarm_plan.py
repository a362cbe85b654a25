"""What the policy asks at a moment: the first rule that names a check, what people do meanwhile, and windows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from site_machine import policy_of

from ops.alarms.model import Sample
from ops.jobs.alarms.plan import meanwhile, plan_at, rule_of
from ops.policy import HostPolicy, read_document

SMS = {"sms": {"kind": "command", "options": {"argv": ["/usr/local/bin/sms"]}}}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ASSET = {
    "owner": "anna", "sources": {"files": {"kind": "files", "options": {"paths": ["/srv/his"]}}},
    "repository": "primary", "schedule": "*-*-* 01:30", "rpo": "26h", "rto": "4h", "retention": {"all": "14d"},
    "without": "Forms in the red box;\nregistration begins with them at once.",
}  # fmt: skip


def read(**more: Any) -> HostPolicy:
    told = policy_of(SMS, **more)
    told["assets"] = {"his": ASSET}
    told["repositories"] = {"primary": {"kind": "rest_server", "place": "primary", "host": "backup1"}}
    told["checks"]["backup_age-his"] = {"kind": "backup_age", "options": {"asset": "his", "rpo": "26h"}}
    return read_document(told)


def samples(*checks: str) -> list[Sample]:
    return [Sample(machine="his1", check=check, level=0, message="", taken="1") for check in checks]


def test_the_first_rule_that_names_a_check_or_its_kind_holds() -> None:
    named = (["root*"], ["disk", "units"], ["*"])
    rules = [{"checks": checks, "hold": f"{hours}h"} for hours, checks in enumerate(named, 1)]
    policy = read(rules=rules)
    assert policy.alarms is not None
    found = {check: rule_of(policy, policy.alarms, check) for check in ("root_disk", "database", "power", "health")}
    assert {check: rule.hold.seconds // 3600 for check, rule in found.items() if rule} == {
        "root_disk": 1, "database": 2, "power": 3, "health": 3,
    }  # fmt: skip
    plan = plan_at(policy, policy.alarms, samples("root_disk"), NOON)
    assert (plan.rule("root_disk").hold, plan.rule("another").hold) == (3600, 300)


def test_what_people_do_meanwhile_is_the_rules_or_the_assets() -> None:
    policy = read(rules=[{"checks": ["root_disk"], "meanwhile": "call the vendor"}])
    assert policy.alarms is not None
    told = [*meanwhile(policy, policy.alarms, ["root_disk", "backup_age-his", "power", "health"])]
    assert told == ["call the vendor", "his: Forms in the red box; registration begins with them at once."]


def test_a_window_holds_on_its_days_and_over_midnight() -> None:
    """At 12:00 UTC it is 13:00 in Prague."""
    windows = {
        "noon": {"checks": ["root_disk"], "hours": "Mon 13:00-14:00", "first": "2026-11-23", "last": "2026-11-23"},
        "before": {"checks": ["database"], "hours": "13:00-14:00", "last": "2026-11-22"},
        "night": {"checks": ["power"], "hours": "Sun 23:00-05:00", "last": "2026-11-22"},
    }
    policy = read(maintenance=windows)
    assert policy.alarms is not None
    checks = samples("root_disk", "database", "power")
    assert plan_at(policy, policy.alarms, checks, NOON).muted == {"his1/root_disk"}
    night = datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert plan_at(policy, policy.alarms, checks, night).muted == {"his1/power"}
    assert plan_at(policy, policy.alarms, checks, night.replace(day=24)).muted == set()


def test_who_is_called_is_on_call_now_and_then_who_stands_in() -> None:
    policy = read(on_call=[{"who": "ben", "hours": "Mon 13:00-14:00"}, {"who": "anna", "hours": "Tue"}])
    assert policy.alarms is not None
    assert plan_at(policy, policy.alarms, [], NOON).order == ("ben",)
    assert plan_at(policy, policy.alarms, [], NOON.replace(day=24)).order == ("anna", "ben")
