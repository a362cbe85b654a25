"""Faults of a server: what it says when something is wrong, which check tells of it, and in what words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from watched_inputs import DAY, GIB, REPLICA, SECURITY, Inputs, unit


@dataclass(frozen=True)
class Fault:
    """What happens, which check of the site sees it as what, and words of the message that name the cause.

    spoil: changes what the healthy machine says; the number is of seconds since it began. limit: of the policy.
    before: so many quarters of a day the machine is watched beforehand, where a check has to learn; course: what is so
    from then on. told_on: days for which it is still told when it is mended, as the check says.
    minutes: within which the message must come, from the moment at which the limit is passed. also: other checks that
    look at the same thing; all are told as one.
    """

    what: str
    check: str
    verdict: str
    cause: str
    spoil: Callable[[Inputs, float], None]
    limit: str = ""
    before: int = 0
    course: Callable[[Inputs, float], None] = field(default=lambda *_: None)
    told_on: float = 0
    minutes: int = 10
    also: tuple[str, ...] = ()


def setting(**values: Any) -> Callable[[Inputs, float], None]:
    """Return a fault that gives inputs other values."""

    def spoil(given: Inputs, _: float) -> None:
        for name, value in values.items():
            setattr(given, name, value)

    return spoil


def saying(name: str, **values: Any) -> Callable[[Inputs, float], None]:
    """Return a fault that changes some of what an input says; two underlines stand for a dot."""

    def spoil(given: Inputs, _: float) -> None:
        getattr(given, name).update({key.replace("__", "."): value for key, value in values.items()})

    return spoil


def used(share: float, whole: float = 100.0) -> Callable[[Inputs, float], None]:
    return saying("disk", whole=whole * GIB, used=share / 100 * whole * GIB)


def growing(daily: float, start: float, days: int) -> dict[str, Any]:
    """Return a disk of 400 GiB that grows by so many GiB a day, for so many days until its limit is passed."""

    def course(given: Inputs, seconds: float) -> None:
        given.disk.update(whole=400.0 * GIB, used=(start + daily * seconds / DAY) * GIB)

    return {"before": 4 * days, "course": course}


def smart(place: str, **log: Any) -> Callable[[Inputs, float], None]:
    def spoil(given: Inputs, _: float) -> None:
        said = given.disks[place]
        if "passed" in log:
            said["smart_status"] = {"passed": log["passed"]}
        for row in said.get("ata_smart_attributes", {}).get("table", []):
            if row["id"] == log.get("id"):
                row["raw"]["value"] = log["count"]
        if "nvme_smart_health_information_log" in said:
            said["nvme_smart_health_information_log"].update(log)

    return spoil


def unit_is(name: str, **more: str) -> Callable[[Inputs, float], None]:
    def spoil(given: Inputs, seconds: float) -> None:
        given.units[name] = unit(name, given.now, **more)

    return spoil


def late_timer(given: Inputs, seconds: float) -> None:
    told = unit("apt-daily.timer", given.now)
    told["NextElapseUSecRealtime"] = given.now.strftime("%a 2026-11-01 00:00:00 UTC")
    given.units["apt-daily.timer"] = told


def failed_long_ago(given: Inputs, _: float) -> None:
    given.units["smartd.service"] = unit("smartd.service", given.now, ActiveState="failed", SubState="failed")


def stopped_timer(given: Inputs, _: float) -> None:
    given.units["apt-daily.timer"] = unit("apt-daily.timer", given.now, ActiveState="inactive", SubState="dead")


def state(name: str, **values: Any) -> Callable[[Inputs, float], None]:
    """Return a fault that changes what a state says; a function is given the inputs."""

    def spoil(given: Inputs, _: float) -> None:
        given.states[name].update({key: value(given) if callable(value) else value for key, value in values.items()})

    return spoil


def good(name: str, **ago: dict[str, float]) -> Callable[[Inputs, float], None]:
    """Return a fault by which the last good run was so long ago."""

    def spoil(given: Inputs, _: float) -> None:
        given.good(name, **{key: given.ago(**span) for key, span in ago.items()})

    return spoil


def unacknowledged(days: int) -> Callable[[Inputs, float], None]:
    """Return a fault by which an export was delivered so long ago, and nobody said that it arrived."""

    def spoil(given: Inputs, _: float) -> None:
        sent = {"file": "registry-20261101T050000Z.csv.gpg", "sha256": "e" * 64, "when": given.ago(days=days)}
        given.good("export-registry", waiting=[sent])

    return spoil


def updated(name: str, *, kept: bool) -> Callable[[Inputs, float], None]:
    """Return a fault by which a package was updated; kept: whether anything was kept before that."""

    def spoil(given: Inputs, seconds: float) -> None:
        when = (given.now - timedelta(seconds=seconds)).astimezone()
        given.dpkg = f"{when:%Y-%m-%d %H:%M:%S} upgrade {name} 1 2\n"
        if not kept:
            del given.states["before-update"]

    return spoil


def never(name: str) -> Callable[[Inputs, float], None]:
    def spoil(given: Inputs, _: float) -> None:
        del given.states[name]

    return spoil


def kept(name: str, **values: Any) -> Callable[[Inputs, float], None]:
    """Return a fault in what a backup host saw of a repository."""

    def spoil(given: Inputs, _: float) -> None:
        given.states[name]["repositories"]["his1"].update(
            {key: value(given) if callable(value) else value for key, value in values.items()}
        )

    return spoil


def replica(**values: str) -> Callable[[Inputs, float], None]:
    return saying("mariadb", replica={**REPLICA, **values})


def frozen(given: Inputs, seconds: float) -> None:
    """Let the standby's last reply be from when the fault began."""
    given.primary["replied"] = 3.0 + seconds


def searched_long_ago(name: str) -> Callable[[Inputs, float], None]:
    return state(name, finished=lambda given: given.ago(days=4))


def errors(*messages: str) -> Callable[[Inputs, float], None]:
    def spoil(given: Inputs, _: float) -> None:
        given.journal += [{"_SYSTEMD_UNIT": "his.service", "MESSAGE": message} for message in messages]

    return spoil


def waits(days: int) -> dict[str, Any]:
    """Return that an update waits for so many days when its limit is passed."""
    return {"before": 4 * days + 1, "course": lambda given, _: setattr(given, "published", SECURITY)}


BROKEN_NVME = {"critical_warning": 4}
FOREIGN = {"foreign": [{"path": "data/ab/ab12", "why": "is of no backup"}], "count": 1}
DAMAGED = {"damaged": [{"path": "data/cd/cd34", "why": "is not what its name says"}], "count": 1}
