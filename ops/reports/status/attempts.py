"""The newest runs of acts that did not end well."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import AssetStatus, FleetStatus
from ops.interfaces.state import ActState, State
from ops.reports.catalogue import tr
from ops.reports.status.model import Glance
from ops.reports.times import Times

MOST = 3


def glance(status: FleetStatus, times: Times) -> Glance:
    """Return which acts did not end well at their latest attempt, the newest first."""
    failed = sorted(_failed(status), key=lambda one: (one[1].finished, one[0]), reverse=True)
    lines = [_line(act, state, times) for act, state in failed]
    title = tr("Attempts that failed")
    if not lines:
        silent = any(machine.told is None for machine in status.machines.values())
        good = tr("None is known.") if silent else tr("None: the latest attempt of every act was good.")
        return Glance("attempt", title, False, (good,))
    more = tuple(lines) if len(lines) > MOST else ()
    return Glance("attempt", title, True, tuple(lines[:MOST]), more, tr("Every one of them"))


def _failed(status: FleetStatus) -> Iterator[tuple[str, ActState]]:
    """Yield what did not end well: what it was, and the state that it left."""
    for name, asset in status.assets.items():
        for act, state in _acts(name, asset):
            if isinstance(state, ActState) and state.verdict in {Verdict.FAIL, Verdict.UNKNOWN}:
                yield act, state


def _acts(name: str, asset: AssetStatus) -> Iterator[tuple[str, State | None]]:
    yield tr("backup of {asset}", asset=name), asset.backup
    for copy, state in asset.copies.items():
        yield tr("copy of {asset} to {copy}", asset=name, copy=copy), state
    yield tr("drill of {asset}", asset=name), asset.drill


def _line(act: str, state: ActState, times: Times) -> str:
    message = state.message or tr("no message")
    when = times.when(state.finished)
    return f"{when}, {act}: {message}" if when else f"{act}: {message}"
