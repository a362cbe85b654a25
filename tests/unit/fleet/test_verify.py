"""seawall verify: what pytest reports becomes verdicts; what was not looked at is unknown, never a pass."""

from ops.commands.control.verify import render
from ops.core.verdict import Verdict
from ops.fleet.audit import Check, read

REPORT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest">
<testcase classname="policy.test_host_files" name="test_secrets_belong_to_root_alone[his1]">
  <properties><property name="host" value="his1"/><property name="about" value="his1"/></properties>
</testcase>
<testcase classname="policy.test_host_files" name="test_timer_is_enabled_and_waits[his1 seawall-health]">
  <properties><property name="host" value="his1"/><property name="about" value="his1 seawall-health"/></properties>
  <failure message="AssertionError: seawall-health.timer is inactive&#10;assert 'inactive' == 'active'">E</failure>
</testcase>
<testcase classname="policy.test_host_files" name="test_restic_is_new_enough[drill1]">
  <properties><property name="host" value="drill1"/><property name="about" value="drill1"/></properties>
  <error message="failed on setup with &quot;Failed: could not look: drill1 does not answer&quot;">E</error>
</testcase>
<testcase classname="policy.test_host_files" name="test_upsd_answers[NOTSET]"><skipped message="no UPS"/></testcase>
</testsuite></testsuites>
"""


def test_outcomes_become_verdicts():
    passed, failed, unknown = read(REPORT)
    assert passed == Check("his1", "secrets belong to root alone", "", Verdict.PASS, "", "files")
    assert failed.about == "seawall-health"
    assert (failed.verdict, failed.message) == (Verdict.FAIL, "seawall-health.timer is inactive")
    assert (unknown.verdict, unknown.message) == (Verdict.UNKNOWN, "could not look: drill1 does not answer")


def test_people_see_what_is_wrong_under_each_machine():
    lines = list(render(list(read(REPORT)), Verdict.FAIL, 4.2))
    assert lines == [
        "drill1           unknown  0 of 1 as the policy requires",
        "  unknown  restic is new enough: could not look: drill1 does not answer",
        "his1             fail     1 of 2 as the policy requires",
        "  fail     timer is enabled and waits: seawall-health.timer is inactive",
        "fail: 3 checks of 2 machines in 4.2 s",
    ]
