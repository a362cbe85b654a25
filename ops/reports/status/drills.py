"""Which assets were ever restored in a drill, and which never."""

from __future__ import annotations

from ops.interfaces.fleet_status import AssetStatus, FleetStatus
from ops.interfaces.outcome import DrillFacts
from ops.interfaces.state import UnreadableState
from ops.reports.catalogue import tr, trn
from ops.reports.status.asset import good_of
from ops.reports.status.enumeration import MOST, enumerated
from ops.reports.status.model import Glance
from ops.reports.times import Times, in_words


def glance(status: FleetStatus, times: Times) -> Glance:
    """Return how many assets have been restored in a drill, and which never were."""
    ages: dict[str, float] = {}
    never, unknown = [], []
    for name, asset in sorted(status.assets.items()):
        good = good_of(asset.drill)
        age = times.age(good.time) if isinstance(good, DrillFacts) else None
        if age is not None:
            ages[name] = age
        elif isinstance(good, DrillFacts) or _is_silent(asset, status):  # one without a time, or from the future
            unknown.append(name)
        else:
            never.append(name)
    lines = _lines(ages, never, unknown)
    more = tuple(never) if len(never) > MOST + 1 else ()  # else the sentence has them all
    return Glance("drill", tr("Drills"), bool(never or unknown), tuple(lines), more, tr("Never restored"))


def _is_silent(asset: AssetStatus, status: FleetStatus) -> bool:
    """Whether there may have been a drill of which nothing can be known."""
    if asset.drill_host is None:
        return False
    machine = status.machines.get(asset.drill_host)
    return isinstance(asset.drill, UnreadableState) or machine is None or machine.told is None


def _lines(ages: dict[str, float], never: list[str], unknown: list[str]) -> list[str]:
    lines = []
    whole = len(ages) + len(never) + len(unknown)
    if never:
        lines.append(
            trn(
                "{count} asset of {whole} was never restored in a drill: {names}.",
                "{count} assets of {whole} were never restored in a drill: {names}.",
                len(never),
                whole=whole,
                names=enumerated(never),
            )
        )
    elif ages and not unknown:
        lines.append(
            trn("The only asset was restored in a drill.", "All {count} assets were restored in a drill.", whole)
        )
    if unknown:
        lines.append(tr("Not known of {names}.", names=enumerated(unknown)))
    if ages:
        oldest = max(ages, key=lambda name: (ages[name], name))
        age = in_words(ages[oldest])
        if unknown:
            lines.append(tr("The oldest proof that is known: {asset}, {time} ago.", asset=oldest, time=age))
        else:
            lines.append(tr("The oldest proof: {asset}, {time} ago.", asset=oldest, time=age))
    return lines or [tr("The policy protects nothing yet.")]
