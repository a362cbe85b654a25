"""Courses of checks over minutes and days, as case files: what was seen when, and what people are told of it."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ops.alarms.engine import acknowledged, step
from ops.alarms.model import Event, Incident, Memory, Moment, Rule, Sample
from ops.alarms.telling import FaultClass, Plan
from ops.core import clock

FOLDER = Path(__file__).parent / "courses"
FILES = sorted(FOLDER.glob("*.json"))
START = datetime(2026, 11, 23, 8, tzinfo=UTC)
LEVELS = {"pass": 0, "warn": 1, "unknown": 2, "fail": 3}
ROUND = 5  # minutes from one round of checks to the next; alarms look every minute


@dataclass
class Course:
    """A course that is being played."""

    plan: Plan
    wall: datetime = START
    minute: int = 0
    boot: int = 0
    running: float = 0.0
    rounds: int = 0
    seen: dict[str, str] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    told: list[tuple[int, Event]] = field(default_factory=list)

    def look(self) -> None:
        samples = [self._sample(key, word) for key, word in self.seen.items()]
        moment = Moment(wall=clock.iso(self.wall), boot=str(self.boot), running=self.running)
        self.memory, events = step(self.memory, moment, samples, self.plan)
        self.told += [(self.minute, event) for event in events]

    def _sample(self, key: str, word: str) -> Sample:
        machine, check = key.split("/")
        verdict, _, cause = word.partition(" ")
        known = {"machine": machine, "check": check, "message": f"it is {verdict}", "cause": cause}
        return Sample(level=LEVELS[verdict], taken=str(self.rounds), **known)

    def pass_minutes(self, count: int, *, off: bool = False) -> None:
        for _ in range(count):
            if not off:
                self.rounds += self.minute % ROUND == 0
                self.look()
            self.minute += 1
            self.running += 60
            self.wall += timedelta(minutes=1)

    def lines(self) -> list[str]:
        """Return what was told: the minute, why, of which incident, to whom."""
        return [
            f"{minute} {event.kind.value} {event.incident.number} {','.join(event.to)}" for minute, event in self.told
        ]


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))


def plan_of(told: dict[str, Any]) -> Plan:
    rules = {name: Rule(**words) for name, words in told.get("rules", {}).items()}
    classes = {name: FaultClass(limits=tuple(limits)) for name, limits in told.get("classes", {}).items()}
    known = {name: told[name] for name in ("next_after", "remind", "remind_most") if name in told}
    usual = Rule(**told.get("usual", {}))
    return Plan(order=tuple(told.get("order", ["anna", "ben"])), rules=rules, usual=usual, classes=classes, **known)


def play(told: dict[str, Any], plan: Plan | None = None) -> Course:
    """Play a course from its beginning to its end, by its own plan or another one."""
    course = Course(plan or plan_of(told.get("plan", {})))
    for part in told["course"]:
        course.seen |= part.get("see", {})
        for key in part.get("drop", []):
            del course.seen[key]
        course.wall += timedelta(minutes=part.get("clock", 0))
        if part.get("boot"):
            course.boot, course.running = course.boot + 1, 0.0
        course.plan = replace(
            course.plan,
            **{name: frozenset(part[name]) for name in ("muted", "quiet") if name in part},
            **({"order": tuple(part["order"])} if "order" in part else {}),
        )
        if ack := part.get("ack"):
            until = course.wall + timedelta(minutes=ack["minutes"])
            course.memory = acknowledged(course.memory, ack["incident"], "anna", "new disk ordered", until)
        if "pattern" in part:  # one word for each round, again and again
            for index in range(part["minutes"] // ROUND):
                words = part["pattern"]["words"]
                course.seen[part["pattern"]["of"]] = words[index % len(words)]
                course.pass_minutes(ROUND)
        else:
            course.pass_minutes(part["minutes"], off=part.get("off", False))
    return course


def open_incidents(course: Course) -> list[Incident]:
    return [one for one in course.memory.incidents.values() if one.closed is None]
