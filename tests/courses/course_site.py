"""A site that obeys physics of its own, below a real upsd: a battery that empties by load, and machines that are an
address each, run a real upsmon, stop when that says so, and lose what they have not saved when the power is gone.

It is two networks with a cable between them: the conductor's, and that of all others. Nothing here decides anything.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from course_machines import Box, CourseNut
from course_network import HERE, Network
from drawn_courses import CONDUCTOR, HOLD, LOW, MARGIN, STEADY, STORE, Drawn
from nut_releases import command
from throwaway_nut import PASSWORD

from ops.core import nut
from ops.core.errors import Unavailable
from ops.core.quantity import Duration, Percent
from ops.jobs.power import conduct, kept, site
from ops.jobs.power.conduct import Conductor, signal_file
from ops.policy import powered
from ops.policy.power import PoweredMachine, PowerGroup
from ops.power import battery, engine, going_back, order, supplied

PORT, SERVER_PORT, UPS = 22, 3493, "mains"
PERIOD = 1.1  # seconds between two looks of the conductor; dummy-ups knows a file's time by the second
SHOWN = 0.5  # seconds between two writings of what the UPS shows, for the same reason
CHARGES = 0.02  # of the battery in a second of mains
QUIET = 6.0  # seconds for which all must be well at the end
PATIENCE = 240.0  # seconds after the last thing that happens; whoever is not back by then never will be
# All spans of the product that are none of the policy's, in the same measure as those drawn: a fifth.
SPANS = (
    (engine, "HANGS_MORE", 6.0),
    (engine, "ABSENT_AFTER", 24),
    (going_back, "STOPS_MORE", 24.0),
    (battery, "LONG_ENOUGH", 12.0),
    (supplied, "SILENT_AFTER", 12.0),
    (supplied, "LONGEST_TEST", 360.0),
    (order, "DEAD_TIME", 4.0),
    (order, "NOTICE", 12.0),  # not a fifth, for NUT's own five seconds are none either
    (site, "CONNECT_SECONDS", 0.5),
)
WAKE_EVERY = 8.0


@dataclass
class CourseSite:
    """A course while it runs. left: of the battery, as a share; least: the same, where a cut began."""

    course: Drawn
    folder: Path
    network: Network
    left: float = 1.0
    least: float = 1.0
    dead: bool = False  # the UPS gives nothing
    fed_for: float = STEADY
    events: list[str] = field(default_factory=list)
    stall: float = 0.0  # seconds that the computer let it stand at most
    well_since: float | None = None

    def __post_init__(self) -> None:
        for module, name, value in SPANS:
            setattr(module, name, value)
        conduct.record = lambda *_words: None  # there is no ledger here
        original = site.group
        site.group = lambda *words: replace(original(*words), wake_every=WAKE_EVERY)
        plans = self.course.plans
        self.boxes = {name: Box(plan, self.network.address(name), self.folder) for name, plan in plans.items()}
        told = {name: self._told(box) for name, box in self.boxes.items()}
        back = Percent(self.course.back_above)
        self.told = PowerGroup(
            CONDUCTOR, told, UPS, SERVER_PORT, Duration(HOLD), Duration(MARGIN), None, Duration(STEADY), back
        )
        signal_file("x").parent.mkdir(parents=True, exist_ok=True)
        files = {UPS: self.folder / "mains.dev"} | {nut.signal_of(name): signal_file(name) for name in plans}
        self.nut = CourseNut(self.folder, files, SERVER_PORT, addresses=("127.0.0.1", HERE))
        self.nut.release, self.nut.network = self.course.release, self.network
        self.next_look = self.next_shown = 0.0

    def _told(self, box: Box) -> PoweredMachine:
        wake = ("/bin/touch", str(box.woken))
        return PoweredMachine(box.address, box.plan.needs, Duration(box.plan.told), PORT, wake_command=wake)

    def begin(self) -> None:
        """Let all machines run, on mains, and wait until each upsmon is logged in."""
        self._signals_as_after_a_boot()
        self.show(0.0)
        self.nut.begin()
        self.conductor = Conductor("rack", self.told)
        for box in self.boxes.values():
            self.network.appears(box.name)
        deadline = time.monotonic() + 120
        while not self.is_served():
            assert time.monotonic() < deadline, "upsd does not know its devices"
            time.sleep(0.2)
        for box in self.boxes.values():
            self.watch(box)
        while not all(self._log(box).count("Logged into UPS") >= 2 for box in self.boxes.values()):
            assert time.monotonic() < deadline, "an upsmon is not logged in"
            time.sleep(0.2)
        self.zero = self.before = time.monotonic()

    def _log(self, box: Box) -> str:
        return (self.folder / f"upsmon-{box.name}.log").read_text("utf-8", "replace")

    def _signals_as_after_a_boot(self) -> None:
        for name in self.boxes:
            signal_file(name).write_text("ups.status: OL\n", "utf-8")

    def is_served(self) -> bool:
        try:
            return all("ups.status" in nut.variables("127.0.0.1", SERVER_PORT, name) for name in self.nut.devices)
        except Unavailable:
            return False

    def watch(self, box: Box) -> None:
        """Start a machine's upsmon, with the settings that the role writes."""
        role, at = ("primary", "127.0.0.1") if box.name == CONDUCTOR else ("secondary", HERE)
        seconds = round(order.delay(self.conductor.group(), box.name))
        upsc = self.folder / "upsc"
        upsc.write_text(f'#!/bin/sh\nexec {" ".join(command(self.course.release, "../../bin/upsc"))} "$@"\n', "utf-8")
        upsc.chmod(0o755)
        devices = [f"{one}@{at}:{SERVER_PORT}" for one in (nut.signal_of(box.name), UPS)]
        again = "" if box.name == CONDUCTOR else f"/bin/touch {box.again}"
        waits = powered.waits(seconds, *devices, again, str(upsc))
        lines = [
            f"MONITOR {UPS}@{at}:{SERVER_PORT} 1 watcher {PASSWORD} {role}",
            f"MONITOR {nut.signal_of(box.name)}@{at}:{SERVER_PORT} 1 watcher {PASSWORD} secondary",
            f'SHUTDOWNCMD "{waits}/bin/touch {box.down}"',
            f"POWERDOWNFLAG {self.folder}/{box.name}.kill",
            "DEADTIME 4",
            *("MINSUPPLIES 2", "POLLFREQ 1", "POLLFREQALERT 1", "HOSTSYNC 3", "FINALDELAY 0", "RUN_AS_USER root"),
        ]
        self.nut.watch(box.name, "\n".join(lines) + "\n")

    def run(self) -> None:
        """Go on until the course is over and all is well again, or never will be."""
        while (t := time.monotonic() - self.zero) < self.course.last + PATIENCE:
            self.moment(t)
            if self.well_since is not None and t - max(self.well_since, self.course.last) >= QUIET:
                return
            time.sleep(0.15)

    def moment(self, t: float) -> None:
        passed, self.before = t - (self.before - self.zero), t + self.zero
        self.stall = max(self.stall, passed)
        mains = self.course.mains(t)
        self.network.answer()
        self.network.joined(self.boxes[CONDUCTOR].state != "off" and self.course.network(t))
        self.feed(t, passed, mains)
        for box in self.boxes.values():
            self.obey(box, t, mains)
        if t >= self.next_shown:
            self.next_shown = t + SHOWN
            self.show(t)
        if t >= self.next_look and self.boxes[CONDUCTOR].state == "up" and self.course.conducts(t):
            self.next_look = t + PERIOD
            self.look(t)
        whole = self.is_whole()
        self.well_since = (t if self.well_since is None else self.well_since) if whole else None

    def is_whole(self) -> bool:
        hangs = any(box.plan.hangs for box in self.boxes.values())
        up = all(box.state == "up" or box.plan.hangs for box in self.boxes.values())
        return up and (hangs or not self.conductor.kept.memory.outage)

    def feed(self, t: float, passed: float, mains: bool) -> None:
        """Empty the battery by what hangs on it, or charge it; nobody has power when it is empty."""
        running = [box for box in self.boxes.values() if box.state != "off"]
        load = 0.2 + 0.8 * len(running) / len(self.boxes)
        if mains:
            if self.dead:
                self.dead = False
                self.boot(self.boxes[CONDUCTOR], t)  # its firmware starts it when power returns
            self.fed_for += passed
            if not self.course.tests(t):
                self.left = min(1.0, self.left + passed * CHARGES)
                return
        elif self.fed_for:
            self.least = min(self.least, self.left) if self.fed_for >= STEADY else self.least
            self.fed_for = 0.0
        self.left = max(0.0, self.left - passed * load / self.course.runtime)
        if self.left == 0.0 and not self.dead and not mains:
            self.lose_power(t)

    def lose_power(self, t: float) -> None:
        self.dead = True
        for box in self.boxes.values():
            box.killed = box.killed or box.state != "off"
            self.go_off(box, t)

    def go_off(self, box: Box, t: float) -> None:
        if box.state == "off":
            return
        box.becomes("off", t)
        self.network.vanishes(box.name)
        self.nut.stop(f"upsmon {box.name}")
        for file in (box.down, box.woken, box.again):
            file.unlink(missing_ok=True)
        if box.name == CONDUCTOR:
            self.nut.end_server()

    def obey(self, box: Box, t: float, mains: bool) -> None:
        """Let a machine go on: it stops when its upsmon says so, is off a while later, and starts when it is woken."""
        spent = t - box.since
        if box.state == "up" and box.down.exists():
            box.stopped = True
            box.becomes("stopping", t)
        elif box.state == "up" and box.again.exists():
            box.again.unlink()
            self.nut.stop(f"upsmon {box.name}")
            self.watch(box)
        elif box.state == "stopping" and not box.plan.hangs and spent >= box.plan.stops:
            self.go_off(box, t)
            for other in self.boxes.values():  # what it needs went off below it
                other.killed = other.killed or (box.name in other.plan.needs and other.state in {"up", "stopping"})
            if box.name == CONDUCTOR:
                self.cut_output(t, mains)
        elif box.state == "off" and box.woken.exists():
            box.woken.unlink()
            if not self.dead and self.course.lost.random() > 0.33:  # every third magic packet is lost
                self.boot(box, t)
        elif box.state == "booting" and spent >= box.plan.boots:
            self.come_up(box, t)

    def cut_output(self, t: float, mains: bool) -> None:
        """The UPS was told to give nothing any more, and gives it again with mains."""
        self.lose_power(t)
        if mains:
            self.dead = False
            self.boot(self.boxes[CONDUCTOR], t)

    def boot(self, box: Box, t: float) -> None:
        if box.state != "off":
            return
        box.becomes("booting", t)
        self.network.appears(box.name, refuses=True)
        if box.name == CONDUCTOR:
            self._signals_as_after_a_boot()
            self.nut.serve()

    def come_up(self, box: Box, t: float) -> None:
        if box.name == CONDUCTOR:
            if not self.is_served():
                return
            remembered = self.conductor.kept
            with suppress(OSError):
                remembered = kept.read()
            begun = kept.Kept("another boot", remembered.memory, remembered.stops)
            self.conductor = Conductor("rack", self.told, begun)
        box.becomes("up", t)
        self.network.appears(box.name)
        self.watch(box)

    def show(self, t: float) -> None:
        """Write what the UPS says."""
        course = self.course
        mains, left = course.mains(t), self.left * course.runtime
        shown = {"ups.status": "OL CHRG" if mains else "OB DISCHRG LB" if self.left < LOW else "OB DISCHRG"}
        shown |= {"battery.charge": f"{self.left * 100:.0f}", "battery.charge.low": f"{LOW * 100:.0f}"}
        shown |= {"battery.runtime.low": f"{max(course.runtime * LOW, 1):.0f}", "ups.test.result": "Done and passed"}
        shown |= {"battery.runtime": claimed} if (claimed := course.told(left)) else {}
        shown |= course.tests(t) if mains else {}
        beside = self.folder / "mains.new"
        beside.write_text("".join(f"{name}: {value}\n" for name, value in shown.items()), "utf-8")
        beside.replace(self.folder / "mains.dev")

    def look(self, t: float) -> None:
        for event in self.conductor.look().events:
            figures = " ".join(f"{name}={value:.0f}" for name, value in event.figures.items())
            self.events.append(f"{t:.1f} {event.kind.value} {event.machine} {figures}".strip())

    def asked(self) -> list[str]:
        """Return whom the conductor asked to stop."""
        return [words[2] for event in self.events if (words := event.split())[1] == conduct.Kind.ASKED.value]

    def allowed(self) -> bool:
        """Whether each cut left time for a clean stop of all, by what was in the battery."""
        boots = max(box.plan.boots for box in self.boxes.values()) if self.least < 1.0 else 0.0
        hopeless = {"runtime too long", "no conductor", "a machine hangs"} & self.course.sorts
        alone = order.dead_time(self.conductor.group(), STORE) if "dead network" in self.course.sorts else 0.0
        return not hopeless and (self.least - LOW) * self.course.runtime >= self.course.needed + boots + alone

    def end(self) -> None:
        self.nut.end()
