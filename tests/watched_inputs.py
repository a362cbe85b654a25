"""What the programs, files and devices of a healthy server say, as plain data that a test may spoil.

The words are those of real tools: chronyc 4.3, systemd 252, smartctl 7.3, NUT 2.8, apt 2.6, ClamAV 1.4, mdadm 4.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from ops.core.clock import iso

GIB, DAY = 1 << 30, 86_400.0
BOOT = "1792700000"  # when the machine was started, in seconds since 1970
UNITS = ("ssh.service", "seawall-health.timer", "postgresql@15-main.service", "mariadb.service")
TIMERS = ("seawall-backup-his.timer", "apt-daily.timer")
TRACKING = (
    "C0000201,192.0.2.1,{stratum},{time:.3f},{offset},-0.000003,0.00002,-14.9,-0.0,0.02,0.01,0.0006,1036,{leap}\n"
)
RAID = """\
Personalities : [raid1]
md0 : {state} raid1 sdb1[1]{mark} sda1[0]{more}
      976630464 blocks super 1.2 [2/{works}] [{up}]

unused devices: <none>
"""
SCAN = """\
{found}----------- SCAN SUMMARY -----------
Known viruses: 8700000
Infected files: {infected}
Data scanned: 3022.11 MB
End Date:   {end:%Y:%m:%d %H:%M:%S}
"""
INSTALLED = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3.0.14-1\n"
SECURITY = "Package: libssl3\nVersion: 3.0.17-1~deb12u2\nInstalled-Size: 6021\nArchitecture: amd64\n"
REPLICA = {
    "Connection_name": "", "Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Seconds_Behind_Master": "0",
    "Last_IO_Errno": "0", "Last_SQL_Errno": "0",
}  # fmt: skip


def ata() -> dict[str, Any]:
    counts = {5: 3, 9: 20_000, 187: 0, 188: 12, 197: 0, 198: 0}
    table = [{"id": number, "name": "x", "raw": {"value": value}} for number, value in counts.items()]
    said = {"model_name": "WDC WD4003FFBX", "serial_number": "V1", "smart_status": {"passed": True}}
    return said | {"smartctl": {"exit_status": 0}, "ata_smart_attributes": {"table": table}}


def nvme() -> dict[str, Any]:
    log = {"critical_warning": 0, "available_spare": 100, "available_spare_threshold": 10, "percentage_used": 3}
    said = {"model_name": "MICRON 7450", "serial_number": "N1", "smart_status": {"passed": True}}
    return said | {"smartctl": {"exit_status": 0}, "nvme_smart_health_information_log": log | {"media_errors": 0}}


def unit(name: str, at: datetime, **more: str) -> dict[str, str]:
    """Return what `systemctl show` says of a unit that is well."""
    said = {"Id": name, "Names": name, "LoadState": "loaded", "ActiveState": "active", "SubState": "running"}
    said |= {"UnitFileState": "enabled", "ConditionResult": "yes", "StateChangeTimestampMonotonic": "11000000"}
    if name.endswith(".timer"):
        form = "%a %Y-%m-%d %H:%M:%S UTC"
        said |= {"SubState": "waiting", "NextElapseUSecRealtime": f"{at + timedelta(hours=3):{form}}"}
        said |= {"LastTriggerUSec": f"{at - timedelta(hours=21):{form}}"}
    return said | more


def act(kind: str, facts: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return the state that an act left, as it lies in its file."""
    return {"kind": kind, "verdict": "pass", "host": "his1", "asset": "his", "last_good": dict(facts), **more}


def states(now: datetime) -> dict[str, dict[str, Any]]:
    """Return the states of all acts, of last night."""

    def ago(**span: float) -> str:
        return iso(now - timedelta(**span))

    searched = {"verdict": "pass", "finished": ago(hours=6)}
    kept = {"files": 90, "bytes": 9 * GIB, "quota": 20 * GIB, "used": 9 * GIB, "daily": 1 << 20}
    read = {"files": 90, "bytes": 9 * GIB, "fresh": 9 * GIB, "oldest": now.timestamp() - 9 * DAY}
    leaves = {"stays": 40, "leaves": 0, "proven": 3}
    return {
        "backup-his": act("backup", {"time": ago(hours=10), "repository": "primary"}),
        "copy-his-offsite": act("copy", {"time": ago(hours=30), "copied": ago(hours=20), "repository": "offsite"}),
        "drill-his": act("drill", {"time": ago(days=5)}),
        "alarm-drill-timer": act(
            "alarm-drill", {"time": ago(days=20), "told": {"mail": 20.0}, "answered": 40.0}, asset="timer"
        ),
        "export-registry": act("export", {"time": ago(days=20), "waiting": []}, asset="registry"),
        "before-update": act("before-update", {"time": ago(hours=2), "id": "x"}, asset="packages"),
        "log-his": act("log", {"time": ago(minutes=8)}),
        "gaps": {**searched, "gaps": [], "excused": [], "covered": [{"name": "postgresql:5432/his"}]},
        "arrivals": {**searched, "repositories": {"his1": kept}},
        "scrub": {**searched, "every": 30 * 86_400, "repositories": {"his1": read}},
        "retention": {**searched, "repositories": {"his1": leaves}},
        "leaving-his1": act("leaving", {}, asset="his1", started=ago(hours=20)) | {"last_good": None},
        "disk-disks-red": act(
            "disk-leaving", {"left": ago(hours=12), "due": ago(days=-11), "hands": "Anna"}, asset="disks"
        ),
    }


