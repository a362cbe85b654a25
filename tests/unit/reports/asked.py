"""One question of the status, asked of the fleet of fifty after something in it changed."""

from __future__ import annotations

from dataclasses import replace

import fifty

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import FleetStatus, MachineStatus
from ops.reports.status.model import Glance
from ops.reports.status.view import view

SILENT = MachineStatus(verdict=Verdict.UNKNOWN, message="does not answer")


def glance(status: FleetStatus, word: str) -> Glance:
    return next(one for one in view(status).glances if one.word == word)


def with_asset(status: FleetStatus, name: str, **changed: object) -> FleetStatus:
    return replace(status, assets={**status.assets, name: replace(status.assets[name], **changed)})


def silent(host: str) -> FleetStatus:
    """Return the healthy fleet after a machine fell silent: nothing is told of what it did."""
    status = fifty.healthy()
    assets = {
        name: replace(asset, backup=None, copies=dict.fromkeys(asset.copies)) if asset.host == host else asset
        for name, asset in status.assets.items()
    }
    if host == "drill1":
        assets = {name: replace(asset, drill=None) for name, asset in assets.items()}
    return replace(status, assets=assets, machines={**status.machines, host: SILENT})


def only(status: FleetStatus, name: str) -> FleetStatus:
    return replace(status, assets={name: status.assets[name]})
