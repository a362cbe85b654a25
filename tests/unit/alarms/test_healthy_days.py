"""Thirty healthy days of the lab, as its own policy has it, raise nothing: what is usual, and blips, call nobody.

Rounds are every five minutes, over a night in which the clocks go back. What the lab's policy does not look at, and
other sites' do, is looked at beside it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from certificates import made
from healthy import quick
from healthy_days import RESTARTED, Acts, course
from watched_inputs import DAY, Inputs, unit
from watched_rounds import Watched, policy
from watched_site import ROUND, Machine, checks

from ops.alarms.model import Kind
from ops.core.schema import encode
from ops.policy.model import HostPolicy

START = datetime(2026, 10, 12, 10, tzinfo=UTC)
DAYS = 30
ZONE = "Europe/Prague"  # whose clocks go back on the 25th
HOURLY = 12  # rounds between two looks at what the lab's policy does not have
MOVING = {"memory", "units", "ups", "load", "mariadb_server"}  # looked at in each round
CARRIED = {"rotation-disks", "copy_age-documents-disks"}  # what a person does with a disk, and no calendar starts
SOMETIMES = 3  # and at what is judged by the age of its last good run alone


def lab() -> HostPolicy:
    """Return the policy of the lab's busiest server, with what its others look at, in a zone with summer time."""
    known = quick(Path(__file__).parents[3] / "inventories/lab").policies()
    his1, kept, drills = known["his1"], known["backup1"], known["drill1"]
    all_of_them = {**drills.checks, **kept.checks, **his1.checks}
    looked_at = {name: spec for name, spec in all_of_them.items() if name not in CARRIED}
    return replace(his1, site=replace(his1.site, timezone=ZONE), checks=looked_at)


def plain(options: object) -> dict[str, object]:
    told = dict(options) if isinstance(options, dict) else dict(encode(options))
    return told | ({"timezone": ZONE} if "timezone" in told else {})


def wanted(folder: Path, port: int) -> tuple[HostPolicy, set[str]]:
    """Return the policy, and the names of the checks that the lab itself has."""
    site = lab()
    own = {name: (spec.kind, plain(spec.options)) for name, spec in site.checks.items()}
    kinds = {kind for kind, _ in own.values()} | {"rotation", "command"}
    beside = {f"beside_{name}": one for name, one in checks(folder, port).items() if one[0] not in kinds}
    return replace(policy({**own, **beside}), site=site.site, assets=site.assets), set(own)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

    def certificate(begins: datetime, ends: datetime) -> bytes:
        return made(begins, ends)[0]

    with TemporaryDirectory(dir=memory) as folder, closing(Machine(Path(folder), monkeypatch, certificate)) as one:
        yield one


def played(machine: Machine, days: int, spoil: Callable[[Inputs, float], None] = lambda *_: None) -> Watched:
    """Watch a healthy machine for so many days. spoil: what is otherwise on a day."""
    site_policy, own = wanted(machine.folder, machine.port)
    chance, zone = random.Random(30), ZoneInfo(ZONE)
    acts = Acts(site_policy, zone, chance)
    acts.begin(START)
    site = Watched(machine, site_policy, START, threads=False)
    expected = [name for name, spec in site_policy.checks.items() if spec.kind == "units"]
    services = [unit for name in expected for unit in site_policy.checks[name].options.expected]
    moving = {name for name, spec in site_policy.checks.items() if spec.kind in MOVING} | {"root_disk"}
    number = 0
    while site.now < START + timedelta(days=days):
        number += 1
        given = Inputs(site.now + ROUND)
        day = (given.now - START).total_seconds() / DAY
        if RESTARTED <= day < RESTARTED + 8 / 1440:  # it is down for two rounds, then they go on
            site.now += ROUND
            continue
        given.units |= {name: unit(name, given.now) for name in services}
        course(given, day, given.now.astimezone(zone), chance)
        spoil(given, day)
        only = () if number % HOURLY == 1 else own | moving if number % SOMETIMES == 1 else moving
        site.round(given, only=only, states=acts.run(given.now), boot=int(day >= RESTARTED))
    return site


@pytest.mark.unmeasured
def test_thirty_healthy_days_call_nobody(machine: Machine) -> None:
    site = played(machine, DAYS)
    assert [(when, event.kind.value, event.alarms[0].check, event.alarms[0].message) for when, event in site.told] == []


def test_a_fault_among_them_does(machine: Machine) -> None:
    """What raises nothing might see nothing: of the same days, one on which the machine is overloaded is told."""

    def overloaded(given: Inputs, day: float) -> None:
        if day > 1:
            given.load = 5.0

    site = played(machine, 2, overloaded)
    assert [event.kind for _, event in site.told][:1] == [Kind.RAISED]
    assert len(site.memory.incidents) == 1
