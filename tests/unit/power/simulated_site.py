"""A site that obeys physics of its own: a battery that empties by load, machines that stop when they are told, plain
upsmon on each. It shares no line with what conducts it, but for what both say to each other and upsmon's settings."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ops.power.engine import resumed, step
from ops.power.model import Group, Look, Memory
from ops.power.order import dead_time
from ops.power.reading import supply

LOOK = 5.0  # seconds between two looks of the conductor, and the smallest span here
SETTLED = 900.0  # seconds after the last thing that happens in which a whole site is left to itself
HOST_SYNC = 15  # of upsmon


@dataclass
class Box:
    """A machine. stops: how long its shutdown really takes; None: it never ends. boots: until its check passes."""

    name: str
    needs: tuple[str, ...]
    stops: float | None
    boots: float = 60.0
    state: str = "up"  # stopping, off, booting
    since: float = 0.0
    deaf: float | None = None  # since when its upsmon does not reach the UPS server
    killed: bool = False


@dataclass
class Course:
    """What happens, by the moment."""

    mains: Callable[[float], bool]
    runtime: float  # the true one, at full load
    boxes: Mapping[str, Box]
    told: Callable[[float, float], str] = lambda left, _: f"{left:.0f}"  # the runtime that the UPS claims
    tests: Callable[[float], bool] = lambda _: False
    network: Callable[[float], bool] = lambda _: True
    conducts: Callable[[float], bool] = lambda _: True
    last: float = 0.0  # the last thing that happens
    ends: float = 6 * 3600.0


@dataclass
class Site:
    """A course while it runs."""

    group: Group
    course: Course
    memory: Memory = field(default_factory=Memory)
    signals: dict[str, str] = field(default_factory=dict)
    left: float = 1.0  # of the battery, as a share
    dead: bool = False  # the UPS gives nothing
    least: float = 1.0  # of the battery, where a cut began
    fed_for: float = 60.0
    low_since: float | None = None
    events: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    def run(self) -> "Site":
        t = 0.0
        while t < self.course.ends and not (t > self.course.last + SETTLED and self.is_whole()):
            self.moment(t)
            t += LOOK
        return self

    def is_whole(self) -> bool:
        up = all(box.state == "up" or box.stops is None for box in self.course.boxes.values())
        return up and not self.memory.outage

    def moment(self, t: float) -> None:
        mains = self.course.mains(t)
        self.feed(t, mains)
        for box in self.course.boxes.values():
            self.box(box, t, mains)
        conductor = self.course.boxes[self.group.conductor]
        if conductor.state == "up" and self.course.conducts(t):
            self.look(t)

    def feed(self, t: float, mains: bool) -> None:
        running = [box for box in self.course.boxes.values() if box.state != "off"]
        load = 0.2 + 0.8 * len(running) / len(self.course.boxes)
        if mains:
            if self.dead:
                self.dead = False
                for box in self.course.boxes.values():  # power is there again: those whose firmware wants it start
                    if box.name == self.group.conductor and box.state == "off":
                        self.boot(box, t)
            self.left = min(1.0, self.left + LOOK / 7200)
            self.fed_for += LOOK
            if not self.course.tests(t):
                return
        elif self.fed_for:
            self.least = min(self.least, self.left) if self.fed_for >= self.group.steady else self.least
            self.fed_for = 0.0
        self.left = max(0.0, self.left - LOOK * load / self.course.runtime)
        if self.left == 0.0 and not self.dead and not mains:
            self.dead = True
            for box in self.course.boxes.values():
                box.killed = box.killed or box.state in {"up", "stopping", "booting"}
                box.state, box.since = "off", t

    def boot(self, box: Box, t: float) -> None:
        box.state, box.since, box.deaf = "booting", t, None

    def box(self, box: Box, t: float, mains: bool) -> None:
        if box.state == "booting" and t - box.since >= box.boots:
            box.state, box.since = "up", t
            if box.name == self.group.conductor:
                self.memory, self.signals = resumed(self.group, self.memory, t), {}
        if box.state == "stopping" and box.stops is not None and t - box.since >= box.stops:
            box.state, box.since = "off", t
            self.orphan(box)
            if box.name == self.group.conductor:
                self.cut_output(box, t, mains)
            return
        if box.state == "up":
            self.upsmon(box, t, mains)

    def cut_output(self, conductor: Box, t: float, mains: bool) -> None:
        """The UPS was told to give nothing any more, and gives it again with mains."""
        for box in self.course.boxes.values():
            box.killed = box.killed or box.state in {"up", "stopping", "booting"}
            box.state, box.since = "off", t
        self.dead = not mains
        if mains:
            self.boot(conductor, t)

    def orphan(self, gone: Box) -> None:
        """What is needed went off below machines that still ran."""
        for box in self.course.boxes.values():
            if gone.name in box.needs and box.state in {"up", "stopping"}:
                box.killed = True

    def upsmon(self, box: Box, t: float, mains: bool) -> None:
        """Plain upsmon: its own signal, else the real UPS; silence counts only while it saw a battery feed."""
        conductor = self.course.boxes[self.group.conductor]
        hears = box is conductor or (self.course.network(t) and conductor.state in {"up", "stopping"})
        if hears:
            box.deaf = None
            low = "LB" in self.status(mains, t)
            self.low_since = (self.low_since if self.low_since is not None else t) if low else None
            of_ups = self.low_since is not None and t - self.low_since >= HOST_SYNC
            if "FSD" in self.signals.get(box.name, "OL") or of_ups:
                box.state, box.since = "stopping", t
            return
        box.deaf = t if box.deaf is None else box.deaf
        if t - box.deaf >= dead_time(self.group, box.name) and "OB" in self.signals.get(box.name, "OL"):
            box.state, box.since = "stopping", t

    def status(self, mains: bool, t: float) -> str:
        if mains and self.course.tests(t):
            return "OB DISCHRG TEST"
        return "OL CHRG" if mains else "OB DISCHRG LB" if self.left < 0.1 else "OB DISCHRG"

    def look(self, t: float) -> None:
        mains = self.course.mains(t)
        left = self.left * self.course.runtime
        said = {"ups.status": self.status(mains, t), "battery.charge": f"{self.left * 100:.0f}"}
        claimed = self.course.told(left, t)
        said |= {"battery.runtime": claimed} if claimed else {}
        boxes, network = self.course.boxes, self.course.network(t)
        alive = {box.name for box in boxes.values() if box.state != "off" and network}
        well = {box.name for box in boxes.values() if box.state == "up" and network}
        own = {self.group.conductor}
        look = Look(supply(said), frozenset(alive | own), frozenset(well | own))
        self.memory, acts = step(self.group, self.memory, look, t)
        self.signals = dict(acts.signals)
        self.events += [(t, event) for event in acts.events]
        for name in acts.wake:
            if network and boxes[name].state == "off" and not self.dead and wakes(t, name):
                self.boot(boxes[name], t)


def wakes(t: float, name: str) -> bool:
    """Every third magic packet is lost."""
    return random.Random(f"{t} {name}").random() > 0.33
