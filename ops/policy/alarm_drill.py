"""What follows from a drill of the alarms that a policy asks for: its checks, and when it begins."""

from __future__ import annotations

from datetime import time

from ops.core.calendar import Calendar
from ops.interfaces import joined
from ops.interfaces.staged import JUDGED_BY
from ops.policy.alarms import AlarmDrill
from ops.policy.model import CheckSpec, HostPolicy, Written

AT = time(10)  # when people are there
CHECK, TIMER_CHECK = "alarm_drill", "alarm_drill_timer"
TIMER = f"{joined.unit(joined.ALARM_DRILL)}.timer"
STAGED = "drilled"  # the kind of check that looks at what a drill lays out


def staged_check(fault: str) -> str:
    """Return the name of the check that is to see a fault which a drill lays out."""
    return f"{CHECK}_{fault}"


STAGED_CHECKS = tuple(staged_check(fault) for fault in JUDGED_BY)


def asked(policy: Written | HostPolicy) -> AlarmDrill | None:
    """Return the drill of the alarms that a policy asks for, None where it asks for none."""
    return policy.alarms.drill if policy.alarms else None


def checks(policy: Written | HostPolicy) -> dict[str, CheckSpec]:
    """Return the checks that follow: whether it was made and answered, and whether its own timer waits.

    That timer is also what it stops for a fault that harms nobody; so nothing else is in that check. What it lays out
    for other faults has a check for each of them.
    """
    drill = asked(policy)
    if drill is None:
        return {}
    laid_out = {staged_check(kind): CheckSpec(STAGED, {"fault": kind}) for kind in drill.kinds if kind in JUDGED_BY}
    return {
        CHECK: CheckSpec("alarm_drill", {"kinds": list(drill.kinds), "every": str(drill.every)}),
        TIMER_CHECK: CheckSpec("units", {"expected": [TIMER], "ignore": ["*"]}),
        **laid_out,
    }


def calendar(policy: HostPolicy, drill: AlarmDrill) -> Calendar:
    """Return when it begins by itself."""
    return drill.calendar.at(AT).zoned(policy.site.timezone)
