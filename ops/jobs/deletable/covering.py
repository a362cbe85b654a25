"""Which asset's source holds a file: the kind `files` alone, whose sets have each file as it lies on the machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ops.interfaces import joined
from ops.policy import HostPolicy
from ops.sources._shared.exclude import left_out

_KIND, _MACHINE = "files", "machine"


@dataclass(frozen=True)
class Cover:
    """A path of an asset's source. label: of its part of a set. excludes: what the source's patterns leave out."""

    asset: str
    label: str
    path: str
    excludes: Callable[[str], bool]

    def holds(self, path: str) -> bool:
        """Whether a path is that one or lies below it."""
        return path == self.path or path.startswith(f"{self.path.rstrip('/')}/")

    def meeting(self, path: str) -> str | None:
        """Return what a path and this one have in common; None when that is nothing."""
        if self.holds(path):
            return path
        return self.path if self.path.startswith(f"{path.rstrip('/')}/") else None


def covers(policy: HostPolicy) -> list[Cover]:
    """Return the paths of all sources of the kind, the deepest first."""
    found = [
        Cover(name, joined.part(label, ""), str(path), left_out(source.options.exclude))
        for name, asset in policy.assets.items()
        for label, source in asset.sources.items()
        if source.kind == _KIND
        for path in source.options.paths
    ]
    return sorted(found, key=lambda one: -len(one.path))


def uncovered(policy: HostPolicy) -> str:
    """Return why a file that no cover holds is not in a set that counts."""
    machines = [
        name for name, asset in policy.assets.items() if any(one.kind == _MACHINE for one in asset.sources.values())
    ]
    if machines:
        return (
            f"below no path of a source of the kind files; that the machine is backed up ({machines[0]}) doesn't count"
        )
    return "below no path of an asset's source of the kind files; seawall gaps shows what no asset covers"
