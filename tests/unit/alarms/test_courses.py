"""Courses: one message per incident, none lost, none for a blip; and each rule decides at least one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import courses
import pytest
from courses import FILES, Course, open_incidents, plan_of, play, read

from ops.alarms import check, engine, telling
from ops.alarms.model import Kind, Rule
from ops.alarms.telling import Plan

PLAYED = {path.stem: (read(path), play(read(path))) for path in FILES}
NEWS = {Kind.RAISED, Kind.PASSED}


@pytest.mark.parametrize("name", PLAYED)
def test_a_course_is_told_as_it_must_be(name: str) -> None:
    told, course = PLAYED[name]
    assert course.lines() == told["told"], told["about"]
    assert len(course.memory.incidents) == told["incidents"]
    assert len(open_incidents(course)) == told["open"]


@pytest.mark.parametrize("name", PLAYED)
def test_each_incident_is_told_once_and_its_end_once(name: str) -> None:
    _, course = PLAYED[name]
    for number, incident in course.memory.incidents.items():
        kinds = [event.kind for _, event in course.told if event.incident.number == number]
        assert sum(kind in NEWS for kind in kinds) == 1
        opened = kinds.count(Kind.RAISED) + kinds.count(Kind.AGAIN)
        assert kinds.count(Kind.CLEARED) == (opened if incident.closed is not None else opened - 1)


@pytest.mark.parametrize("name", PLAYED)
def test_of_an_incident_one_thing_at_most_is_told_at_a_time(name: str) -> None:
    _, course = PLAYED[name]
    at = [(minute, event.incident.number) for minute, event in course.told]
    assert len(at) == len(set(at))


def test_there_are_enough_courses_and_each_kind_of_message_is_among_them() -> None:
    assert len(FILES) >= 30
    kinds = {event.kind for _, course in PLAYED.values() for _, event in course.told}
    assert kinds == set(Kind) - {Kind.ACKNOWLEDGED}  # that is told when somebody acknowledges, not by a look


@pytest.mark.parametrize("level", ["warn", "unknown", "fail"])
@pytest.mark.parametrize("minutes", [1, 2, 3, 4])
@pytest.mark.parametrize("phase", range(5))
def test_no_blip_shorter_than_the_hold_is_told_wherever_it_falls(level: str, minutes: int, phase: int) -> None:
    seen = {"his1/disk": "pass"}
    parts = [{"minutes": 60 + phase, "see": seen}, {"minutes": minutes, "see": {"his1/disk": level}}]
    course = play({"course": [*parts, {"minutes": 60, "see": seen}]})
    assert course.told == []


@pytest.mark.parametrize("phase", range(5))
def test_no_outage_of_two_rounds_is_lost_and_it_is_told_within_a_round_and_a_minute(phase: int) -> None:
    seen = {"his1/disk": "pass"}
    parts = [{"minutes": 60 + phase, "see": seen}, {"minutes": 12, "see": {"his1/disk": "fail"}}]
    course = play({"course": [*parts, {"minutes": 60, "see": seen}]})
    (minute, first), *_ = course.told
    assert first.kind is Kind.RAISED
    assert minute - (60 + phase) <= 5 + courses.ROUND


SHORT_FIRST = sorted(PLAYED.values(), key=lambda one: one[1].minute)


def _differs(told: dict[str, Any], course: Course, plan: Plan | None = None) -> bool:
    """Whether a course is told in another way now; one whose incident nobody opened can't be acknowledged."""
    try:
        return play(told, plan).lines() != course.lines()
    except KeyError:
        return True


def _decides(field: str, value: Any) -> bool:
    """Whether a course is told in another way when one figure of the plan is another one."""
    for told, course in SHORT_FIRST:
        plan = plan_of(told.get("plan", {}))
        other = _with(plan, field, value)
        if other != plan and _differs(told, course, other):
            return True
    return False


def _with(plan: Plan, field: str, value: Any) -> Plan:
    if hasattr(plan, field):
        return replace(plan, **{field: value})
    rules = {name: replace(rule, **{field: value}) for name, rule in plan.rules.items()}
    return replace(plan, usual=replace(plan.usual, **{field: value}), rules=rules)


FIGURES = {
    "raise_count": 3, "raise_of": 2, "hold": 1200, "clear_count": 1, "clear_of": 3, "clear_hold": 3600, "again": 0,
    "fault_class": "", "warning_class": "", "next_after": 10**6, "remind": 7200, "remind_most": 3600,
}  # fmt: skip


def test_these_are_all_figures_of_a_rule() -> None:
    assert set(FIGURES) >= set(Rule.__dataclass_fields__)


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_decides_a_course(figure: str) -> None:
    assert _decides(figure, FIGURES[figure])


@pytest.mark.parametrize("part", ["order", "classes"])
def test_so_do_the_order_and_the_classes(part: str) -> None:
    assert _decides(part, {"order": ("ben",), "classes": {}}[part])


def _by_clock(before: Any, now: Any) -> float:
    wall = engine.clock.parse
    return 0.0 if before is None else max(0.0, (wall(now.wall) - wall(before.wall)).total_seconds())


GUARDS = {
    "a machine that does not answer": (engine, "_silent", lambda *_: False),
    "time by what runs on": (engine, "elapsed", _by_clock),
    "the cause": (engine, "_cause", lambda _, alarm: f"check:{alarm.key}"),
    "who came on duty": (telling, "_fresh", lambda *_: []),
    "the newest sample": (check, "suspected", lambda _: True),
    "the end of an acknowledgement": (telling, "_expired", lambda incident, _: incident),
    "a check that is gone": (engine, "_gone", lambda alarm, _: (alarm, None)),
    "a machine looked at anew": (engine, "_begun_anew", lambda *_: None),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_each_guard_decides_a_course(guard: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, other = GUARDS[guard]
    monkeypatch.setattr(module, name, other)
    assert any(_differs(told, course) for told, course in SHORT_FIRST)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dozens of incidents of checks that come and go, and all that is left is the newest of them."""
    monkeypatch.setattr(engine, "MOST_CLOSED", 10)
    parts: list[dict[str, Any]] = []
    for number in range(40):
        key = f"his1/check{number}"
        parts += [{"minutes": 10, "see": {key: "fail"}}, {"minutes": 5, "drop": [key]}]
    course = play({"course": parts})
    assert len(course.memory.incidents) <= engine.MOST_CLOSED + 1
    assert len(course.memory.alarms) <= engine.MOST_CLOSED + 1
    assert course.memory.number == 40


def test_every_case_says_what_it_is_about() -> None:
    abouts = [told["about"] for told, _ in PLAYED.values()]
    assert len(set(abouts)) == len(abouts)
