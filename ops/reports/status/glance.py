"""What a person sees beside the verdict: the questions that the policy does not ask, and their answers."""

from __future__ import annotations

from ops.interfaces.fleet_status import FleetStatus
from ops.reports.status import attempts, changes, drills, due, offsite, rooms
from ops.reports.status.model import Glance
from ops.reports.times import Times


def glances(status: FleetStatus, times: Times) -> tuple[Glance, ...]:
    """Given the status of the fleet, return every question with its answer, in the order of what is worst to lose."""
    return (
        offsite.glance(status, times),
        drills.glance(status, times),
        rooms.glance(status, times),
        due.glance(status, times),
        changes.glance(status, times),
        attempts.glance(status, times),
    )
