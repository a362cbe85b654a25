"""What a healthy lab says over weeks: its nights and days, its acts by their calendars, and what comes and goes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from states import state
from watched_inputs import DAY, GIB, REPLICA, SECURITY, Inputs, act

from ops.core.clock import iso
from ops.interfaces.state import State
from ops.policy.model import HostPolicy

MINUTE = timedelta(minutes=1)
SELF_TEST, RESTARTED, RENEWED, INSTALLED, KERNEL = 9, 17, 13, 2, 12  # days of what happens once


@dataclass
class Acts:
    """The acts of the policy and the states that they leave: each night, and when their calendars say so."""

    policy: HostPolicy
    zone: ZoneInfo
    random: random.Random
    states: dict[str, State] = field(default_factory=dict)
    due: list[tuple[datetime, Callable[[datetime], None]]] = field(default_factory=list)

    def begin(self, start: datetime) -> None:
        """Let all have run before, and plan when they run next."""
        for name, asset in self.policy.assets.items():
            self._daily(start, asset.schedule.text, lambda when, name=name: self._backup(when, name))
        for spec in self.policy.checks.values():
            if spec.kind == "copy_age":
                self._copied(spec.options, start)
            elif spec.kind == "drill_age":
                self._drill(start - timedelta(days=self.random.uniform(1, 6)), spec.options.asset)
                self._daily(start, "04:00:00", lambda when, name=spec.options.asset: self._drill(when, name), weekday=6)
            elif spec.kind == "alarm_drill":
                self._answered(start - timedelta(days=20), spec.options.kinds)
            elif spec.kind == "export_age":
                facts = {"time": iso(start - timedelta(days=20)), "waiting": []}
                self._set("export-registry", act("export", facts, asset="registry"))
        for time, searched in (
            ("05:00:00", "arrivals"),
            ("05:30:00", "gaps"),
            ("06:00:00", "retention"),
            ("06:30:00", "scrub"),
        ):
            self._daily(start, time, lambda when, name=searched: self._searched(when, name))
        for client in ("his1", "lis1"):
            self._daily(start, "10:00:00", lambda when, name=client: self._left(when, name))

    def run(self, now: datetime) -> Mapping[str, State]:
        """Let what is due by now be done, and return all states."""
        while self.due and min(when for when, _ in self.due) <= now:
            first = min(self.due, key=lambda one: one[0])
            self.due.remove(first)
            first[1](first[0])
        return self.states

    def _daily(
        self, start: datetime, schedule: str, done: Callable[[datetime], None], weekday: int | None = None
    ) -> None:
        """Plan an act at a local time of each day, or of a day of the week; it begins later, and takes time."""
        hours, minutes = (int(part) for part in schedule.rsplit(maxsplit=1)[-1].split(":")[:2])

        def following(day: datetime) -> datetime:
            local = day.astimezone(self.zone).replace(hour=hours, minute=minutes, second=0, microsecond=0, fold=1)
            return local.astimezone(start.tzinfo)

        def plan(day: datetime) -> None:
            when = following(day)
            while weekday is not None and when.astimezone(self.zone).weekday() != weekday:
                day += timedelta(days=1)
                when = following(day)
            at = when + self.random.uniform(2, 27) * MINUTE  # its random delay, and how long it takes
            self.due.append((at, lambda at: (done(at), plan(when + timedelta(days=1)))[0]))

        if weekday is None:
            done(following(start if following(start) < start else start - timedelta(days=1)) + 5 * MINUTE)
        plan(start if following(start) > start else start + timedelta(days=1))

    def _backup(self, when: datetime, name: str) -> None:
        begun = when - 5 * MINUTE
        self._set(f"backup-{name}", act("backup", {"time": iso(begun), "repository": "primary"}, asset=name))

    def _copied(self, options: Any, start: datetime) -> None:
        calendar = options.calendar.zoned(options.timezone)

        def done(when: datetime) -> None:
            of = self.states[f"backup-{options.asset}"].last_good  # type: ignore[union-attr]
            facts = {"time": of.time, "copied": iso(when), "repository": options.to}  # type: ignore[union-attr]
            self._set(f"copy-{options.asset}-{options.copy}", act("copy", facts, asset=options.asset))
            self.due.append((calendar.after(when)[0] + self.random.uniform(10, 90) * MINUTE, done))

        done(start - timedelta(hours=1))

    def _drill(self, when: datetime, name: str) -> None:
        self._set(f"drill-{name}", act("drill", {"time": iso(when)}, asset=name, host=""))

    def _answered(self, when: datetime, faults: Iterable[str]) -> None:
        facts = {"time": iso(when), "told": {"mail": 20.0}, "answered": 40.0}
        for fault in faults:
            self._set(f"alarm-drill-{fault}", act("alarm-drill", facts, asset=fault))

    def _left(self, when: datetime, name: str) -> None:
        self._set(f"leaving-{name}", {"kind": "leaving", "verdict": "pass", "asset": name, "started": iso(when)})

    def _searched(self, when: datetime, name: str) -> None:
        told = Inputs(when).states[name]
        self._set(name, {**told, "finished": iso(when)})

    def _set(self, name: str, told: Mapping[str, Any]) -> None:
        self.states[name] = state(name, {**told, "host": self.policy.host if told.get("host") else ""})


def course(given: Inputs, day: float, local: datetime, chance: random.Random) -> None:
    """Say what a healthy machine says at a moment. day: days since the beginning; local: the moment by its clocks."""
    hour = local.hour + local.minute / 60
    night, busy = 1.5 <= hour < 4, 0.5 - 0.5 * math.cos((hour - 3) / 24 * 2 * math.pi)
    blip = chance.random() < 1 / 600  # one round now and then, never two running: the next ones are drawn anew
    _room(given, day, night=night)
    given.memory = (16 * GIB, int(16 * GIB * (0.08 if blip else 0.18 if night else 0.45 - 0.2 * busy)))
    given.load = 2.6 if blip else 1.6 if night else 0.2 + busy
    given.tracking |= {"offset": chance.uniform(-0.02, 0.02), "age": chance.uniform(10, 2100)}
    _power(given, day, busy, local, blip=blip)
    given.psql |= {"connections": 20 + int(40 * busy), "age": 150_000_000 + int(day * 1_000_000)}
    lag = "40" if blip else str(int(6 * busy))
    given.mariadb |= {"used": 15 + int(60 * busy), "replica": {**REPLICA, "Seconds_Behind_Master": lag}}
    given.signatures_age = ((day % 5 if day % 5 < 1.95 else day % 1) * DAY) + 3600.0  # once in five days none come
    given.scan = {"age": (day % 7) * DAY + 600, "infected": 0, "found": ""}
    given.certificate = (38 - day, 90.0) if day < RENEWED else (90 - (day - RENEWED), 90.0)
    given.published = SECURITY if day % 6 < INSTALLED else ""
    given.required = (day - KERNEL) * DAY if KERNEL <= day < RESTARTED else None
    given.lists_age = (day % 1) * DAY
    given.listening = not (chance.random() < 1 / 2000)
    given.pools = f"tank\t{55 + int(day / 3)}\tONLINE\n"
    if chance.random() < 1 / 300:
        failed = {"ActiveState": "activating", "SubState": "auto-restart"}
        given.units["mariadb.service"] = {**(given.units["mariadb.service"] or {}), **failed}


def _room(given: Inputs, day: float, *, night: bool) -> None:
    """A disk whose logs grow until they are rotated once a week, on which each night's dump lies for a while."""
    logs = 0.2 * day + 0.4 * (day % 7)
    given.disk.update(whole=200.0 * GIB, used=(104 + logs + (30 if night else 0)) * GIB, inodes=0.2 + day / 1000)


def _power(given: Inputs, day: float, busy: float, local: datetime, *, blip: bool) -> None:
    """A UPS: blips of the mains, a weekly self-test, after which it charges, and words that it says for a moment."""
    told = given.ups or {}
    told |= {"ups.load": str(20 + int(15 * busy)), "battery.runtime": str(1800 - int(400 * busy))}
    told |= {"ambient.temperature": f"{21.5 + 3.5 * busy:.1f}", "ambient.humidity": str(45 + int(8 * busy))}
    told["ups.test.date"] = f"{local - timedelta(days=day % 7 + 0.2):%Y-%m-%d}"
    since = (day % 7) * 24 * 60  # minutes since the self-test of this week
    if since < 4:
        told |= {"ups.status": "OB DISCHRG", "battery.charge": "92", "ups.test.result": "In progress"}
    elif since < 120:
        told |= {"ups.status": "OL CHRG", "battery.charge": str(92 + int(since / 15))}
    elif blip:
        told |= {"ups.status": "OB DISCHRG", "input.voltage": "0"} if int(day) % 2 else {"ups.status": "OL RB"}
