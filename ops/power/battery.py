"""How long a battery lasts, by several accounts, of which the least is believed; no single reading is."""

from __future__ import annotations

from collections.abc import Sequence

from ops.power.model import Group, Reading

KEPT = 3  # readings whose middle counts
FALLEN, LONG_ENOUGH = 5.0, 60.0  # per cent and seconds from which on the fall of the charge tells something


def kept(readings: Sequence[Reading], new: Reading) -> tuple[Reading, ...]:
    """Return the readings to remember: the first of this cut, by which the fall is measured, and the newest."""
    return (*readings, new) if len(readings) <= KEPT else (readings[0], *readings[-(KEPT - 1) :], new)


def ends(group: Group, since: float, readings: Sequence[Reading], before: float | None) -> float | None:
    """Return the moment at which the battery is expected to be low; None where nothing tells.

    since: when the cut began. before: what was expected before, which never gets later while the battery feeds: a
    runtime that grows when machines stop is a gift, and one that grows by itself is not to be believed.
    """
    found = [moment for moment in (_told(readings), _fallen(readings), before) if moment is not None]
    if group.believed is not None:
        found.append(since + group.believed)
    return min(found, default=None)


def _told(readings: Sequence[Reading]) -> float | None:
    """Return when it ends as the UPS has it: the middle of three readings, the longest as long as there are fewer."""
    told = sorted(one.t + one.runtime for one in readings[-KEPT:] if one.runtime is not None)
    if not told:
        return None
    return told[len(told) // 2] if len(told) == KEPT else told[-1]


def _fallen(readings: Sequence[Reading]) -> float | None:
    """Return when it ends if its charge goes on falling as it did: some devices' runtime never changes."""
    charged = [one for one in readings if one.charge is not None]
    if len(charged) < KEPT:
        return None
    # The middle one of the last three, so that no single reading counts.
    last = sorted(charged[-KEPT:], key=lambda one: one.charge or 0.0)[KEPT // 2]
    first = charged[0]
    fallen, took = (first.charge or 0.0) - (last.charge or 0.0), last.t - first.t
    if fallen < FALLEN or took < LONG_ENOUGH:
        return None
    return last.t + (last.charge or 0.0) * took / fallen
