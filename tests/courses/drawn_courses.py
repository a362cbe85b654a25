"""Power cuts drawn by chance: the seed is the course. Spans are a fifth of a real site's, so that a course takes two
minutes; what happens is timed by the clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

CONDUCTOR, STORE, DATABASE = "host1", "store1", "db1"
HOLD, MARGIN, STEADY = 5, 24, 4  # seconds, as the policy has them
LAG = 10.0  # seconds until word of the last machine has gone round: upsmon, upsd and the driver ask once a second
LOW = 0.1  # of the battery; the UPS says so then
RELEASES = ("bookworm", "trixie")


@dataclass
class Plan:
    """A machine. told, stops, boots: seconds of its shutdown in the policy and really, and of its start."""

    name: str
    needs: tuple[str, ...]
    told: int
    stops: float
    boots: float
    hangs: bool = False


@dataclass
class Drawn:
    """A course: what happens, by the seconds since its begin, and what is true of it.

    runtime: seconds that the battery feeds all machines. told: the runtime that the UPS claims, given the true one.
    needed: seconds that a clean stop of all takes. last: when the last thing happens. sorts: what happens in it.
    """

    seed: int
    plans: dict[str, Plan]
    back_above: int
    mains: Callable[[float], bool]
    runtime: float
    needed: float
    sorts: set[str]
    last: float
    told: Callable[[float], str] = lambda left: f"{left:.0f}"
    tests: Callable[[float], dict[str, str]] = lambda _: {}
    network: Callable[[float], bool] = lambda _: True
    conducts: Callable[[float], bool] = lambda _: True
    lost: random.Random = field(default_factory=random.Random)

    @property
    def release(self) -> str:
        """The release of Debian whose NUT plays it."""
        return RELEASES[self.seed % len(RELEASES)]


def drawn(seed: int) -> Drawn:
    """Return the course of a seed."""
    chance = random.Random(seed)
    plans = _plans(chance)
    sorts: set[str] = set()
    if chance.random() < 0.15:
        plans[chance.choice([name for name in plans if name.startswith("app")])].hangs = True
        sorts.add("a machine hangs")
    needed = max(_chain(plans, name) for name in plans) * 1.3 + MARGIN + HOLD + LAG
    mains, last = _mains(chance, sorts)
    course = Drawn(seed, plans, chance.choice([20, 50]), mains, needed * chance.uniform(0.5, 2.0), needed, sorts, last)
    course.lost = random.Random(chance.random())
    _tests(chance, course) if "self-test" in sorts else _faults(chance, course)
    return course


def _plans(chance: random.Random) -> dict[str, Plan]:
    """Storage below the database, applications above it, others beside; the conductor below all."""

    def plan(name: str, needs: tuple[str, ...] = ()) -> Plan:
        told = chance.randint(2, 5)
        return Plan(name, needs, told, told * chance.uniform(0.6, 1.3), chance.uniform(1, 5))

    found = [plan(CONDUCTOR), plan(STORE), plan(DATABASE, (STORE,))]
    found += [
        plan(f"app{number}", chance.choice([(DATABASE,), (DATABASE, STORE), ()]))
        for number in range(chance.randint(1, 3))
    ]
    return {one.name: one for one in found}


def _chain(plans: dict[str, Plan], name: str) -> float:
    below = [*plans[name].needs, *([CONDUCTOR] if name != CONDUCTOR else [])]
    return plans[name].told + max((_chain(plans, one) for one in below), default=0.0)


def _mains(chance: random.Random, sorts: set[str]) -> tuple[Callable[[float], bool], float]:
    """Return whether mains are there at a moment, and when they last change."""
    sort = chance.choice(["blip", "one cut", "one cut", "one cut", "second cut in the return", "flapping", "self-test"])
    sorts.add(sort)
    start, long = chance.uniform(2, 8), chance.uniform(6, 75)
    if sort == "self-test":
        return lambda _: True, start
    if sort == "blip":
        end = start + chance.uniform(0.5, 2.5)
        return lambda t: not start <= t < end, end
    if sort == "flapping":
        period, share = chance.uniform(2, 18), chance.uniform(0.3, 0.9)
        return lambda t: not (start <= t < start + long and (t - start) % period < period * share), start + long
    cuts = [(start, start + long)]
    if sort == "second cut in the return":
        second = start + long + chance.uniform(6, 40)
        cuts.append((second, second + chance.uniform(6, 60)))
    return lambda t: not any(begin <= t < end for begin, end in cuts), cuts[-1][1]


def _tests(chance: random.Random, course: Drawn) -> None:
    """A self-test, in one of the ways in which devices say so; one that empties the battery nobody makes unattended."""
    start, long = chance.uniform(2, 10), chance.uniform(3, 60)
    says = chance.choice(
        [
            {"ups.status": "OB DISCHRG TEST"},
            {"ups.status": "OB DISCHRG CAL"},
            {"ups.status": "OB DISCHRG", "ups.test.result": "In progress"},
        ]
    )
    course.tests = lambda t: says if start <= t < start + long else {}
    course.runtime, course.last = max(course.runtime, 2.0 * long), start + long


def _faults(chance: random.Random, course: Drawn) -> None:
    if chance.random() < 0.4:
        sort = chance.choice(["runtime too long", "runtime too short", "runtime frozen", "runtime jumps", "no runtime"])
        course.sorts.add(sort)
        frozen, own = f"{course.runtime:.0f}", random.Random(chance.random())
        course.told = {
            "runtime too long": lambda left: f"{left * 2:.0f}",
            "runtime too short": lambda left: f"{left * 0.6:.0f}",
            "runtime frozen": lambda _: frozen,
            "runtime jumps": lambda left: f"{own.choice([0, left * 9]) if own.random() < 0.15 else left:.0f}",
            "no runtime": lambda _: "",
        }[sort]
    if chance.random() < 0.2:
        course.sorts.add("dead network")
        course.network = _away(chance, course)
        course.runtime *= 1.6  # who stops alone waits for those above it
    if chance.random() < 0.15:
        course.sorts.add("no conductor")
        course.conducts = _away(chance, course)


def _away(chance: random.Random, course: Drawn) -> Callable[[float], bool]:
    """Draw a span in which something is gone; it may begin before the cut, in it or in the return."""
    gone, long = chance.uniform(0, course.last + 20), chance.uniform(3, 60)
    course.last = max(course.last, gone + long)
    return lambda t: not gone <= t < gone + long
