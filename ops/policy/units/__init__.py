"""Which systemd units follow from a host's policy: one service and timer per act."""

from __future__ import annotations

from ops.policy.model import HostPolicy
from ops.policy.units import acts, exports, keeping, watch
from ops.policy.units.acts import boots_disks
from ops.policy.units.unit import Unit

__all__ = ["Unit", "boots_disks", "units"]


def units(policy: HostPolicy) -> list[Unit]:
    """Return every unit a host needs."""
    work = (acts.backups, acts.archives, acts.copies, exports.exports, acts.leaves, acts.drills)
    looks = (watch.health, watch.push, watch.telling, watch.devices, watch.battery, watch.gaps)
    return [unit for of in (*work, *looks, keeping.mornings, keeping.renewals) for unit in of(policy)]
