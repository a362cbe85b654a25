"""What the kernel records: all that was written down as rules, without losing any."""

import re

import pytest


def test_the_rules_are_written(audited, audit):
    wanted = [rule for rule in audited.wanted.given()["rules"].splitlines() if rule]
    lacking = [rule for rule in wanted if rule not in audit["written"]]
    assert not lacking, f"/etc/audit/rules.d/50-seawall.rules lacks {lacking[0]}"


def test_acts_are_recorded(audited, audit, recording):
    assert audit["active"] == "active", f"auditd is {audit['active']}: nobody writes down what the kernel records"
    assert audit["status"].get("enabled") in {"1", "2"}, "the kernel records nothing: auditctl -e 1"
    loaded = set(re.findall(r"(?:-k |key=)(\S+)", audit["loaded"]))
    lacking = {"seawall-time", "seawall-mounts", "seawall-accounts", "seawall-logins"} - loaded
    assert not lacking, f"the kernel has no rule for {', '.join(sorted(lacking))}"


def test_no_record_was_lost(audited, audit, recording):
    lost = audit["status"].get("lost", "unknown")
    assert lost == "0", f"the kernel has lost {lost} records since it started"


@pytest.fixture
def recording(audit):
    """Whether the kernel records at all; a container has none of its own."""
    if not audit["kernel"]:
        pytest.fail("could not look: no audit in this kernel, which is usual in a container", pytrace=False)
