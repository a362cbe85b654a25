"""Where a host's values come from: the path at which each is written, in the asset itself or in its class."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ops.core.errors import Problem
from ops.core.schema import Plain, below
from ops.policy.classes import PATH
from ops.policy.layers import Tree

_ASSETS = "policy.assets"
_OF_ITS_SOURCES = "drill.kind"  # where no class says it, it is for the asset to say
_SHOWN = 5  # assets that are listed in a message


@dataclass(frozen=True)
class WrittenAsset:
    """An asset as the layers have it. name: in the layers. classes: from which it takes, the nearest first."""

    name: str
    tree: Plain
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PackWord:
    """What packs say of a value. origin: the pack and clause that it came from, if any; others: what the others say."""

    origin: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origins:
    """What a host's whole assets were made of. assets: by their names on the host. packs: by the paths of values."""

    assets: Mapping[str, WrittenAsset] = field(default_factory=dict)
    classes: Mapping[str, Tree] = field(default_factory=dict)
    packs: Mapping[str, PackWord] = field(default_factory=dict)

    def written(self, path: str) -> str:
        """Given the path of a value, such as `policy.assets.etc_his1.rpo`, return the path at which it is written."""
        name, asset = self._asset(path)
        if asset is None:
            return path
        rest = path.removeprefix(below(_ASSETS, name)).removeprefix(".")
        best, depth = below(_ASSETS, asset.name), _depth(asset.tree, rest)
        if rest == _OF_ITS_SOURCES and not any(holds(self.classes[one], rest) for one in asset.classes):
            return f"{best}.{rest}"
        for one in asset.classes:
            deeper = _depth(self.classes[one], rest)
            if deeper > depth:
                best, depth = below(PATH, one), deeper
        return f"{best}{'.' if rest and rest[0] != '[' else ''}{rest}"

    def problem(self, problem: Problem) -> Problem:
        """Return a problem at the path at which its value is written, and with that path in its words."""
        name, asset = self._asset(problem.path)
        if asset is None:
            return problem
        path = self.written(problem.path)
        inside = re.compile(rf"{re.escape(below(_ASSETS, name))}(?=[.\[ ])[^\s,;:]*")
        message = inside.sub(lambda match: self.written(match[0]), problem.message)
        owner = asset.name if path.startswith(f"{PATH}.") else ""
        return replace(problem, path=path, message=message, asset=owner)

    def _asset(self, path: str) -> tuple[str, WrittenAsset | None]:
        for name, asset in self.assets.items():
            start = below(_ASSETS, name)
            if path.startswith(start) and path[len(start) : len(start) + 1] in ("", ".", "["):
                return name, asset
        return "", None


def once(problems: Sequence[Problem]) -> list[Problem]:
    """Return each problem once: one in a value of a class names the assets that take it, unless it is wrong anyway."""
    assets: dict[Problem, set[str]] = {}
    for problem in problems:
        assets.setdefault(replace(problem, asset=""), set()).add(problem.asset)
    return sorted(_naming(problem, sorted(names)) for problem, names in assets.items())


def _naming(problem: Problem, names: list[str]) -> Problem:
    if "" in names:
        return problem
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    return replace(problem, message=f"{problem.message} (asset{'s' if len(names) > 1 else ''} {shown})")


def holds(tree: Plain, path: str) -> bool:
    """Return whether a tree says something at a path, such as `checks.disk.options.paths[0]`."""
    if path.startswith("["):
        index, _, rest = path[1:].partition("]")
        held = not isinstance(tree, str) and isinstance(tree, Sequence) and int(index) < len(tree)
        return held and holds(tree[int(index)], rest.removeprefix("."))  # type: ignore[index]
    if not path:
        return True
    return any(holds(value, rest) for value, rest in _into(tree, path))


def _depth(tree: Plain, path: str) -> int:
    """Return how many words of a path a tree has."""
    return max((1 + _depth(value, rest) for value, rest in _into(tree, path)), default=0)


def _into(tree: Plain, path: str) -> Iterator[tuple[Plain, str]]:
    """Yield what a tree has at the first word of a path, with the rest of the path; names may have dots."""
    for key, value in tree.items() if isinstance(tree, Mapping) else ():
        start = below("", str(key))
        rest = path.removeprefix(start)
        if path.startswith(start) and (not rest or rest[0] in ".["):
            yield value, rest.removeprefix(".")
