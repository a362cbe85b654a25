"""Assets whose write-ahead log is archived: how often that happens, and what their servers are told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.core import kinds
from ops.core.errors import Problem
from ops.core.quantity import Duration
from ops.core.schema import Plain, collect
from ops.interfaces.change_log import SPOOLS, ChangeLog
from ops.policy.model import Asset, HostPolicy, SourceSpec

_MINUTE, _HOUR = 60, 3_600
# Minutes that divide an hour, so that the timer's pauses are all as long.
_EVERY = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)


def logged(asset: Asset) -> SourceSpec | None:
    """Return the source of an asset whose log is archived; None where there is none."""
    return next((spec for spec in asset.sources.values() if _wanted(spec)), None)


def _wanted(spec: SourceSpec) -> bool:
    if spec.kind not in kinds.kinds("ops.sources"):
        return False  # a problem of its own
    kind: Any = kinds.load("ops.sources", spec.kind)
    if kind.log is None:
        return False
    options = spec.options
    if not isinstance(options, kind.options):  # as they were written, and not judged yet
        options = collect(kind.options, options or {}, "options", [])
    return options is not None and bool(kind.log.wanted(options))


def change_log(spec: SourceSpec) -> ChangeLog[Any]:
    """Return how the log of a source is archived; of one that `logged` found."""
    log: ChangeLog[Any] = kinds.load("ops.sources", spec.kind).log
    return log


def spool(name: str) -> str:
    """Return the folder in which the log of an asset waits."""
    return f"{SPOOLS}/{name}"


def every(rpo: Duration) -> Duration:
    """Return how often a log is archived, so that what is not yet archived is never older than an RPO.

    Twice in that time, for archiving takes some, too; an hour at most, a minute at least.
    """
    half = rpo.seconds // 2
    if half >= _HOUR:
        return Duration(_HOUR)
    return Duration(max(minutes for minutes in _EVERY if minutes == 1 or minutes * _MINUTE <= half) * _MINUTE)


def calendar(rpo: Duration) -> str:
    """Return the systemd expression for how often a log is archived."""
    seconds = every(rpo).seconds
    return "*:00" if seconds == _HOUR else f"*:0/{seconds // _MINUTE}"


def log_clusters(policy: HostPolicy) -> list[dict[str, Plain]]:
    """Return the clusters whose log is archived, for those who set them up.

    Each with its asset, its port, the spool's folder and limit, and how long a segment may stay unarchived in seconds.
    """
    return [
        {
            "asset": name,
            "port": spec.options.port,
            "spool": spool(name),
            "limit": spec.options.spool.exact().replace(" ", ""),
            "timeout": every(asset.rpo).seconds,
        }
        for name, asset in policy.assets.items()
        if (spec := logged(asset))
    ]


def judge(path: str, asset: Asset) -> Iterator[Problem]:
    """Yield what is wrong with an asset whose log is archived: nothing else could be restored to the same moment."""
    if logged(asset) and len(asset.sources) > 1:
        yield Problem(f"{path}.sources", "a cluster with `wal: true` is an asset of its own; move what else there is")
