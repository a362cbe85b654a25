"""A server whose policy has every kind of check: what each is given when it looks.

Files lie in a folder, ports and plugins are real, and where a check asks a program it is given what that one prints.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server, socket
from types import SimpleNamespace
from typing import Any

import pytest
from watched_inputs import BOOT, INSTALLED, RAID, SCAN, TRACKING, Inputs

from ops.core import nut
from ops.core.errors import CommandError, Unavailable
from ops.health import (
    _postgresql,
    disk,
    journal,
    load,
    mariadb_server,
    memory,
    postgresql_standby,
    raid,
    reboot,
    smart,
    time_sync,
    units,
    updates,
    zfs,
)
from ops.interfaces import staged
from ops.interfaces.devices import DevicesSeen, written

PROCESSORS = 4
START = datetime(2026, 11, 12, 12, tzinfo=UTC)
ROUND = timedelta(minutes=5)
COPIES = {"calendar": "day 10, day 20, last day"}


def checks(folder: Path, port: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return a check of every kind by its name, with the options that lead to what a test writes."""
    return {
        "root_disk": ("disk", {}), "memory": ("memory", {}), "load": ("load", {}),
        "raid": ("raid", {"arrays": ["md0"]}),
        "disks": ("smart", {"at_least": 2}), "pools": ("zfs", {"pools": ["tank"]}), "mains": ("ups", {"ups": "mains"}),
        "air": ("air", {"ups": "mains"}), "time": ("time_sync", {}), "units": ("units", {"expected": list(EXPECTED)}),
        "web": ("certificate", {"path": str(folder / "web.pem")}), "interface": ("interface", {"port": port}),
        "queue": ("command", {"argv": [str(folder / "plugin")]}), "postgresql": ("postgresql_server", {}),
        "standby": ("postgresql_standby", {"standby": "his", "synchronous": True}),
        "follower": ("postgresql_standby", {"standby": "his", "port": 5433}),
        "mariadb": ("mariadb_server", {}), "journal": ("journal", {}), "updates": ("updates", {}),
        "before_update": ("before_update", {"path": str(folder / "dpkg.log")}),
        "reboot": ("reboot", {}), "clamav": ("antivirus", {"path": str(folder), "log": str(folder / "scan.log")}),
        "backup": ("backup_age", {"asset": "his", "rpo": "26h"}),
        "log": ("backup_age", {"asset": "his", "rpo": "15min", "log": True}),
        "copy": ("copy_age", {"asset": "his", "copy": "offsite", "to": "offsite", **COPIES}),
        "alarm_drill": ("alarm_drill", {"every": "100d"}),
        "export": ("export_age", {"export": "registry", "calendar": "*-07-01 05:00", "acknowledged_by": "registry"}),
        "drilled": ("drilled", {"fault": "copy", "path": str(folder / "drill")}),
        "drill": ("drill_age", {"asset": "his", "every": "31d"}), "gaps": ("gaps", {}), "arrivals": ("arrivals", {}),
        "scrub": ("scrub", {}), "retention": ("retention", {}),
        "leaving": ("leaving", {"clients": ["his1"], "calendar": "*-*-* 10:00"}),
        "rotation": ("rotation", {"repository": "disks", "disks": ["red"], "calendar": "Mon 12:00"}),
    }  # fmt: skip


EXPECTED = ("ssh.service", "seawall-health.timer", "postgresql@15-main.service", "mariadb.service")


