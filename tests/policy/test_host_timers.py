"""Timers: there, enabled, and next due when the policy says."""

from datetime import UTC, datetime, timedelta

import acts_wanted

ACCURACY = timedelta(minutes=1)


def test_timer_and_service_are_there(act, units):
    timers = [] if act.by_hand else [(units["timers"], f"{act.unit}.timer")]
    for known, name in [*timers, (units["services"], f"{act.unit}.service")]:
        assert known[name]["LoadState"] == "loaded", f"{name} is not there: {known[name]['LoadState']}"


def test_timer_is_enabled_and_waits(act, timer):
    assert timer["UnitFileState"] == "enabled", f"{act.unit}.timer is {timer['UnitFileState']}, not enabled"
    assert timer["ActiveState"] == "active", f"{act.unit}.timer is {timer['ActiveState']}, so it starts nothing"
    assert timer["Unit"] == f"{act.unit}.service", f"{act.unit}.timer starts {timer['Unit'] or 'nothing'}"


def test_timer_is_next_due_when_the_policy_says(act, timer, units):
    if f"{act.unit}.service" in units["running"] or timer["ActiveState"] != "active":
        return  # it waits for the end of what it started; or the test above has told
    assert timer["next"] is not None, f"{act.unit}.timer waits for no moment"
    now, due = moment(units["now"]), moment(timer["next"])
    if act.calendar is None:
        assert due <= now + act.delay + ACCURACY, f"{act.unit} is due at {due:%F %T} UTC, not within {act.delay}"
        return
    latest = act.calendar.after(now)[0]
    assert due <= latest + act.delay + ACCURACY, f"{act.unit} is next due at {due:%F %T}, wanted {latest:%F %T} UTC"
    fits = [time for time in act.calendar.after(due - act.delay - ACCURACY, 4) if time <= due]
    assert fits, f"{act.unit} is next due at {due:%F %T}, which is no moment of its calendar; wanted {latest:%F %T} UTC"


def test_timer_makes_up_for_what_was_missed(act, timer):
    if act.calendar:
        assert timer["Persistent"] == "yes", f"{act.unit}.timer is not persistent"


def test_start_is_spread_and_the_same_each_time(act, timer):
    if act.calendar and act.delay:
        assert timer["FixedRandomDelay"] == "yes", f"{act.unit}.timer starts at another moment each time"


def test_no_timer_that_the_policy_does_not_ask_for(machine, units, site):
    asked = {
        f"{act.unit}.timer" for act in acts_wanted.acts(site.policies) if act.host == machine.host and not act.by_hand
    }
    there = {name for name, timer in units["timers"].items() if timer["LoadState"] != "not-found"}
    strange = sorted(there - asked)
    assert not strange, f"{', '.join(strange)}: the policy does not ask for it"


def moment(seconds):
    return datetime.fromtimestamp(seconds, UTC)
