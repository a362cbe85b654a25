"""Numbers in layers that are too large for any use: named, and taken out before anything else looks at the layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ops.core.errors import Problem
from ops.core.numbers import TOO_LARGE, is_too_large
from ops.core.schema import below
from ops.policy.layers import HostLayers


def without(layers: HostLayers, problems: list[Problem]) -> HostLayers:
    """Return layers without numbers of more than 64 bits, each of which is a problem."""
    return replace(
        layers,
        all=_plain(layers.all, "", problems),
        groups={name: _plain(tree, "", problems) for name, tree in layers.groups.items()},
        host=_plain(layers.host, "", problems),
    )


def _plain(value: Any, path: str, problems: list[Problem]) -> Any:
    if is_too_large(value):
        problems.append(Problem(path, TOO_LARGE))
        return None
    if isinstance(value, Mapping):
        names = [name for name in value if is_too_large(name)]
        problems.extend(Problem(path, TOO_LARGE) for _ in names)
        return {
            name: _plain(part, below(path, str(name)), problems)
            for name, part in value.items()
            if not is_too_large(name)
        }
    if isinstance(value, (list, tuple)):
        return [_plain(part, f"{path}[{index}]", problems) for index, part in enumerate(value)]
    return value
