"""What is lost with the house: how many assets are nowhere else, and how old the data are that are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.interfaces.fleet_status import AssetStatus, FleetStatus, MachineStatus
from ops.interfaces.outcome import BackupFacts, CopyFacts
from ops.interfaces.state import UnreadableState
from ops.reports.catalogue import tr, trn
from ops.reports.status.asset import good_of
from ops.reports.status.enumeration import enumerated
from ops.reports.status.model import Glance
from ops.reports.times import Times, in_words


@dataclass(frozen=True)
class _Away:
    """The assets by what is away: their names, and of those with a copy the age of its data in seconds."""

    ages: dict[str, float]
    nothing: tuple[str, ...]
    unknown: tuple[str, ...]


def glance(status: FleetStatus, times: Times) -> Glance:
    """Return how much would be left if the site burned down now."""
    away = _away(status, times)
    lines = [*_counted(away), *_lost(away)]
    if away.unknown:
        lines.append(tr("Not known of {names}.", names=enumerated(away.unknown)))
    loud = bool(away.nothing or away.unknown)
    every = [tr("{asset}: everything", asset=name) for name in away.nothing]
    every += [f"{name}: {in_words(away.ages[name])}" for name in _oldest_first(away)]
    return Glance("offsite", tr("Off-site"), loud, tuple(lines), tuple(every), tr("What would be lost of each asset"))


def _away(status: FleetStatus, times: Times) -> _Away:
    ages: dict[str, float] = {}
    nothing, unknown = [], []
    for name, asset in sorted(status.assets.items()):
        known = [times.age(moment) for moment in _moments(asset)]
        told = [age for age in known if age is not None]
        if told:
            ages[name] = min(told)
        elif known or _may_be(asset, status.machines.get(asset.host)):
            unknown.append(name)
        else:
            nothing.append(name)
    return _Away(ages, tuple(nothing), tuple(unknown))


def _moments(asset: AssetStatus) -> Iterator[str | None]:
    """Yield when each good set of an asset that a disaster of the site does not reach was taken; None: not known.

    A set counts only where the policy wants it: an older one may be in a repository that burns, too.
    """
    wanted = [(asset.copies.get(copy), asset.copies_to.get(copy)) for copy in asset.away]
    wanted += [(asset.backup, asset.repository)] * asset.backup_away
    for state, repository in wanted:
        good = good_of(state)
        if isinstance(good, BackupFacts | CopyFacts) and good.repository in {repository, ""}:
            yield good.time if good.repository else None


def _may_be(asset: AssetStatus, machine: MachineStatus | None) -> bool:
    """Whether there may be a set off-site of which nothing can be known."""
    states = [asset.copies.get(copy) for copy in asset.away] + [asset.backup] * asset.backup_away
    return bool(states) and (
        machine is None or machine.told is None or any(isinstance(state, UnreadableState) for state in states)
    )


def _counted(away: _Away) -> list[str]:
    count = len(away.nothing)
    whole = count + len(away.ages) + len(away.unknown)
    if not whole:
        return [tr("The policy protects nothing yet.")]
    if not count:
        return (
            []
            if away.unknown
            else [trn("The only asset has a copy off-site.", "All {count} assets have a copy off-site.", whole)]
        )
    return [
        trn(
            "{count} asset of {whole} has no copy off-site: {names}.",
            "{count} assets of {whole} have no copy off-site: {names}.",
            count,
            whole=whole,
            names=enumerated(away.nothing),
        )
    ]


def _lost(away: _Away) -> list[str]:
    """Say what is lost if the house burns now."""
    lines = []
    if away.nothing:
        lines.append(tr("If the house burns now, everything of {names} is lost.", names=enumerated(away.nothing)))
    if not away.ages:
        return lines
    worst, *others = _oldest_first(away)
    time = in_words(away.ages[worst])
    if away.nothing and away.unknown:
        lines.append(tr("Of what is known to be off-site, {asset} loses most: {time}.", asset=worst, time=time))
    elif away.nothing:
        lines.append(tr("Of what is off-site, {asset} loses most: {time}.", asset=worst, time=time))
    elif others and not away.unknown:
        lost = tr("If the house burns now, {time} of {asset} are lost; of the others, no more.", time=time, asset=worst)
        lines.append(lost)
    else:
        lines.append(tr("If the house burns now, {time} of {asset} are lost.", time=time, asset=worst))
    return lines


def _oldest_first(away: _Away) -> list[str]:
    return sorted(away.ages, key=lambda name: (-away.ages[name], name))
