"""Which checks a machine has: those that its policy names, and those that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.core import kinds
from ops.interfaces import joined
from ops.interfaces.planned import RETENTION
from ops.interfaces.state import ARRIVALS, SCRUB
from ops.policy import logs, standby
from ops.policy.model import CheckSpec, Drilled, Written


def named(policy: Written, clients: Mapping[str, object]) -> dict[str, CheckSpec]:
    """Return the checks that a policy names, with those of a machine that keeps repositories of others, or without."""
    if clients:
        # What the units do follows from their options, also where nothing is said.
        usual = {name: CheckSpec(name, kinds.load("ops.health", name).options()) for name in (SCRUB, RETENTION)}
        return {**usual, **policy.checks, ARRIVALS: CheckSpec(ARRIVALS)}
    return {name: check for name, check in policy.checks.items() if name not in {SCRUB, RETENTION}}


def ages(policy: Written, drills: Mapping[str, Drilled]) -> dict[str, CheckSpec]:
    """Return the checks that follow from the assets themselves: is the backup, copy or drill young enough."""
    found = {}
    for name, asset in policy.assets.items():
        young: dict[str, Any] = {"asset": name, "rpo": str(asset.rpo), "repository": asset.repository}
        if logs.logged(asset):
            young |= {"log": True}
        found[joined.check("backup_age", name)] = CheckSpec("backup_age", young)
        for copy, spec in asset.copies.items():
            late: dict[str, Any] = {
                "asset": name,
                "copy": copy,
                "calendar": str(spec.calendar),
                "grace": str(spec.grace),
                "timezone": policy.site.timezone,
                "to": spec.to,
            }
            if not logs.logged(asset):  # its minutes are no measure for a copy, which may take hours
                late["rpo"] = str(asset.rpo)
            found[joined.check("copy_age", name, copy)] = CheckSpec("copy_age", late)
    for name, drilled in drills.items():
        if drilled.asset.drill:
            options: dict[str, Any] = {"asset": name, "every": str(drilled.asset.drill.every)}
            found[joined.check("drill_age", name)] = CheckSpec("drill_age", options)
            if oldest := drilled.asset.drill.oldest:
                options = {"asset": name, "every": str(oldest.every), "oldest": True}
                found[joined.check("drill_age", name, joined.OLDEST)] = CheckSpec("drill_age", options)
    return found


def exports(policy: Written) -> dict[str, CheckSpec]:
    """Return the checks that follow from exports: were they delivered since they were due, and acknowledged."""
    return {
        joined.check("export_age", name): CheckSpec(
            "export_age",
            {
                "export": name,
                "calendar": str(export.due(policy.site.timezone)),
                "grace": str(export.grace),
                "timezone": policy.site.timezone,
                "acknowledged_by": export.acknowledged_by,
                "acknowledge_within": str(export.acknowledge_within),
                "key_sha256": export.recipient.sha256,
            },
        )
        for name, export in (policy.exports or {}).items()
    }


def standbys(host: str, policy: Written) -> dict[str, CheckSpec]:
    """Return the checks that follow from standbys: does the other machine follow, or this one."""
    return {
        joined.check("postgresql_standby", name): CheckSpec(
            "postgresql_standby",
            {
                "standby": name,
                "port": one.port,
                "synchronous": one.synchronous,
                "kept_log": one.kept_log.exact(),
                "lag_warn_above": one.lag_warn_above.exact(),
                "lag_fail_above": one.lag_fail_above.exact(),
                "seconds_warn_above": str(one.seconds_warn_above),
                "seconds_fail_above": str(one.seconds_fail_above),
            },
        )
        for name, one in standby.own(policy.standby or {}, host).items()
    }
