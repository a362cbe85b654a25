"""Machines that are a port each, below a real upsd: each has a real upsmon, and stops when that says so."""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from throwaway_nut import PASSWORD, Nut, programs

from ops.core import nut
from ops.core.errors import Unavailable
from ops.core.quantity import Duration, Percent
from ops.jobs.power import conduct, kept, site
from ops.jobs.power.conduct import Conductor, signal_file
from ops.policy import powered
from ops.policy.power import PoweredMachine, PowerGroup
from ops.power import order

CONDUCTOR, UPS = "host1", "mains"
NEEDS = {CONDUCTOR: (), "store1": (), "db1": ("store1",), "app1": ("db1",)}
STOP = 3  # seconds of each shutdown, as the policy has it
STOPS = 0.5  # as it is
PERIOD = 1.1  # of the conductor's looks here; dummy-ups knows a file's time by the second


@dataclass
class Machine:
    """A machine: its port is open while it runs."""

    name: str
    folder: Path
    listener: socket.socket | None = None
    port: int = 0
    asked: float | None = None
    hangs: bool = False
    silence: list[socket.socket] = field(default_factory=list)
    offs: list[float] = field(default_factory=list)
    ups: list[float] = field(default_factory=list)

    def fall_silent(self) -> None:
        """Let nothing answer at the port, as where no kernel runs: a queue that is full drops what comes."""
        full = socket.socket()
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind(("127.0.0.1", self.port))
        full.listen(0)
        self.silence = [full]
        for _ in range(4):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", self.port))
            self.silence.append(waiting)

    def start(self) -> None:
        for one in self.silence:
            one.close()
        self.silence = []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(50)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.asked = None
        self.ups.append(time.monotonic())

    @property
    def runs(self) -> bool:
        return self.listener is not None

    @property
    def down(self) -> Path:
        return self.folder / f"{self.name}.down"

    @property
    def woken(self) -> Path:
        return self.folder / f"{self.name}.wake"

    def answer(self) -> None:
        """Take the connections that wait, as a server would."""
        with suppress(BlockingIOError):
            while self.listener:
                self.listener.accept()[0].close()

    def stop(self) -> None:
        assert self.listener is not None
        self.listener.close()
        self.listener = None
        self.fall_silent()
        self.offs.append(time.monotonic())


