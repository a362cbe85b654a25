"""Courses drawn by chance, and what each of them must never show; the seed is the course."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from simulated_site import Box, Course, Site

from ops.power.model import Group, Machine, Stage
from ops.power.order import chain, cycle

CONDUCTOR, DATABASE = "host1", "db1"
LAST = 300.0 + 2400 + 1200 + 1800  # seconds after which nothing happens any more


@dataclass(frozen=True)
class Drawn:
    """A course with what is true of it. sorts: what happens in it. needed: the seconds that a clean stop takes."""

    seed: int
    group: Group
    course: Course
    sorts: frozenset[str]
    needed: float


def drawn(seed: int) -> Drawn:
    chance = random.Random(seed)
    machines = _machines(chance)
    group = Group(CONDUCTOR, machines, margin=120.0, back_above=chance.choice([20.0, 50.0]))
    sorts = {_mains_sort(chance)}
    boxes = _boxes(chance, machines, sorts)
    needed = max(chain(group, name) for name in machines) * 1.3 + group.margin + group.hold + 60
    runtime = needed * chance.uniform(0.4, 5.0)
    mains = _mains(chance, sorts)
    course = Course(mains, runtime, boxes)
    _faults(chance, course, sorts)
    course.last = LAST
    return Drawn(seed, group, course, frozenset(sorts), needed)


def allowed(one: Drawn, site: Site) -> bool:
    """Whether each cut of a course that has run left time for a clean stop of all, by what was in the battery."""
    boots = max(box.boots for box in one.course.boxes.values()) if site.least < 1.0 else 0.0
    hopeless = {"runtime too long", "no conductor", "a machine hangs"} & one.sorts
    return not hopeless and (site.least - 0.1) * one.course.runtime >= one.needed + boots


def _machines(chance: random.Random) -> dict[str, Machine]:
    """Storage below the database, applications above it, others beside; the conductor below all."""
    stops = lambda: float(chance.randint(15, 180))  # noqa: E731
    found = {CONDUCTOR: Machine(CONDUCTOR, (), float(chance.randint(15, 60)), True)}
    found["store1"] = Machine("store1", (), stops(), True)
    found[DATABASE] = Machine(DATABASE, ("store1",), stops(), True)
    for number in range(chance.randint(1, 6)):
        needs = chance.choice([(DATABASE,), (DATABASE, "store1"), ()])
        found[f"app{number}"] = Machine(f"app{number}", needs, stops(), True)
    assert not cycle({name: one.needs for name, one in found.items()})
    return found


def _boxes(chance: random.Random, machines: dict[str, Machine], sorts: set[str]) -> dict[str, Box]:
    boxes = {
        name: Box(name, one.needs, one.stop * chance.uniform(0.6, 1.3), chance.uniform(20, 200))
        for name, one in machines.items()
    }
    if chance.random() < 0.15:
        hung = chance.choice([name for name in boxes if name.startswith("app")])
        boxes[hung].stops = None
        sorts.add("a machine hangs")
    return boxes


def _mains_sort(chance: random.Random) -> str:
    return chance.choice(["blip", "one cut", "one cut", "one cut", "second cut in the return", "flapping", "self-test"])


def _mains(chance: random.Random, sorts: set[str]) -> Callable[[float], bool]:
    start = float(chance.randint(60, 300))
    if "self-test" in sorts:
        return lambda _: True
    if "blip" in sorts:
        end = start + chance.randint(1, 20)
        return lambda t: not start <= t < end
    long = chance.randint(60, 2400)
    if "flapping" in sorts:
        period, share = chance.randint(10, 90), chance.uniform(0.3, 0.9)
        return lambda t: not (start <= t < start + long and (t - start) % period < period * share)
    cuts = [(start, start + long)]
    if "second cut in the return" in sorts:
        second = start + long + chance.randint(30, 1200)
        cuts.append((second, second + chance.randint(60, 1800)))
    return lambda t: not any(begin <= t < end for begin, end in cuts)


def _faults(chance: random.Random, course: Course, sorts: set[str]) -> None:
    if "self-test" in sorts:
        start, long = chance.randint(60, 600), chance.randint(10, 900)
        course.tests = lambda t: start <= t < start + long
        course.runtime = max(course.runtime, 2.0 * long)  # one that empties the battery is none to make unattended
        return
    if chance.random() < 0.4:
        sort = chance.choice(["runtime too long", "runtime too short", "runtime frozen", "runtime jumps", "no runtime"])
        sorts.add(sort)
        frozen, own = f"{course.runtime:.0f}", random.Random(chance.random())
        course.told = {
            "runtime too long": lambda left, _: f"{left * 2:.0f}",
            "runtime too short": lambda left, _: f"{left * 0.6:.0f}",
            "runtime frozen": lambda *_: frozen,
            "runtime jumps": lambda left, _: f"{own.choice([0, left * 9]) if own.random() < 0.15 else left:.0f}",
            "no runtime": lambda *_: "",
        }[sort]
    if chance.random() < 0.2:
        sorts.add("dead network")
        start, long = chance.randint(0, 3000), chance.randint(10, 900)
        course.network = lambda t: not start <= t < start + long
    if chance.random() < 0.15:
        sorts.add("no conductor")
        gone, long = chance.randint(0, 3000), chance.randint(10, 1800)
        course.conducts = lambda t: not gone <= t < gone + long


def faults(one: Drawn, site: Site) -> list[str]:
    """Return what must not be, of a course that has run."""
    boxes = one.course.boxes
    found = [
        f"{name} was killed before its clean stop"
        for name, box in boxes.items()
        if allowed(one, site) and _murdered(name, box)
    ]
    found += [
        f"{name} was left {box.state}, {site.memory.turns[name].stage.value}"
        for name, box in boxes.items()
        if box.state != "up" and box.stops is not None
    ]
    asked = [event.machine for _, event in site.events if event.kind.value == "asked"]
    # Who hears nothing any more in a blip can't know that it was one.
    if (
        one.sorts & {"self-test", "blip"}
        and "dead network" not in one.sorts
        and (asked or any(box.since for box in boxes.values()))
    ):
        found.append(f"stopped for a {'self-test' if 'self-test' in one.sorts else 'blip'}: {asked}")
    untold = [n for n, turn in site.memory.turns.items() if turn.stage is not Stage.UP and boxes[n].stops is not None]
    return found + [f"{name} is not known to be up" for name in untold]


def _murdered(name: str, box: Box) -> bool:
    return box.killed and box.stops is not None and name in {DATABASE, "store1"}
