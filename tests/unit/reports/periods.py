"""A month of a hospital with fifty assets, as the control machine knows it from the ledgers."""

from __future__ import annotations

from datetime import timedelta

import fifty

from ops.core import clock
from ops.core.verdict import Verdict
from ops.interfaces.fleet_period import (
    Collected,
    Ending,
    Kind,
    Measured,
    Period,
    Point,
    Scheduled,
    SignedDay,
)

BEGIN = {"daily": 2, "weekly": 7, "monthly": 30, "yearly": 365}
ON_CALL = fifty.OWNER


def nights(days: int) -> tuple[str, ...]:
    return tuple(fifty.ago(days=day, hours=10) for day in range(days - 1, -1, -1))


def healthy(kind: Kind = "weekly") -> Period:
    """Return a period in which all was done in time."""
    days = BEGIN[kind]
    acts = []
    for number, name in enumerate(fifty.NAMES):
        host = f"srv{number % 10 + 1:02}"
        acts.append(Scheduled(host=host, act="backup", asset=name, on_time=nights(days)))
        acts.append(Scheduled(host=host, act="copy", asset=name, to="offsite", on_time=nights(days)))
        if number % 28 < days:
            acts.append(Scheduled(host="drill1", act="drill", asset=name, on_time=nights(1)))
    hosts = (*(f"srv{number:02}" for number in range(1, 11)), "backup1", "drill1")
    return Period(
        kind=kind,
        since=clock.iso(fifty.NOW - timedelta(days=days - 1, hours=11)),
        until=clock.iso(fifty.NOW),
        acts=tuple(acts),
        collected={host: Collected(until=clock.iso(fifty.NOW), begins="2025-01-01T00:00:00Z") for host in hosts},
        backups={name: _backups(number) for number, name in enumerate(fifty.NAMES)},
        drills={name: _drills(number) for number, name in enumerate(fifty.NAMES)},
        rooms={
            "backup1": tuple(
                Point(when=fifty.ago(days=day), value=(9_300 + 12 * day) * 2.0**30) for day in range(60, 0, -1)
            )
        },
        runtimes={
            "srv01 ups": tuple(
                Point(when=fifty.ago(days=day), value=1500 - 4 * (90 - day)) for day in range(90, -1, -1)
            )
        },
        signed=(SignedDay(day="2026-11-21", made=True, by="ana", on="srv01", when="2026-11-21T11:00:00Z", same=True),),
        on_call=(ON_CALL,),
    )


def troubled(kind: Kind = "weekly") -> Period:
    """Return the same with what people forget and machines miss."""
    from dataclasses import replace

    good = healthy(kind)
    acts = list(good.acts)
    acts[0] = replace(acts[0], on_time=acts[0].on_time[:-2], late=acts[0].on_time[-2:-1], missing=acts[0].on_time[-1:])
    acts[4] = replace(acts[4], on_time=acts[4].on_time[1:], missing=acts[4].on_time[:1], failed=2)
    acts = [
        replace(act, on_time=act.on_time[:-1], unknown=act.on_time[-1:]) if act.host == "srv07" else act for act in acts
    ]
    collected = {
        **good.collected,
        "srv07": Collected(
            until=fifty.ago(days=1),
            begins="2025-01-01T00:00:00Z",
            verdict=Verdict.UNKNOWN,
            message="does not answer: Could not connect (timed out)",
        ),
        "srv08": Collected(),
    }
    return replace(
        good,
        acts=tuple(acts),
        collected=collected,
        signed=(
            SignedDay(day="2026-11-18", made=False),
            SignedDay(day="2026-11-19", made=True, by="rui", on="srv02", when="2026-11-19T10:00:00Z"),
            SignedDay(day="2026-11-20", made=True, by="rui", on="srv02", when="2026-11-20T10:00:00Z", same=False),
            SignedDay(day="2026-11-21", made=True),
        ),
        endings=(
            Ending(host="srv03", name="old_archive", until="2026-11-30"),
            Ending(host="srv03", name="trial", until="2026-11-01"),
        ),
    )


def _backups(number: int) -> tuple[Measured, ...]:
    return tuple(
        Measured(
            when=fifty.ago(days=day, hours=10),
            seconds=60.0 + 13 * number + (90 - day) * (number % 3),
            bytes=int((number + 1) * 734_003_200 * (1 + (90 - day) / (200 + 50 * (number % 4)))),
        )
        for day in range(90, -1, -1)
    )


def _drills(number: int) -> tuple[Measured, ...]:
    return tuple(
        Measured(when=fifty.ago(days=day), seconds=(64.0 + 61 * number) * (1 + (90 - day) / 3000))
        for day in range(90 - number % 28, -1, -28)
    )