class PowerSite:
    """Everything of one course; `until` lets it go on until something holds."""

    def __init__(self, folder: Path, **policy: object) -> None:
        self.folder = folder
        self.machines = {name: Machine(name, folder) for name in NEEDS}
        for machine in self.machines.values():
            machine.start()
        files = {UPS: folder / "mains.dev"} | {f"seawall-{name}": signal_file(name) for name in NEEDS}
        signal_file("x").parent.mkdir(parents=True, exist_ok=True)
        self.nut = Nut(folder, files)
        site.CONNECT_SECONDS = 0.25
        order.NOTICE = 2.0  # a server that is gone refuses at once
        told = {name: self.told_of(one) for name, one in self.machines.items()}
        words = {"hold": Duration(2), "margin": Duration(20), "steady": Duration(2), "back_above": Percent(50)} | policy
        self.told = PowerGroup(CONDUCTOR, told, UPS, self.nut.port, **words)
        self.battery_ends: float | None = None
        self.shown = ("", 0.0, 0)
        self.conducts = True
        self.events: list[str] = []
        for name in NEEDS:
            conduct.show(name, "OL")
        self.mains()
        self.nut.begin()
        self.conductor = Conductor("rack", self.told)
        self.next = 0.0
        self.until(self.is_served, "upsd knows what each device shows")
        for name in NEEDS:
            self.watch(name)

    def is_served(self) -> bool:
        try:
            return all("ups.status" in nut.variables("127.0.0.1", self.nut.port, name) for name in self.nut.devices)
        except Unavailable:
            return False

    def watch(self, name: str) -> None:
        group = self.conductor.group()
        role, at = ("primary" if name == CONDUCTOR else "secondary"), f"127.0.0.1:{self.nut.port}"
        upsc = str(programs().parents[1] / "bin/upsc")
        waits = powered.waits(round(order.delay(group, name)), f"seawall-{name}@{at}", f"{UPS}@{at}", "", upsc)
        lines = [
            f"MONITOR {UPS}@{at} 1 watcher {PASSWORD} {role}",
            f"MONITOR seawall-{name}@{at} 1 watcher {PASSWORD} secondary",
            f'SHUTDOWNCMD "{waits}/bin/touch {self.machines[name].down}"',
            f"POWERDOWNFLAG {self.folder}/{name}.kill",
            "DEADTIME 4",
            *("MINSUPPLIES 2", "POLLFREQ 1", "POLLFREQALERT 1", "HOSTSYNC 2", "FINALDELAY 0", "RUN_AS_USER root"),
        ]
        self.nut.watch(name, "\n".join(lines) + "\n")

    def told_of(self, one: Machine) -> PoweredMachine:
        wake = ("/bin/touch", str(one.woken))
        return PoweredMachine("127.0.0.1", NEEDS[one.name], Duration(STOP), one.port, wake_command=wake)

    def mains(self, charge: int = 100) -> None:
        self.show("OL CHRG", 3600, charge)

    def cut(self, seconds: float, charge: int = 90) -> None:
        """Let mains fail; the UPS claims so many seconds until it is low."""
        self.show("OB DISCHRG", seconds, charge)
        self.battery_ends = time.monotonic() + seconds

    def show(self, status: str, runtime: float, charge: int) -> None:
        """Let the UPS show this from now on."""
        self.battery_ends, self.shown = None, (status, runtime, charge)
        self.write()

    def write(self) -> None:
        """Write what it shows, again and again: dummy-ups passes over what was written in the second of its look."""
        status, runtime, charge = self.shown
        if self.battery_ends is not None:
            runtime = max(self.battery_ends - time.monotonic(), 0.0)
            status = "OB DISCHRG" if runtime > 1 else "OB DISCHRG LB"
        shown = {"ups.status": status, "battery.charge": charge, "battery.charge.low": 1}
        shown |= {"battery.runtime": int(runtime), "battery.runtime.low": 1}
        beside = self.folder / "mains.new"
        beside.write_text("".join(f"{name}: {value}\n" for name, value in shown.items()), "utf-8")
        beside.replace(self.folder / "mains.dev")

    def until(self, holds, what: str, seconds: float = 120.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"not in time: {what}; {self.states()} {self.events}"
            self.moment()
            time.sleep(0.05)

    def goes_on(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, "time", seconds + 60)

    def moment(self) -> None:
        now = time.monotonic()
        if now >= self.next:
            self.next = now + PERIOD
            self.write()
            if self.conducts and self.machines[CONDUCTOR].runs:
                self.events += [f"{e.kind.value} {e.machine}".strip() for e in self.conductor.look().events]
        for machine in self.machines.values():
            machine.answer()
            self.obey(machine, now)

    def obey(self, machine: Machine, now: float) -> None:
        if machine.runs and machine.asked is None and machine.down.exists():
            machine.asked = now
            self.nut.stop(f"upsmon {machine.name}")
        if machine.asked is not None and machine.runs and not machine.hangs and now - machine.asked >= STOPS:
            machine.stop()
            machine.down.unlink()
            machine.woken.unlink(missing_ok=True)
        if not machine.runs and machine.woken.exists() and not self.is_told_to_stop(machine.name):
            machine.woken.unlink()
            self.boot(machine.name)

    def is_told_to_stop(self, name: str) -> bool:
        """Whether upsd still shows the old word to stop: a machine takes longer to boot than that takes to go."""
        try:
            return "FSD" in nut.variables("127.0.0.1", self.nut.port, f"seawall-{name}")["ups.status"]
        except Unavailable:
            return True

    def boot(self, name: str) -> None:
        self.machines[name].start()
        if name == CONDUCTOR:
            kept_now = kept.read()
            self.conductor = Conductor("rack", self.told, kept.Kept("another boot", kept_now.memory, kept_now.stops))
            self.until_fresh()
        self.watch(name)

    def until_fresh(self) -> None:
        """Show no cut anywhere, as after a boot: memory is empty, and upsd forgot who told it of the end."""
        self.nut.stop("upsd")
        self.nut.start("upsd", ["upsd", "-u", "root", "-F"])
        deadline = time.monotonic() + 60
        while not self.is_served() or any(
            "OB" in nut.variables("127.0.0.1", self.nut.port, name)["ups.status"] for name in self.nut.devices
        ):
            assert time.monotonic() < deadline
            self.write()
            for other in NEEDS:
                signal_file(other).write_text("ups.status: OL\n", "utf-8")
            time.sleep(0.3)

    def states(self) -> dict[str, bool]:
        return {name: one.runs for name, one in self.machines.items()}

    def all_run(self) -> bool:
        return all(self.states().values())

    def is_over(self) -> bool:
        return self.all_run() and not self.conductor.kept.memory.outage

    def asked(self) -> list[str]:
        return [event.removeprefix("asked ") for event in self.events if event.startswith("asked ")]

    def end(self) -> None:
        self.nut.end()
        for machine in self.machines.values():
            if machine.listener:
                machine.listener.close()
