"""Let a UPS test its battery, and read back what came of it; not while anything depends on that battery.

The account of NUT that is used may give this one command and nothing else. The device ends a test by itself when its
battery can't carry it; whether the check `ups` finds the last test too old, it judges as ever.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ops.core import clock, nut
from ops.core.errors import SeawallError, Unavailable
from ops.core.quantity import span
from ops.core.schema import Further
from ops.core.verdict import Verdict, worst
from ops.health import _self_test
from ops.interfaces.outcome import OutcomeFacts
from ops.jobs.host import credentials, marks, own_policy
from ops.jobs.run.job import Outcome, perform
from ops.policy import HostPolicy
from ops.policy.battery import ACCOUNT, ACT, SECRET, BatteryTest

POLL = 2.0  # seconds
LONGEST: Mapping[str, float] = {"quick": 600.0, "deep": 6 * 3600.0}  # seconds until the device must tell
WORK = frozenset(
    {"backup", "copy", "collecting", "drill", "oldest", "recall", "restore", "log", "retention", "heal", "leave"}
)
NEVER = {
    "OB": "it is on battery",
    "LB": "its battery is low",
    "RB": "its battery must be replaced",
    "CAL": "it calibrates its battery",
    "TEST": "it tests its battery already",
    "FSD": "it is shutting its load down",
    "BYPASS": "its load is not protected",
    "OFF": "its output is off",
    "OVER": "it is overloaded",
    "ALARM": "it has an alarm",
}
SETTLED = 60.0  # seconds after which a new date counts, where the result is the same words as before
GOOD = re.compile(r"(?<!not )(?<!n't )\b(pass|passed|ok|success|successful|no errors?)\b", re.IGNORECASE)
RESULT, DATE = "ups.test.result", "ups.test.date"


@dataclass(frozen=True)
class Planned:
    """A test that may be made. port: of this machine's upsd. against: why it may not begin now; empty: it may."""

    policy: HostPolicy
    test: BatteryTest
    port: int
    against: str


def planned() -> Planned:
    """Return the test that the policy asks for; raise Unavailable where it asks for none, or upsd tells nothing."""
    policy = own_policy.read()
    test = policy.battery_test
    if test is None:
        raise Unavailable("the policy of this machine asks for no test of a battery", "docs/ups.md")
    port = next((group.server_port for group in (policy.power or {}).values()), 3493)
    told = nut.variables(nut.LOOPBACK[0], port, test.ups)
    if test.command not in nut.commands(nut.LOOPBACK[0], port, test.ups):
        hint = f"upscmd -l {test.ups} names what it can; else the professional's assessment is its test"
        raise Unavailable(f"{test.ups} can't test its battery by {test.command}", hint)
    return Planned(policy, test, port, "; ".join(against(test, told, works())))


def test_battery() -> Outcome:
    """Make the test, and return what came of it, which is recorded by then; raise SeawallError as `planned` does."""
    plan = planned()
    return perform(ACT, ACT, plan.test.ups, plan.policy.host, partial(_tested, plan), Verdict.UNKNOWN)


def works() -> list[str]:
    """Return the names of the acts of this machine that need its power now."""
    return sorted(name for name, told in marks.running() if told.kind in WORK)


def against(test: BatteryTest, told: Mapping[str, str], working: Collection[str]) -> list[str]:
    """Return why a test must not begin: by what the UPS says, and for which acts run. Pure."""
    words = set(told.get("ups.status", "").split())
    found = [why for word, why in NEVER.items() if word in words]
    if "OL" not in words:
        found.append("it does not say that mains feed it")
    if "DISCHRG" in words:
        found.append("its battery discharges")
    charge = nut.number(told.get("battery.charge"))
    if charge is None:
        found.append("it does not tell its charge")
    elif charge < test.charge_above.value:
        found.append(f"its charge is {charge:.0f}%, of {test.charge_above} that a test needs")
    if _in_progress(told):
        found.append("a test is in progress already")
    return [*found, *(f"{name} runs" for name in working)]


def _tested(plan: Planned) -> Outcome:
    """Begin, wait until the device tells a result, and judge it. Looked at anew: a lock was waited for in between."""
    test, host = plan.test, nut.LOOPBACK[0]
    before = nut.variables(host, plan.port, test.ups)
    if reasons := against(test, before, works()):
        return Outcome(Verdict.UNKNOWN, f"not begun: {'; '.join(reasons)}", facts=_facts(test, before))
    secret = credentials.find(SECRET).read_text(encoding="ascii").strip()
    started = time.monotonic()
    nut.instruct(host, plan.port, nut.Account(ACCOUNT, secret), test.ups, test.command)
    deadline, seen = started + LONGEST[test.kind], False
    while time.monotonic() < deadline:
        time.sleep(POLL)
        try:
            told = nut.variables(host, plan.port, test.ups)
        except SeawallError:
            continue  # a device that tests itself may be silent for a while
        seen = seen or _in_progress(told)
        took = time.monotonic() - started
        fresh = told.get(RESULT) != before.get(RESULT) or (took > SETTLED and told.get(DATE) != before.get(DATE))
        if not _in_progress(told) and (seen or fresh):
            return judged(test, told, clock.now(), took)
    limit = span(LONGEST[test.kind])
    return Outcome(Verdict.UNKNOWN, f"{test.ups} told no result within {limit}", facts=_facts(test, before))


def judged(test: BatteryTest, told: Mapping[str, str], now: datetime, seconds: float) -> Outcome:
    """Given what a device says after its test, return the outcome; what is no known word of success is no pass."""
    result = told.get(RESULT, "").strip()
    bad = list(_self_test.judge({**told, DATE: ""}, 0.0, now))
    good = GOOD.search(result)
    verdict = worst(one for one, _ in bad) if bad else Verdict.PASS if good else Verdict.UNKNOWN
    said = "; ".join(words for _, words in bad) or f"its self-test: {result or 'it tells no result'}"
    facts = _facts(test, told, seconds)
    return Outcome(verdict, f"{test.ups}: {said}", good=facts if verdict is Verdict.PASS else None, facts=facts)


def _in_progress(told: Mapping[str, str]) -> bool:
    words = set(told.get("ups.status", "").split())
    return bool(words & {"CAL", "TEST"}) or told.get(RESULT, "").strip().lower().startswith("in progress")


def _facts(test: BatteryTest, told: Mapping[str, str], seconds: float | None = None) -> OutcomeFacts:
    figures = {name: nut.number(told.get(f"battery.{name}")) for name in ("charge", "runtime")}
    known = {name: value for name, value in figures.items() if value is not None}
    took = {} if seconds is None else {"seconds": round(seconds, 1)}
    return OutcomeFacts(further=Further({"test": test.kind, "result": told.get(RESULT, "")[:100], **known, **took}))