@dataclass
class Inputs:
    """What a machine says at a moment. A unit is away where it is None; a state that is not there was never written."""

    now: datetime
    disk: dict[str, float] = field(default_factory=lambda: {"whole": 100 * GIB, "used": 52 * GIB, "inodes": 0.2})
    read_only: bool = False
    mounted: bool = True
    memory: tuple[int, int] = (16 * GIB, 6 * GIB)
    killed: int = 0
    load: float = 0.4  # per processor
    mdstat: dict[str, Any] = field(
        default_factory=lambda: {"state": "active", "mark": "", "more": "", "works": 2, "up": "UU"}
    )
    disks: dict[str, dict[str, Any]] = field(default_factory=lambda: {"/dev/sda": ata(), "/dev/nvme0": nvme()})
    pools: str = "tank\t41\tONLINE\n"
    devices_age: float = 600.0
    ups: dict[str, str] | None = field(
        default_factory=lambda: {
            "ups.status": "OL", "battery.charge": "100", "battery.runtime": "1800", "ups.load": "22",
            "input.voltage": "231", "ups.test.result": "Done and passed", "ambient.temperature": "22.5",
            "ambient.humidity": "48",
        }
    )  # fmt: skip
    tracking: dict[str, Any] = field(
        default_factory=lambda: {"stratum": 3, "offset": 0.0004, "leap": "Normal", "age": 300}
    )
    certificate: tuple[float, float] = (300.0, 365.0)  # days left, and of its life
    listening: bool = True
    slow: float = 0.0
    drilled: dict[str, Any] | None = None  # the state that a drill of the alarms lays out
    plugin: tuple[int, str] = (0, "queue empty|queue=0")
    psql: dict[str, Any] | str = field(
        default_factory=lambda: {"connections": 12, "most": 97, "age": 200_000_000, "oldest": "his", "damaged": 0}
    )
    primary: dict[str, Any] = field(
        default_factory=lambda: {
            "follows": False, "waits": True, "receiver": None, "seconds": 0, "replied": 3.0,
            "sender": {"state": "streaming", "sync": "sync", "behind": 8192},
            "slot": {"status": "reserved", "kept": 1 << 24},
        }
    )  # fmt: skip
    follower: dict[str, Any] = field(
        default_factory=lambda: {
            "follows": True, "waits": False, "seconds": 0.2, "sender": None, "slot": None,
            "receiver": {"status": "streaming", "silent": 7.0, "behind": 8192},
        }
    )  # fmt: skip
    mariadb: dict[str, Any] | str = field(
        default_factory=lambda: {"used": 14, "most": 151, "replica": dict(REPLICA), "broken": []}
    )
    journal: list[dict[str, str]] = field(
        default_factory=lambda: [{"_SYSTEMD_UNIT": "cups.service", "MESSAGE": "could not open the old printer"}]
    )
    published: str = ""  # for security, and not installed
    lists_age: float = 0.5 * DAY
    dpkg: str = ""  # what its log says
    required: float | None = None  # seconds since an update asked for a restart
    signatures_age: float = 9 * 3600.0
    scan: dict[str, Any] = field(default_factory=lambda: {"age": 14 * 3600.0, "infected": 0, "found": ""})
    units: dict[str, dict[str, str] | None] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.units = {name: unit(name, self.now) for name in (*UNITS, *TIMERS)}
        self.states = states(self.now)

    def ago(self, **span: float) -> str:
        """Return a moment before now, as a state tells it."""
        return iso(self.now - timedelta(**span))

    def good(self, state: str, **facts: Any) -> None:
        """Change what a state says of its last good run."""
        self.states[state]["last_good"] = {**self.states[state]["last_good"], **facts}

    def release(self) -> str:
        """Return the head of apt's list, as its publisher dates it."""
        date = format_datetime(self.now - timedelta(seconds=self.lists_age))
        return f"Origin: Debian\nLabel: Debian-Security\nDate: {date}\n"
