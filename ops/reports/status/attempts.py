"""The newest runs of acts that did not end well."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import AssetStatus, FleetStatus
from ops.interfaces.state import ActState, State, UnreadableState
from ops.reports.catalogue import tr
from ops.reports.status.brief import brief
from ops.reports.status.enumeration import enumerated
from ops.reports.status.model import Glance
from ops.reports.times import Times

MOST = 3
NOT_WELL = (Verdict.FAIL, Verdict.UNKNOWN)


def glance(status: FleetStatus, times: Times) -> Glance:
    """Return which acts did not end well at their latest attempt, the newest first."""
    states = [(act, state) for name, asset in status.assets.items() for act, state in _acts(name, asset)]
    failed = [(act, state) for act, state in states if isinstance(state, ActState) and state.verdict in NOT_WELL]
    failed.sort(key=lambda one: (one[1].finished, one[0]), reverse=True)
    lines = [_line(act, state, times) for act, state in failed]
    unread = sorted(act for act, state in states if isinstance(state, UnreadableState))
    unknown = [tr("Not known of {names}: the state can't be read.", names=enumerated(unread))] if unread else []
    title = tr("Attempts that failed")
    if not lines:
        silent = bool(unread) or any(machine.told is None for machine in status.machines.values())
        good = tr("None is known.") if silent else tr("None: the latest attempt of every act was good.")
        return Glance("attempt", title, bool(unread), (good, *unknown))
    more = (*lines, *unknown) if len(lines) > MOST else ()
    return Glance("attempt", title, True, (*lines[:MOST], *unknown), more, tr("Every one of them"))


def _acts(name: str, asset: AssetStatus) -> Iterator[tuple[str, State | None]]:
    yield tr("backup of {asset}", asset=name), asset.backup
    for copy, state in asset.copies.items():
        yield tr("copy of {asset} to {copy}", asset=name, copy=copy), state
    yield tr("drill of {asset}", asset=name), asset.drill


def _line(act: str, state: ActState, times: Times) -> str:
    message = brief(state.message) or tr("no message")
    when = times.when(state.finished)
    return f"{when}, {act}: {message}" if when else f"{act}: {message}"
