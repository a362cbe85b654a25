"""What a machine says of ages is worth as much as its clock, and is judged by this machine's clock, too."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import one_server
import pytest
from one_server import HOSTS

from ops.core import clock, kinds
from ops.core.verdict import Verdict
from ops.fleet.facts.status import Said
from ops.fleet.ssh.ask import Answer
from ops.fleet.status.answer import anchored, read
from ops.fleet.status.join import join
from ops.interfaces import joined
from ops.interfaces.fleet_status import MachineStatus
from ops.policy import HostPolicy
from ops.policy.compile import document, document_digest
from ops.reports.status import text

SIX_DAYS, MINUTE = timedelta(days=6), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the control machine stands still: a second more is another message."""
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture(scope="module")
def policies() -> dict[str, HostPolicy]:
    return one_server.policies(copies={"away": {"to": "offsite", "calendar": "day 10, day 20, last day"}})


def done(kind: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {"version": 1, "kind": kind, "verdict": "pass", "last_good": {"time": clock.iso(at), **more}}


def check(kind: str, name: str, copy: str = "") -> dict[str, Any]:
    about = {"asset": "his", "copy": copy} if copy else {"asset": "his"}
    return {"name": name, "kind": kind, "verdict": "pass", "message": "as good as it gets", **about}


def answer(policies: dict[str, HostPolicy], host: str, now: datetime, **more: Any) -> dict[str, Any]:
    """What a machine tells at what it takes for the present moment, all of it well."""
    told = {
        "version": 1,
        "host": host,
        "time": clock.iso(now),
        "health_time": clock.iso(now - MINUTE),
        "seawall": "0.1.0",
        "verdict": "pass",
        "policy_digest": document_digest(document(policies[host])),
        "checks": [],
    }
    if host == "his1":
        copy = done("copy", now - MINUTE, copied=clock.iso(now - MINUTE), repository="offsite")
        backup = done("backup", now - MINUTE, repository="primary")
        about = {"owner": "", "summary": "", "rpo_seconds": 1, "rto_seconds": 1}
        told["assets"] = {"his": {**about, "backup": backup, "copies": {"away": copy}}}
        told["checks"] = [
            check("backup_age", joined.check("backup_age", "his")),
            check("copy_age", joined.check("copy_age", "his", "away"), "away"),
        ]
    if host == "drill1":
        told["drills"] = {"his": {"host": "his1", "state": done("drill", now - MINUTE)}}
        told["checks"] = [check("drill_age", joined.check("drill_age", "his"))]
    return {**told, **more}


def with_all_checks(policies: dict[str, HostPolicy], told: dict[str, Any]) -> dict[str, Any]:
    """Add the other checks of the policy, with the states that some of them judge: silence about one is not known."""
    checks, seen = policies[told["host"]].checks, {one["name"] for one in told["checks"]}
    fine = [
        {"name": name, "kind": checks[name].kind, "verdict": "pass", "message": "fine"} for name in {*checks} - seen
    ]
    state = {"version": 1, "host": told["host"], "verdict": "pass", "message": "fine", "finished": told["time"]}
    gaps = {**state, "kind": "gaps", "gaps": [], "excused": [], "covered": [], "unlooked": []}
    arrivals = {**state, "kind": "arrivals", "repositories": {"his1": {"files": 9}}} if "arrivals" in checks else None
    return {"gaps": gaps, "arrivals": arrivals, **told, "checks": [*told["checks"], *fine]}


def asked(told: dict[str, Any], seconds: float = 0.0) -> MachineStatus:
    """Understand an answer to a question that took so many seconds."""
    now = clock.now()
    return anchored(Answer(Said(json.dumps(told)), "", now - timedelta(seconds=seconds), now), None)


def fleet(policies: dict[str, HostPolicy], **changed: MachineStatus) -> dict[str, Any]:
    machines = {host: asked(with_all_checks(policies, answer(policies, host, clock.now()))) for host in HOSTS}
    return dict(join(policies, {**machines, **changed}).written())


def test_machines_whose_clocks_are_right_pass(policies: dict[str, HostPolicy]) -> None:
    found = fleet(policies)
    assert (found["verdict"], found["assets"]["his"]["message"]) == ("pass", "")
    assert all(entry["verdict"] == "pass" for one in found["machines"].values() for entry in one["checks"])


def test_a_machine_six_days_behind_is_not_what_the_policy_demands(policies: dict[str, HostPolicy]) -> None:
    found = fleet(policies, his1=asked(answer(policies, "his1", clock.now() - SIX_DAYS)))
    machine, asset = found["machines"]["his1"], found["assets"]["his"]
    assert machine["checks"][-1]["name"] == "clock"
    assert machine["checks"][-1]["message"].startswith("its clock is 6d behind the clock of the control machine")
    assert (machine["verdict"], asset["verdict"]) == ("fail", "fail")
    told = {finding["about"]: finding for finding in asset["findings"]}
    assert told["backup"]["verdict"] == "fail"
    assert "6d 1min old, older than the RPO of 1d 2h (by the clock of the control machine)" in told["backup"]["message"]
    assert told["copy away"]["verdict"] in {"unknown", "fail"}


def test_whole_answers_of_last_week_are_no_pass_and_the_page_says_so(policies: dict[str, HostPolicy]) -> None:
    """Also where nobody knows when they came."""
    old = {host: read(json.dumps(answer(policies, host, clock.now() - SIX_DAYS))) for host in HOSTS}
    status = join(policies, old)
    assert status.verdict is Verdict.FAIL
    assert all(one.verdict is not Verdict.PASS for one in status.machines.values())
    assert "Everything is as the policy demands" not in text.render(status)


@pytest.mark.parametrize("ahead", [timedelta(minutes=7), timedelta(days=400)])
def test_a_clock_that_is_ahead_makes_ages_unknown(policies: dict[str, HostPolicy], ahead: timedelta) -> None:
    for host, about in (("his1", "backup"), ("drill1", "drill")):
        asset = fleet(policies, **{host: asked(answer(policies, host, clock.now() + ahead))})["assets"]["his"]
        told = {finding["about"]: finding for finding in asset["findings"]}
        assert (asset["verdict"], told[about]["verdict"]) == ("unknown", "unknown")
        assert "ahead of the clock of the control machine" in told[about]["message"]


@pytest.mark.parametrize(
    ("off", "seconds", "verdict"), [(-4, 0, "pass"), (4, 0, "pass"), (-7, 180, "pass"), (-7, 60, "")]
)
def test_the_time_that_a_question_took_is_counted(
    policies: dict[str, HostPolicy], off: int, seconds: float, verdict: str
) -> None:
    status = asked(answer(policies, "backup1", clock.now() + off * MINUTE), seconds)
    assert status.verdict == (verdict or "unknown")


@pytest.mark.parametrize(
    "time", ["", "yesterday", "2026-11-26T12:00:00", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"]
)
def test_a_machine_that_tells_no_time_has_no_ages(policies: dict[str, HostPolicy], time: str) -> None:
    status = asked(answer(policies, "his1", clock.now(), time=time))
    assert status.told is not None
    assert {entry.verdict for entry in status.told.checks} == {Verdict.UNKNOWN}
    assert "it tells no time" in status.told.checks[0].message or "clock" in status.told.checks[0].message


def test_what_fails_is_no_better_for_a_wrong_clock(policies: dict[str, HostPolicy]) -> None:
    told = answer(policies, "his1", clock.now() - SIX_DAYS)
    told["checks"][0]["verdict"] = "fail"
    status = asked(told)
    assert status.told is not None
    assert [entry.verdict for entry in status.told.checks] == ["fail", "unknown", "unknown"]


@pytest.mark.parametrize(
    ("state", "verdict", "words"),
    [
        (None, "fail", "his has never been backed up"),
        ({"version": 1, "kind": "backup", "verdict": "pass"}, "fail", "has no good backup"),
        (done("backup", clock.now() + timedelta(days=1), repository="primary"), "unknown", "in the future"),
        (done("backup", clock.now() - timedelta(hours=27), repository="primary"), "fail", "older than the RPO"),
        (done("backup", clock.now(), repository="elsewhere"), "warn", "none yet in primary"),
        (done("copy", clock.now()), "unknown", "it is that of a copy"),
        ({"version": 1, "message": "is damaged", "verdict": "unknown"}, "unknown", "can't be read"),
    ],
)
def test_a_pass_that_the_acts_themselves_belie(
    policies: dict[str, HostPolicy], state: dict[str, Any] | None, verdict: str, words: str
) -> None:
    told = answer(policies, "his1", clock.now())
    told["assets"]["his"]["backup"] = state
    asset = fleet(policies, his1=asked(told))["assets"]["his"]
    assert asset["verdict"] == verdict
    assert words in asset["message"]


def test_checks_are_known_by_what_they_are_about_and_not_by_their_names(policies: dict[str, HostPolicy]) -> None:
    told = answer(policies, "his1", clock.now())
    told["assets"]["his"]["backup"] = done("backup", clock.now() - SIX_DAYS, repository="primary")
    told["checks"][0]["name"] = "backup_age_his"
    assert fleet(policies, his1=asked(told))["assets"]["his"]["verdict"] == "fail"


@pytest.mark.parametrize(
    "time", [None, "", "never", clock.iso(clock.now() - timedelta(hours=1)), "2099-01-01T00:00:00Z"]
)
def test_a_machine_that_nobody_looks_at_any_more_is_unknown(policies: dict[str, HostPolicy], time: str | None) -> None:
    found = fleet(policies, backup1=asked(answer(policies, "backup1", clock.now(), health_time=time)))
    (entry,) = found["machines"]["backup1"]["checks"]
    assert (entry["name"], entry["verdict"], found["verdict"]) == ("health", "unknown", "unknown")


def test_what_a_backup_host_saw_is_judged_by_what_it_told(policies: dict[str, HostPolicy]) -> None:
    told = with_all_checks(policies, answer(policies, "backup1", clock.now()))
    assert fleet(policies, backup1=asked(told))["machines"]["backup1"]["verdict"] == "pass"
    told["arrivals"] |= {"finished": clock.iso(clock.now() - SIX_DAYS)}
    stale = fleet(policies, backup1=asked(told))["machines"]["backup1"]
    assert stale["verdict"] == "unknown"
    assert "the last search was 6d ago" in next(one["message"] for one in stale["checks"] if one["name"] == "arrivals")


def test_every_check_that_is_judged_anew_has_a_state_to_be_judged_by() -> None:
    """One without would be unknown on every machine, for ever."""
    recorded = {kind for kind in kinds.kinds("ops.health") if kinds.load("ops.health", kind).recorded}
    assert recorded == {"backup_age", "copy_age", "drill_age", "gaps", "arrivals"}
