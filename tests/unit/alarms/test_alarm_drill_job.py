"""The drill of the alarms: what is measured and what counts, with real mail servers.

What makes the fault is systemd's, and in tests/lab/test_alarms_lab.py; here a check is bad for as long as it would be.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from listeners import Mailbox, mail_server
from site_machine import CHECKS, Machine, policy_of
from test_alarm_job import mail_to

from ops import cli
from ops.core.schema import decode
from ops.core.verdict import Verdict
from ops.interfaces.outcome import AlarmDrillFacts
from ops.jobs.alarm_drill import fault, job
from ops.jobs.host import state_files
from ops.policy.alarms import AlarmDrill

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the drill is root's")
CHECK = "alarm_drill_timer"
DRILL = {"calendar": "day 8", "told_within": "30min", "answered_within": "20min"}


class Drilled(Machine):
    """A machine on which a drill may be made, and what happens each minute of it."""

    each_minute: Callable[[], object] = staticmethod(lambda: None)

    def drill(self, *words: str) -> int:
        return cli.run(["alarm-drill", *words])

    def wait(self, _seconds: float) -> None:
        """Let a minute pass in the place of a short while."""
        self.passes(1)
        self.each_minute()

    @contextmanager
    def made(self, kind: str, _longest: float) -> Iterator[None]:
        about = fault.named(kind)
        self.breaks(about.check, about.words, "warn" if about.warns else "fail")
        try:
            yield
        finally:
            self.heals(about.check)


@pytest.fixture
def drilled(machine: Machine, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox) -> Drilled:
    monkeypatch.setitem(CHECKS, CHECK, "units")
    made = Drilled(machine.root / "drilled", monkeypatch)
    made.obeys(with_drill({"mail": mail_to(mailbox)}))
    made.begins_ledger()
    monkeypatch.setattr(job.faults, "made", made.made)
    monkeypatch.setattr(job.faults, "undo", lambda _fault: None)
    monkeypatch.setattr(job, "time", SimpleNamespace(sleep=made.wait, monotonic=made._running))
    made.passes(10)
    return made


def with_drill(channels: dict[str, Any], **more: Any) -> dict[str, Any]:
    policy = policy_of(channels, drill={**DRILL, **more.pop("drill", {})}, **more)
    timer = {"kind": "units", "options": {"expected": ["seawall-alarm-drill.timer"], "ignore": ["*"]}}
    return policy | {"checks": {**policy["checks"], CHECK: timer}}


def answers(machine: Drilled, mailbox: Mailbox, number: int = 1) -> Callable[[], None]:
    """Answer once as soon as a mail is there."""
    said: list[int] = []

    def answer() -> None:
        if mailbox.letters and not said:
            said.append(cli.run(["ack", str(number), "--by", "Anna", "--reason", "seen"]))

    return answer


def test_a_drill_that_was_told_and_answered_is_good(drilled: Drilled, mailbox: Mailbox, capsys) -> None:
    drilled.each_minute = answers(drilled, mailbox)
    capsys.readouterr()
    assert drilled.drill("timer") == 0
    assert "pass: mail took it after 6min; a person answered" in capsys.readouterr().out
    assert [str(one["Subject"]) for one in mailbox.letters[:1]] == [f"[Seawall] FAIL: his1: {CHECK} (incident 1)"]
    acts = [(one["act"], one["subject"], one.get("result")) for one in drilled.records()[1:]]
    assert acts == [("acknowledgement", "incident 1", "pass"), ("alarm-drill", "timer", "pass")]
    facts = drilled.records()[-1]["facts"]
    assert (facts["by"], facts["called"], facts["incident"], facts["check"]) == ("Anna", ["anna"], 1, CHECK)
    assert 300 <= facts["told"]["mail"] <= 600
    state = state_files.read_plain("alarm-drill-timer")
    assert (state["verdict"], state["asset"]) == ("pass", "timer")
    assert "Anna" not in str(state)
    drilled.passes(30)
    assert str(mailbox.letters[-1]["Subject"]) == f"[Seawall] cleared: his1: {CHECK} (incident 1)"


def test_that_nobody_answers_is_a_failure_and_an_earlier_answer_is_none(drilled: Drilled, mailbox: Mailbox) -> None:
    drilled.each_minute = answers(drilled, mailbox)
    assert drilled.drill("timer") == 0
    drilled.passes(40)
    drilled.each_minute = staticmethod(lambda: None)
    before = len(mailbox.letters)
    assert drilled.drill("timer") == 2
    record = drilled.records()[-1]
    assert (record["act"], record["result"]) == ("alarm-drill", "fail")
    assert record["message"].endswith("; nobody answered within 20min")
    assert "[Seawall] FAIL again: his1" in str(mailbox.letters[before]["Subject"])
    state = state_files.read_plain("alarm-drill-timer")
    assert state["verdict"] == "fail"
    assert state["last_good"] is not None


def test_that_nobody_was_told_is_a_failure(drilled: Drilled, mailbox: Mailbox) -> None:
    mailbox.answer = "451 not now"
    assert drilled.drill() == 2
    assert drilled.records()[-1]["message"] == "nobody was told within 30min"


def test_what_a_channel_took_of_the_drill_before_is_not_counted(drilled: Drilled, mailbox: Mailbox) -> None:
    drilled.each_minute = answers(drilled, mailbox)
    assert drilled.drill("timer") == 0
    drilled.passes(40)
    mailbox.answer = "451 not now"
    assert drilled.drill("timer") == 2
    assert drilled.records()[-1]["message"] == "nobody was told within 30min"


def test_a_channel_that_takes_nothing_is_named_though_another_was_answered(drilled: Drilled, mailbox: Mailbox) -> None:
    with mail_server() as other:
        other.answer = "451 not now"
        drilled.obeys(with_drill({"mail": mail_to(mailbox), "second": mail_to(other)}))
        drilled.each_minute = answers(drilled, mailbox)
        assert drilled.drill("timer") == 2
    assert "; nothing went by second within 30min; a person answered" in drilled.records()[-1]["message"]


def test_where_nobody_would_be_told_none_is_made(drilled: Drilled, mailbox: Mailbox, capsys) -> None:
    lines = len(drilled.records())
    window = {"maintenance": {"updates": {"checks": [CHECK], "hours": "00:00-23:59"}}}
    quiet = {
        "fault_classes": {"low": {"quiet": "00:00-23:59"}},
        "rules": [{"checks": [CHECK], "fault_class": "low"}],
    }
    for more, told in ((window, "a window of maintenance"), (quiet, "a quiet hour of low")):
        drilled.obeys(with_drill({"mail": mail_to(mailbox)}, **more))
        assert drilled.drill("timer") == 3
        assert told in capsys.readouterr().err
    drilled.obeys(with_drill({"mail": mail_to(mailbox)}))
    drilled.breaks(CHECK)
    drilled.passes(6)
    assert drilled.drill("timer") == 3
    assert "is bad already: it is broken" in capsys.readouterr().err
    drilled.obeys(policy_of({"mail": mail_to(mailbox)}))
    assert drilled.drill("timer") == 3
    assert "asks for no drill of the alarms" in capsys.readouterr().err
    assert drilled.drill("storm") == 3
    assert "there is no fault 'storm'" in capsys.readouterr().err
    assert len(drilled.records()) == lines


def with_copy(drilled: Drilled, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    """Let the machine drill a late copy, too."""
    monkeypatch.setitem(CHECKS, "alarm_drill_copy", "drilled")
    monkeypatch.setitem(drilled.seen, "alarm_drill_copy", ("pass", "no drill lasts"))
    policy = with_drill({"mail": mail_to(mailbox)}, drill={"kinds": ["timer", "copy"]}, **more)
    policy["checks"]["alarm_drill_copy"] = {"kind": "drilled", "options": {"fault": "copy"}}
    drilled.obeys(policy)


def test_a_late_copy_is_drilled_by_the_rule_of_its_kind(
    drilled: Drilled, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    quiet = {
        "fault_classes": {"low": {"quiet": "00:00-23:59"}},
        "rules": [{"checks": ["copy_age"], "fault_class": "low"}],
    }
    with_copy(drilled, mailbox, monkeypatch, **quiet)
    drilled.passes(6)
    assert drilled.drill("copy") == 3
    assert "a quiet hour of low" in capsys.readouterr().err
    with_copy(drilled, mailbox, monkeypatch)
    drilled.each_minute = answers(drilled, mailbox)
    assert drilled.drill("copy") == 0
    assert drilled.records()[-1]["facts"]["fault"] == "copy"
    assert state_files.read_plain("alarm-drill-copy")["verdict"] == "pass"


def test_what_a_warning_is_told_by_is_asked_of_the_class_of_warnings(
    drilled: Drilled, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setitem(CHECKS, "alarm_drill_ups", "drilled")
    classes = {"low": {"quiet": "00:00-23:59"}, "high": {}}
    for rule, told in (({"fault_class": "high", "warning_class": "low"}, 3), ({"fault_class": "low"}, 3)):
        rules = {"fault_classes": classes, "rules": [{"checks": ["ups"], **rule}]}
        policy = with_drill({"mail": mail_to(mailbox)}, drill={"kinds": ["ups"]}, **rules)
        policy["checks"]["alarm_drill_ups"] = {"kind": "drilled", "options": {"fault": "ups"}}
        drilled.obeys(policy)
        assert drilled.drill("ups") == told
        assert "a quiet hour of low" in capsys.readouterr().err


def test_a_fault_that_no_check_would_see_is_not_made(drilled: Drilled, capsys) -> None:
    assert drilled.drill("quota") == 3
    assert "does not drill quota" in capsys.readouterr().err


def test_while_one_lasts_another_one_is_refused_and_takes_no_fault_away(
    drilled: Drilled, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    with_copy(drilled, mailbox, monkeypatch)
    drilled.passes(6)
    ended: list[str] = []
    monkeypatch.setattr(job.faults, "undo", lambda about: ended.append(about.check))
    said: list[int] = []
    answer = answers(drilled, mailbox)

    def another() -> None:
        if not said:
            before = [*ended]
            said.extend(drilled.drill(*words) for words in (["timer"], ["copy"], []))
            assert ended == before
        answer()

    drilled.each_minute = another
    assert drilled.drill("copy") == 0
    assert said == [3, 3, 3]
    assert capsys.readouterr().err.count("a drill of the alarms is already running") == 3
    assert [one["act"] for one in drilled.records()[1:]] == ["acknowledgement", "alarm-drill"]


def test_the_fault_that_was_drilled_longest_ago_is_next(drilled: Drilled, mailbox: Mailbox, capsys) -> None:
    drilled.obeys(with_drill({"mail": mail_to(mailbox)}, drill={"kinds": ["timer", "rounds"]}))
    drilled.each_minute = answers(drilled, mailbox)
    assert drilled.drill() == 0
    drilled.now += timedelta(days=1)
    drilled.passes(6)
    capsys.readouterr()
    assert drilled.drill("--dry-run") == 0
    out = capsys.readouterr().out
    assert out.startswith("would stop seawall-health.timer, so that health says: nobody looks at")
    assert "called first: anna, by mail" in out


@pytest.mark.parametrize(
    ("told", "answered", "wrong"),
    [
        ({"mail": 60.0, "sms": 1801.0}, 600.0, "nothing went by sms within 30min"),
        ({"mail": 60.0, "sms": 70.0}, 1201.0, "nobody answered within 20min"),
        ({"mail": 1900.0, "sms": 1900.0}, 60.0, "nobody was told within 30min"),
        ({"mail": 1800.0, "sms": 70.0}, 1200.0, ""),
    ],
)
def test_what_came_too_late_is_not_good(told: dict[str, float], answered: float, wrong: str) -> None:
    facts = AlarmDrillFacts(told=told, answered=answered, by="Anna")
    outcome = job.judged(decode(AlarmDrill, DRILL, "drill"), facts, ["mail", "sms"])
    assert (outcome.verdict, outcome.good is not None) == ((Verdict.FAIL, False) if wrong else (Verdict.PASS, True))
    assert wrong in outcome.message
