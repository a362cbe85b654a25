"""The answers and the inventories that the tests of `seawall policy new` share."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ops.fleet.inventory.check import judge
from ops.fleet.new_policy import answers as read
from ops.fleet.new_policy import make
from ops.fleet.new_policy.look import Seen
from ops.fleet.new_policy.questions import answered
from ops.policy import HostPolicy

DAY = date(2026, 11, 26)
GIVEN = {
    "site": "Example hospital",
    "timezone": "Europe/Prague",
    "contact": "Head of IT, +420 555 0100, it@hospital.example",
    "servers": "his1=192.0.2.11,docs1",
    "backup_host": "backup1=192.0.2.21",
    "offsite_host": None,
    "drill_host": None,
    "schedule": None,
    "rpo": None,
    "rto": None,
}
FLAGS = [
    *("--site", "Example hospital", "--timezone", "Europe/Prague"),
    *("--contact", "Head of IT, +420 555 0100, it@hospital.example"),
    *("--server", "his1=192.0.2.11", "--server", "docs1", "--backup-host", "backup1=192.0.2.21"),
]
FULL = {"offsite_host": "offsite1=198.51.100.21", "drill_host": "drill1=192.0.2.31"}


def policies(path: Path) -> dict[str, HostPolicy]:
    found, problems = judge(path)
    assert not problems
    return found


def answers(**more: str | None) -> read.Answers:
    return answered({**GIVEN, **more}, "root", None)


def written(folder: Path, seen: dict[str, Seen], **more: str | None) -> Path:
    path = folder / "site"
    make.write(make.draft(answers(**more), seen, DAY), path, dry_run=False)
    return path
