"""Machines that are a port each, below a real upsd: each has a real upsmon, and stops when that says so."""

import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from throwaway_nut import PASSWORD, Nut

from ops.core.quantity import Duration, Percent
from ops.jobs.power import conduct, kept
from ops.jobs.power.conduct import Conductor, signal_file
from ops.policy.power import PoweredMachine, PowerGroup
from ops.power.order import DEAD_TIME, dead_time

CONDUCTOR, UPS = "host1", "mains"
NEEDS = {CONDUCTOR: (), "store1": (), "db1": ("store1",), "app1": ("db1",)}
STOP = 3  # seconds of each shutdown
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
    offs: list[float] = field(default_factory=list)
    ups: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(50)
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

    def stop(self) -> None:
        assert self.listener is not None
        self.listener.close()
        self.listener = None
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
        told = {
            name: PoweredMachine(
                "127.0.0.1", NEEDS[name], Duration(STOP), one.port, None, None, ("/bin/touch", str(one.woken))
            )
            for name, one in self.machines.items()
        }
        words = {"hold": Duration(2), "margin": Duration(8), "steady": Duration(2), "back_above": Percent(50)} | policy
        self.told = PowerGroup(CONDUCTOR, told, UPS, self.nut.port, **words)
        self.battery_ends: float | None = None
        self.conducts = True
        self.events: list[str] = []
        for name in NEEDS:
            conduct.show(name, "OL")
        self.mains()
        self.nut.begin()
        self.conductor = Conductor("rack", self.told)
        self.next = 0.0
        for name in NEEDS:
            self.watch(name)

    def watch(self, name: str) -> None:
        group = self.conductor.group()
        role, at = ("primary" if name == CONDUCTOR else "secondary"), f"127.0.0.1:{self.nut.port}"
        self.nut.watch(
            name,
            f"MONITOR {UPS}@{at} 1 watcher {PASSWORD} {role}\nMONITOR seawall-{name}@{at} 1 watcher {PASSWORD} secondary\n"
            f'MINSUPPLIES 2\nSHUTDOWNCMD "/bin/touch {self.machines[name].down}"\nPOWERDOWNFLAG {self.folder}/{name}.kill\n'
            f"POLLFREQ 1\nPOLLFREQALERT 1\nHOSTSYNC 2\nFINALDELAY 0\nRUN_AS_USER root\n"
            f"DEADTIME {dead_time(group, name) - DEAD_TIME + 4:.0f}\n",
        )

    def mains(self, charge: int = 100, status: str = "OL CHRG") -> None:
        self.battery_ends = None
        self.show(status, 3600, charge)

    def cut(self, seconds: float, charge: int = 90) -> None:
        """Let mains fail; the UPS claims so many seconds until it is low."""
        self.battery_ends, self.charge = time.monotonic() + seconds, charge

    def show(self, status: str, runtime: float, charge: int) -> None:
        lines = {
            "ups.status": status,
            "battery.charge": charge,
            "battery.charge.low": 1,
            "battery.runtime": int(runtime),
        }
        lines["battery.runtime.low"] = 1
        beside = self.folder / "mains.new"
        beside.write_text("".join(f"{name}: {value}\n" for name, value in lines.items()), "utf-8")
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
            if self.battery_ends is not None:
                left = self.battery_ends - now
                self.show("OB DISCHRG" if left > 1 else "OB DISCHRG LB", max(left, 0.0), self.charge)
            if self.conducts and self.machines[CONDUCTOR].runs:
                self.events += [f"{e.kind.value} {e.machine}".strip() for e in self.conductor.look().events]
        for machine in self.machines.values():
            self.obey(machine, now)

    def obey(self, machine: Machine, now: float) -> None:
        if machine.runs and machine.asked is None and machine.down.exists():
            machine.asked = now
            self.nut.stop(f"upsmon {machine.name}")
        if machine.asked is not None and machine.runs and not machine.hangs and now - machine.asked >= STOP - 1:
            machine.stop()
            machine.down.unlink()
            machine.woken.unlink(missing_ok=True)
        if not machine.runs and machine.woken.exists():
            machine.woken.unlink()
            self.boot(machine.name)

    def boot(self, name: str) -> None:
        self.machines[name].start()
        if name == CONDUCTOR:
            kept_now = kept.read()
            self.conductor = Conductor("rack", self.told, kept.Kept("another boot", kept_now.memory, kept_now.stops))
            for other in NEEDS:
                conduct.show(other, "OL")
        self.watch(name)

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
