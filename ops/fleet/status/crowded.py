"""Whether more backups ran at once at a backup host than the policy wants: how long one takes was its guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from ops.core import clock
from ops.core.verdict import Finding, Verdict
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.state import ActState
from ops.policy import HostPolicy

NAME = "spread"


def crowded(policies: Mapping[str, HostPolicy], machines: Mapping[str, MachineStatus]) -> dict[str, Finding]:
    """Return for each backup host at which more backups ran at once than may, when and how many, by their newest runs.

    Where the policy says no number, nothing is found.
    """
    allowed = next((policy.spread.at_once for policy in policies.values() if policy.spread), None)
    if allowed is None:
        return {}
    found = {}
    for keeper, runs in _runs(policies, machines).items():
        most, when = _most(runs)
        if most > allowed:
            words = f"{most} backups ran at once at {clock.iso(when)}, {allowed} may; raise policy.spread.takes"
            found[keeper] = Finding(Verdict.WARN, words)
    return found


def _most(runs: list[tuple[datetime, datetime]]) -> tuple[int, datetime]:
    """Return how many ran at once at most, and since when; one that ends as another begins leaves it its room."""
    changes = sorted([(began, 1) for began, _ in runs] + [(ended, -1) for _, ended in runs])
    running, most, when = 0, 0, runs[0][0]
    for moment, change in changes:
        running += change
        if running > most:
            most, when = running, moment
    return most, when


def _runs(
    policies: Mapping[str, HostPolicy], machines: Mapping[str, MachineStatus]
) -> dict[str, list[tuple[datetime, datetime]]]:
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for keeper, state in _newest(policies, machines):
        with suppress(ValueError):
            began, ended = clock.parse(state.started), clock.parse(state.finished)
            if began <= ended:
                found.setdefault(keeper, []).append((began, ended))
    return found


def _newest(
    policies: Mapping[str, HostPolicy], machines: Mapping[str, MachineStatus]
) -> Iterator[tuple[str, ActState]]:
    """Yield the newest run of each backup that goes to a backup host: which one, and how it ended."""
    for host, policy in policies.items():
        told = machines[host].told if host in machines else None
        for name, asset in policy.assets.items() if told and policy.spread else ():
            state = told.assets[name].backup if told and name in told.assets else None
            keeper = policy.repositories[asset.repository].host
            if keeper and isinstance(state, ActState):
                yield keeper, state