class Machine:
    """What the checks of a machine are given, from its inputs: files in a folder, and the words of programs."""

    def __init__(
        self, folder: Path, patch: pytest.MonkeyPatch, certificate: Callable[[datetime, datetime], bytes]
    ) -> None:
        self.folder, self.given, self._listener = folder, Inputs(START), None
        self._made, self._written = certificate, dict[str, Any]()
        with create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        (folder / "boot").mkdir()
        (folder / "proc/sys/kernel").mkdir(parents=True)
        self._take_places(patch)

    def _take_places(self, patch: pytest.MonkeyPatch) -> None:
        for module, name, place in (
            (smart, "FILE", "devices.json"), (zfs, "FILE", "devices.json"), (updates, "LISTS", "lists"),
            (updates, "INSTALLED", "status"), (reboot, "REQUIRED", "reboot-required"), (reboot, "BOOT", "boot"),
            (memory, "CONTAINER", "container"),
        ):  # fmt: skip
            path = self.folder / place
            patch.setattr(module, name, str(path) if name == "FILE" else path)
        patch.setattr("psutil.PROCFS_PATH", str(self.folder / "proc"))
        patch.setattr(disk, "os", SimpleNamespace(statvfs=lambda _: self._room()))
        patch.setattr(disk, "is_read_only", lambda _: self.given.read_only)
        patch.setattr(load, "os", SimpleNamespace(cpu_count=lambda: PROCESSORS))
        patch.setattr(raid, "_number", lambda _: 0)
        patch.setattr(nut, "variables", lambda *_: self._ups())
        patch.setattr(units, "_systemctl", self._systemctl)
        clock_of_machine = SimpleNamespace(monotonic=lambda: self.given.now.timestamp() - float(BOOT))
        patch.setattr(units, "time", clock_of_machine)
        patch.setattr(journal, "_read", lambda _: "".join(f"{json.dumps(one)}\n" for one in self.given.journal))
        patch.setattr(mariadb_server, "_asked", self._mariadb)
        for module, answer in ((time_sync, self._chronyc), (_postgresql, self._psql)):
            patch.setattr(module, "run", lambda words, answer=answer, **_: SimpleNamespace(stdout=answer(words)))

    def says(self, given: Inputs) -> None:
        """Let the machine be as its inputs say."""
        self.given = given
        total, free = given.memory
        self._write("proc/meminfo", f"MemTotal: {total >> 10} kB\nMemFree: 99 kB\nMemAvailable: {free >> 10} kB\n"
                    "Buffers: 9 kB\nCached: 9 kB\nShmem: 9 kB\nActive: 9 kB\nInactive: 9 kB\n")  # fmt: skip
        self._write("proc/vmstat", f"nr_free 9\noom_kill {given.killed}\n")
        self._write("proc/stat", f"cpu 1 1\nbtime {BOOT}\n")
        self._write("proc/loadavg", f"9.00 9.00 {given.load * PROCESSORS:.2f} 2/300 9\n")
        self._write("proc/mdstat", RAID.format(**given.mdstat))
        self._write("proc/sys/kernel/osrelease", "6.1.0-40-amd64\n")
        self._write("boot/vmlinuz-6.1.0-40-amd64", "")
        seen = DevicesSeen(finished=given.ago(seconds=given.devices_age), pools=given.pools,
                           disks={name: json.dumps(said) for name, said in given.disks.items()})  # fmt: skip
        self._write("devices.json", json.dumps(written(seen)))
        self._updates(given)
        when = given.now - timedelta(seconds=given.signatures_age)
        self._write("daily.cld", f"ClamAV-VDB:{when:%d %b %Y %H-%M} +0000:27826:2077654:90".ljust(600))
        end = given.now - timedelta(seconds=given.scan["age"])
        self._write("scan.log", SCAN.format(found=given.scan["found"], infected=given.scan["infected"], end=end))
        self._certificate(given)
        self._drilled(given)
        code, words = given.plugin
        self._write("plugin", f"#!/bin/sh\necho '{words}'\nexit {code}\n", mode=0o755)
        self._listen(open_=given.listening)

    def _drilled(self, given: Inputs) -> None:
        """Lay out what a drill of the alarms lays out, or take it away."""
        (self.folder / "drill/state").mkdir(parents=True, exist_ok=True)
        if given.drilled is None:
            (self.folder / f"drill/{staged.FILE}").unlink(missing_ok=True)
            self._written.pop(f"drill/{staged.FILE}", None)
            return
        self._write("drill/state/copy-drill-stale.json", json.dumps({"version": 1, **given.drilled}))
        options = {"asset": "drill", "copy": "stale", "calendar": "daily"}
        laid_out = staged.written(staged.Staged(fault="copy", options=options))
        self._write(f"drill/{staged.FILE}", json.dumps(laid_out))

    def _updates(self, given: Inputs) -> None:
        (self.folder / "lists").mkdir(exist_ok=True)
        lists = "lists/mirror_dists_bookworm-security"
        self._write(f"{lists}_InRelease", given.release())
        if self._write(f"{lists}_main_binary-amd64_Packages", given.published):
            moment = given.now.timestamp()
            os.utime(self.folder / "lists", (moment, moment))
        self._write("status", INSTALLED)
        self._write("dpkg.log", given.dpkg)
        place = self.folder / "reboot-required"
        place.unlink(missing_ok=True)
        if given.required is not None:
            place.touch()
            moment = given.now.timestamp() - given.required
            os.utime(place, (moment, moment))

    def _certificate(self, given: Inputs) -> None:
        left, life = given.certificate
        ends = (given.now + timedelta(days=left)).replace(second=0, microsecond=0)
        if self._written.get("ends") != ends:
            (self.folder / "web.pem").write_bytes(self._made(ends - timedelta(days=life), ends))
            self._written["ends"] = ends

    def _write(self, name: str, text: str, mode: int = 0o644) -> bool:
        """Write a file if it says something else than before; return whether it does."""
        if self._written.get(name) == text:
            return False
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(mode)
        self._written[name] = text
        return True

    def _listen(self, *, open_: bool) -> None:
        if self._listener and not open_:
            self._listener.close()
            self._listener = None
        elif open_ and not self._listener:
            self._listener: socket | None = create_server(("127.0.0.1", self.port), backlog=4096)

    def close(self) -> None:
        """Close what is open."""
        self._listen(open_=False)

    def _room(self) -> SimpleNamespace:
        facts = self.given.disk
        blocks, used = int(facts["whole"]) >> 12, int(facts["used"]) >> 12
        files = 1_000_000
        free = int(files * (1 - facts["inodes"]))
        room = {"f_blocks": blocks, "f_bfree": blocks - used, "f_bavail": blocks - used, "f_frsize": 4096}
        return SimpleNamespace(**room, f_files=files, f_favail=free)

    def _ups(self) -> Mapping[str, str]:
        if self.given.ups is None:
            raise Unavailable("upsd on 127.0.0.1 answers ERR DATA-STALE")
        return self.given.ups

    def _systemctl(self, *words: str) -> str:
        known = {name: told for name, told in self.given.units.items() if told is not None}
        if words[0] == "list-units":
            return "".join(
                f"{name} loaded failed failed x\n" for name, told in known.items() if told["ActiveState"] == "failed"
            )
        if words[0] == "list-unit-files":
            return "".join(f"{name} enabled enabled\n" for name in known if name.endswith(".timer"))
        wanted = words[words.index("--") + 1 :]
        gone = {"LoadState": "not-found", "ActiveState": "inactive"}
        told = [{"Id": name, "Names": name, **known.get(name, gone)} for name in wanted if name != "*.timer"]
        return "\n\n".join("\n".join(f"{key}={value}" for key, value in one.items()) for one in told)

    def _chronyc(self, words: Any) -> str:
        if words[0] != "chronyc":
            raise Unavailable("timedatectl is not installed")
        told = self.given.tracking
        return TRACKING.format(**{**told, "time": self.given.now.timestamp() - told["age"]})

    def _standby(self, words: list[str]) -> str:
        """Answer as the primary at one port, and as a standby at the other."""
        if "--port=5433" in words:
            return json.dumps(self.given.follower)
        told = dict(self.given.primary)
        replied = self.given.ago(seconds=told.pop("replied"))
        if told["sender"]:
            told["sender"] = {"reply": replied, **told["sender"]}
        return json.dumps(told)

    def _psql(self, words: Any) -> str:
        if f"--username={postgresql_standby.ROLE}" in words:
            return self._standby(words)
        if isinstance(self.given.psql, str):
            raise CommandError(list(words), 2, self.given.psql)
        return json.dumps(self.given.psql)

    def _mariadb(self, _: object, question: str, *more: str) -> str:
        told = self.given.mariadb
        if isinstance(told, str):
            raise CommandError(["mariadb"], 1, told)
        if more:
            error = "Level\tCode\tMessage\nError\t1146\tTable 'his.x' doesn't exist\n"
            end = f"{mariadb_server._END}\n{mariadb_server._END}\n"
            return "".join(f"{error}{end}" for _ in told["broken"])
        if "information_schema.views" in question:
            return "\n".join(["db\tname\tquery\tgone", *(f"his\t{name}\tselect 1\t" for name in told["broken"])]) + "\n"
        if "slaves" in question:
            row = told["replica"]
            return f"{chr(9).join(row)}\n{chr(9).join(row.values())}\n" if row else ""
        return f"used\tmost\n{told['used']}\t{told['most']}\n"
