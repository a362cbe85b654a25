"""The list of faults that the watch is shown to tell of; the limits of each kind of check are all among them."""

from __future__ import annotations

from typing import Any

from faults import (
    BROKEN_NVME,
    DAMAGED,
    FOREIGN,
    Fault,
    errors,
    failed_long_ago,
    good,
    growing,
    kept,
    late_timer,
    never,
    replica,
    saying,
    searched_long_ago,
    setting,
    smart,
    state,
    stopped_timer,
    unit_is,
    used,
    waits,
)
from watched_inputs import DAY, GIB, SECURITY, Inputs

TRIED = {"verdict": "fail", "message": "the repository does not answer"}
FAILED = "psql: error: connection to server failed: Connection refused"
DOWN = "ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)"
FULL = "ERROR 1040 (HY000): Too many connections"


def battery(**more: str) -> Any:
    return saying("ups", ups__status="OB DISCHRG", input__voltage="0", **more)


POWER = [
    Fault("The mains fail", "mains", "warn", "on battery", battery(), "30 s"),
    Fault("The battery is low, without mains", "mains", "fail", "battery is low",
          saying("ups", ups__status="OB DISCHRG LB", input__voltage="0", battery__charge="8"), "at once"),
    Fault("The UPS shuts its load down", "mains", "fail", "shutting its load down",
          saying("ups", ups__status="FSD OB LB"), "at once"),
    Fault("The UPS says mains and measures none", "mains", "warn", "says mains", saying("ups", input__voltage="0"), "at once"),
    Fault("The battery wants to be replaced", "mains", "warn", "replace", saying("ups", ups__status="OL RB"),
          "3 rounds", minutes=20),
    Fault("The battery says low on mains", "mains", "warn", "low", saying("ups", ups__status="OL LB"),
          "3 rounds", minutes=20),
    Fault("The battery is half empty", "mains", "warn", "charge 25%", saying("ups", battery__charge="25"), "30 %"),
    Fault("The battery is nearly empty, without mains", "mains", "fail", "charge 9%", battery(battery__charge="9"), "10 %"),
    Fault("The battery lasts too short", "mains", "warn", "runtime", saying("ups", battery__runtime="340"),
          "the time to shut down and 5 min"),
    Fault("The battery lasts for minutes, without mains", "mains", "fail", "runtime",
          battery(battery__runtime="200"), "300 s"),
    Fault("The load of the UPS is high", "mains", "warn", "load 85%", saying("ups", ups__load="85"), "80 %"),
    Fault("The UPS is overloaded", "mains", "fail", "load 97%", saying("ups", ups__load="97"), "95 %"),
    Fault("The self-test failed", "mains", "fail", "self-test",
          saying("ups", ups__test__result="Done and error"), "at once"),
    Fault("No self-test for a quarter", "mains", "warn", "self-test",
          saying("ups", ups__test__date="2026-07-20"), "95 d"),
    Fault("The UPS has lost its cable", "mains", "unknown", "DATA-STALE",
          lambda given, _: setattr(given, "ups", None), "at once", also=("air",)),
]  # fmt: skip
AIR = [
    Fault("The room gets warm", "air", "warn", "28.0 °C", saying("ups", ambient__temperature="28"), "27 °C"),
    Fault("The cooling has failed", "air", "fail", "33.0 °C", saying("ups", ambient__temperature="33"), "32 °C"),
    Fault("The room is cold", "air", "warn", "17.0 °C", saying("ups", ambient__temperature="17"), "18 °C"),
    Fault("The room freezes", "air", "fail", "14.0 °C", saying("ups", ambient__temperature="14"), "15 °C"),
    Fault("The air is damp", "air", "warn", "65% humidity", saying("ups", ambient__humidity="65"), "60 %"),
    Fault("Water is in the room", "air", "fail", "75% humidity", saying("ups", ambient__humidity="75"), "70 %"),
    Fault("The air is dry", "air", "warn", "35% humidity", saying("ups", ambient__humidity="35"), "40 %"),
    Fault("The air is very dry", "air", "fail", "25% humidity", saying("ups", ambient__humidity="25"), "30 %"),
]  # fmt: skip
DISKS = [
    Fault("A large disk has little left", "root_disk", "warn", "9% free", used(91, 1000), "90 %"),
    Fault("A disk is full", "root_disk", "fail", "4% free", used(96, 1000), "95 %"),
    Fault("A small disk gets tight", "root_disk", "warn", "15% free", used(85, 40), "80 % and under 10 GiB"),
    Fault("A small disk is full", "root_disk", "fail", "8% free", used(92, 40), "90 % and under 5 GiB"),
    Fault("A disk will be full within two weeks", "root_disk", "warn", "full in", lambda *_: None,
          "80 % and 14 d", **growing(4, 240, 26)),
    Fault("A disk will be full in three days", "root_disk", "fail", "full in", lambda *_: None,
          "90 % and 3 d", **growing(15, 210, 10)),
    Fault("The inodes run low", "root_disk", "warn", "inodes free", saying("disk", inodes=0.92), "10 % free"),
    Fault("The inodes are used up", "root_disk", "fail", "inodes free", saying("disk", inodes=0.97), "5 % free"),
    Fault("A file system became read-only", "root_disk", "fail", "read-only", setting(read_only=True), "yes"),
    Fault("A disk says that it will fail", "disks", "fail", "about to fail", smart("/dev/sda", passed=False), "at once"),
    Fault("A disk moves sectors", "disks", "warn", "grew from 3 to 11", smart("/dev/sda", id=5, count=11),
          "its baseline", told_on=31),
    Fault("An SSD is worn", "disks", "warn", "92% worn", smart("/dev/nvme0", percentage_used=92), "90 %"),
    Fault("An SSD has no spare left", "disks", "fail", "spare left", smart("/dev/nvme0", available_spare=5), "its limit"),
    Fault("An NVMe gives a critical warning", "disks", "fail", "MICRON", smart("/dev/nvme0", **BROKEN_NVME), "at once"),
    Fault("A disk is gone", "disks", "fail", "1 of 2 disks", lambda given, _: given.disks.pop("/dev/sda"), "at once"),
    Fault("Nobody asks the disks any more", "disks", "unknown", "seawall-devices.timer", setting(devices_age=4 * 3600.0), "3 h",
          also=("pools",)),
    Fault("A mirror lost a disk", "raid", "fail", "degraded", saying("mdstat", mark="(F)", works=1, up="U_"), "at once"),
    Fault("A spare of an array failed", "raid", "warn", "sdc1 failed", saying("mdstat", more=" sdc1[2](F)"), "at once"),
    Fault("An array does not run", "raid", "fail", "inactive", saying("mdstat", state="inactive"), "at once"),
    Fault("A pool works without a disk", "pools", "warn", "degraded", setting(pools="tank\t41\tDEGRADED\n"), "at once"),
    Fault("A pool stands still", "pools", "fail", "faulted", setting(pools="tank\t41\tFAULTED\n"), "at once"),
    Fault("A pool gets full", "pools", "warn", "85% used", setting(pools="tank\t85\tONLINE\n"), "80 %"),
    Fault("A pool is full", "pools", "fail", "93% used", setting(pools="tank\t93\tONLINE\n"), "90 %"),
]  # fmt: skip
SYSTEM = [
    Fault("Memory runs low", "memory", "warn", "8% of", setting(memory=(16 * GIB, int(1.3 * GIB))), "10 %"),
    Fault("Memory is used up", "memory", "fail", "3% of", setting(memory=(16 * GIB, GIB // 2)), "5 %"),
    Fault("The kernel ends a program", "memory", "warn", "1 program ended", setting(killed=1), "1 in 24 h", told_on=1.1),
    Fault("The kernel ends one after the other", "memory", "fail", "3 programs ended", setting(killed=3), "3 in 24 h", told_on=1.1),
    Fault("The processors are overloaded", "load", "warn", "load", setting(load=2.4), "2"),
    Fault("The clock drifts", "time", "warn", "off by 250", saying("tracking", offset=0.25), "200 ms"),
    Fault("The clock is wrong", "time", "fail", "off by 700", saying("tracking", offset=0.7), "500 ms"),
    Fault("The time server is silent", "time", "warn", "compared 1h 30min ago", saying("tracking", age=5400), "1 h"),
    Fault("The time server is gone", "time", "fail", "compared 5h ago", saying("tracking", age=18_000), "4 h"),
    Fault("The time server lost its own", "time", "fail", "not synchronised itself", saying("tracking", stratum=16), "at once"),
    Fault("A listed service is down", "units", "fail", "mariadb.service is inactive",
          unit_is("mariadb.service", ActiveState="inactive"), "at once"),
    Fault("A service failed", "units", "warn", "smartd.service", failed_long_ago, "5 min"),
    Fault("A timer is late", "units", "warn", "apt-daily.timer was due", late_timer, "1 h"),
    Fault("A timer was stopped", "units", "warn", "is stopped", stopped_timer, "5 min", minutes=15),
    Fault("A new kind of error", "journal", "warn", "new kind of error", errors("could not write any result today"),
          "30 d", before=36, told_on=1.1),
    Fault("A security update waits", "updates", "warn", "wait", setting(published=SECURITY), "3 d", **waits(3)),
    Fault("A security update waits for long", "updates", "fail", "wait", setting(published=SECURITY), "14 d", **waits(14)),
    Fault("The mirror stands still", "updates", "unknown", "apt-daily.timer", setting(lists_age=4 * DAY), "3 d"),
    Fault("A restart is put off", "reboot", "warn", "waits for a restart", setting(required=8 * DAY), "7 d"),
    Fault("A restart is forgotten", "reboot", "fail", "waits for a restart", setting(required=31 * DAY), "30 d"),
    Fault("Signatures get old", "clamav", "warn", "signatures 2d 4h", setting(signatures_age=52 * 3600.0), "50 h"),
    Fault("Signatures are of last week", "clamav", "fail", "signatures 4d 4h", setting(signatures_age=100 * 3600.0), "98 h"),
    Fault("A scan found something", "clamav", "fail", "still there",
          saying("scan", infected=1, found="/srv/in/a.pdf: Eicar-Test-Signature FOUND\n"), "at once"),
    Fault("A scan put something away", "clamav", "warn", "quarantined", saying(
        "scan", infected=1, found="/srv/in/a.pdf: Eicar FOUND\n/srv/in/a.pdf: moved to '/srv/q/a.pdf'\n"), "at once"),
    Fault("Nobody scans any more", "clamav", "warn", "last scan ended", saying("scan", age=9 * DAY), "8 d"),
]  # fmt: skip
SERVERS = [
    Fault("PostgreSQL is down", "postgresql", "fail", "is down", setting(psql=FAILED), "at once"),
    Fault("PostgreSQL lets nobody new in soon", "postgresql", "warn", "connections", saying("psql", connections=80), "80 %"),
    Fault("PostgreSQL has no connection left", "postgresql", "fail", "connections", saying("psql", connections=92), "90 %"),
    Fault("Nobody vacuums", "postgresql", "warn", "transaction numbers", saying("psql", age=1_150_000_000), "50 %"),
    Fault("Transaction numbers run out", "postgresql", "fail", "transaction numbers", saying("psql", age=1_700_000_000), "75 %"),
    Fault("PostgreSQL reads damaged data", "postgresql", "fail", "checksum failure", saying("psql", damaged=2), "1"),
    Fault("MariaDB is down", "mariadb", "fail", "is down", setting(mariadb=DOWN), "at once"),
    Fault("MariaDB lets nobody new in soon", "mariadb", "warn", "connections", saying("mariadb", used=110), "70 %"),
    Fault("MariaDB has few connections left", "mariadb", "fail", "connections", saying("mariadb", used=140), "90 %"),
    Fault("MariaDB has no connection left", "mariadb", "fail", "lets nobody in", setting(mariadb=FULL), "at once"),
    Fault("A replica falls behind", "mariadb", "warn", "behind", replica(Seconds_Behind_Master="30"), "10 s"),
    Fault("A replica is far behind", "mariadb", "fail", "behind", replica(Seconds_Behind_Master="400"), "300 s"),
    Fault("Replication stands still", "mariadb", "fail", "error 1062", replica(
        Slave_SQL_Running="No", Last_SQL_Errno="1062", Seconds_Behind_Master="NULL"), "at once"),
    Fault("A view is broken", "mariadb", "warn", "his.beds", saying("mariadb", broken=["beds"]), "1",
          told_on=0.1, minutes=75),
    Fault("An interface does not listen", "interface", "unknown", "cannot be reached", setting(listening=False), "3 rounds running"),
    Fault("A certificate ends soon", "web", "warn", "expires in", setting(certificate=(18.0, 365.0)), "21 d and 33 %"),
    Fault("A certificate ends this week", "web", "fail", "expires in", setting(certificate=(5.0, 365.0)), "7 d and 15 %"),
    Fault("A certificate expired", "web", "fail", "expired on", setting(certificate=(-1.0, 365.0)), "at once"),
    Fault("A plugin of the site warns", "queue", "warn", "900 wait", setting(plugin=(1, "900 wait")), "its own"),
    Fault("A plugin of the site fails", "queue", "fail", "5000 wait", setting(plugin=(2, "5000 wait")), "its own"),
    Fault("A plugin of the site breaks", "queue", "unknown", "no plugin's code", setting(plugin=(127, "")), "at once"),
]  # fmt: skip


def exhausted(given: Inputs, _: float) -> None:
    state("disk-disks-red", verdict="fail", message="3 files are damaged", damaged=True)(given, 0)


BACKUPS = [
    Fault("Backups stopped", "backup", "fail", "older than the RPO", good("backup-his", time={"hours": 27}), "26 h"),
    Fault("Last night's backup failed", "backup", "warn", "does not answer", state("backup-his", **TRIED), "at once", also=("log",)),
    Fault("No backup was ever made", "backup", "fail", "never been backed up", never("backup-his"), "at once",
          also=("log",)),
    Fault("The log is not archived", "log", "fail", "older than the RPO", good("log-his", time={"minutes": 40}), "15 min"),
    Fault("A copy is late", "copy", "fail", "late", good("copy-his-offsite", copied={"days": 12}, time={"days": 12}),
          "its calendar and 1 d"),
    Fault("A copy failed", "copy", "warn", "does not answer", state("copy-his-offsite", **TRIED), "at once"),
    Fault("No drill for long", "drill", "fail", "due every", good("drill-his", time={"days": 33}), "31 d"),
    Fault("A drill failed", "drill", "fail", "rows are missing",
          state("drill-his", verdict="fail", message="rows are missing"), "at once"),
    Fault("Somebody made a database that no asset covers", "gaps", "warn", "not covered",
          state("gaps", verdict="warn", gaps=[{"name": "postgresql:5432/new"}]), "at once"),
    Fault("Nobody searches for gaps", "gaps", "unknown", "seawall-gaps.timer", searched_long_ago("gaps"), "26 h"),
    Fault("Foreign files in a repository", "arrivals", "fail", "foreign file", kept("arrivals", **FOREIGN), "at once"),
    Fault("A quota is nearly used up", "arrivals", "warn", "quota", kept("arrivals", used=int(18.5 * GIB)), "90 %"),
    Fault("A quota is used up", "arrivals", "fail", "nothing more is taken", kept("arrivals", used=20 * GIB), "100 %"),
    Fault("A repository is damaged", "scrub", "fail", "damaged file", kept("scrub", **DAMAGED), "at once"),
    Fault("Nobody reads a repository", "scrub", "warn", "give the scrub more time",
          kept("scrub", fresh=5 * GIB, oldest=lambda given: given.now.timestamp() - 40 * DAY), "30 d"),
    Fault("The scrub stands still", "scrub", "unknown", "seawall-scrub.timer", searched_long_ago("scrub"), "26 h"),
    Fault("Nothing can leave a repository", "retention", "warn", "can't leave",
          kept("retention", leaves=3, refused=["no set is proven"]), "at once"),
    Fault("Sets left otherwise than planned", "leaving", "fail", "more left",
          state("leaving-his1", verdict="fail", message="more left than was planned"), "at once"),
    Fault("No set leaves any more", "leaving", "fail", "one was due",
          state("leaving-his1", started=lambda given: given.ago(days=12)), "7 d"),
    Fault("A disk was not brought back", "rotation", "warn", "due back",
          good("disk-disks-red", due={"days": 2}, left={"hours": 1}), "1 d"),
    Fault("A disk is long overdue", "rotation", "fail", "overdue", good("disk-disks-red", due={"days": 9}, left={"hours": 1}), "7 d"),
    Fault("A disk in rotation is damaged", "rotation", "fail", "damaged", exhausted, "at once"),
]  # fmt: skip
FAULTS = [*POWER, *AIR, *DISKS, *SYSTEM, *SERVERS, *BACKUPS]
