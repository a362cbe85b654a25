"""Checks: their names, and whether the machine has what they look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.core import kinds
from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.interfaces.check import Check
from ops.policy import alarm_drill
from ops.policy.model import CheckSpec, Written
from ops.policy.rules import names
from ops.policy.rules.groups import lacking
from ops.policy.surroundings import UPS_DEVICES, Surroundings

DERIVED = ("backup_age_", "copy_age_", "drill_age_")  # how releases before called those that it makes of assets
# What Seawall itself adds to a machine's checks.
OURS = (
    "health",
    "ledger",
    "policy",
    "clock",
    "keys",
    "arrivals",
    "leaving",
    "alarms",
    "machine",
    alarm_drill.CHECK,
    alarm_drill.TIMER_CHECK,
    *alarm_drill.STAGED_CHECKS,
)
# A machine has one of it by itself; written under this name it has other options.
SINGLE = ("gaps", "scrub", "retention")


def judge(host: str, written: Written, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with a host's checks."""
    for name, spec in written.checks.items():
        path = f"policy.checks.{name}"
        yield from names.formed(path, name)
        yield from named(path, name, spec)
        if spec.kind not in kinds.kinds("ops.health"):
            continue
        kind: Check[Any] = kinds.load("ops.health", spec.kind)
        if kind.derived:
            yield Problem(f"{path}.kind", f"the policy makes checks of kind {spec.kind} of its assets; remove this one")
        elif isinstance(spec.options, kind.options):
            yield from _fitting(path, host, spec, kind, around)
    if written.battery_test:
        yield from lacking("policy.battery_test", host, "ups_hosts", "no UPS is tested there", around)
        if not around.lacks(host, "ups_hosts"):
            yield from _device("policy.battery_test", host, written.battery_test.ups, around, "ups")
    if "ups" in (drill.kinds if (drill := alarm_drill.asked(written)) else ()):
        what = "no UPS can be simulated there for a drill of the kind ups"
        yield from lacking("policy.alarms.drill.kinds", host, "ups_hosts", what, around)


def named(path: str, name: str, spec: CheckSpec) -> Iterator[Problem]:
    """Yield why a check that somebody wrote can't be called so."""
    if name in OURS or name.startswith(DERIVED):
        yield Problem(path, f"{name!r} is the name of a check that the policy makes by itself; use another name")
    elif name != spec.kind and (single := {name, spec.kind} & {*SINGLE}):
        one = min(single)
        yield Problem(path, f"the check of kind {one} is called {one} on every machine; use this name for it alone")


def _fitting(path: str, host: str, spec: CheckSpec, kind: Check[Any], around: Surroundings) -> Iterator[Problem]:
    group = kind.group(spec.options)
    yield from lacking(path, host, group, "nothing sets it up", around)
    if spec.kind == "ups" and spec.options.own and not around.lacks(host, group):
        yield from _device(path, host, spec.options.ups, around)


def _device(
    path: str, host: str, wanted: str | None, around: Surroundings, key: str = "options.ups"
) -> Iterator[Problem]:
    devices = around.devices.get(host)
    if devices is None or (wanted in devices if wanted else devices):
        return
    if not devices:
        yield Problem(path, f"no UPS is described for {host}; define {UPS_DEVICES} for it, as in roles/ups/README.md")
    else:
        known = sorted(devices)
        yield Problem(
            f"{path}.{key}",
            f"{UPS_DEVICES} of {host} has no UPS {wanted!r}{nearest(str(wanted), known)}; known: {', '.join(known)}",
        )
