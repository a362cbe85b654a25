"""Which containers of a machine the policy has entered, and how: one way into each, whatever it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ops.core import kinds
from ops.core.errors import Problem
from ops.interfaces.source import Entered
from ops.policy.model import Asset, HostPolicy


def containers(policy: HostPolicy) -> list[Entered]:
    """Return each container that is entered, with all programs that may be run there, in the order of their names."""
    found: dict[tuple[str, str], Entered] = {}
    for _, one in _entered(policy.assets):
        before = found.get((one.engine, one.container), one)
        programs = tuple(sorted({*before.programs, *one.programs}))
        found[one.engine, one.container] = replace(before, programs=programs)
    return [found[place] for place in sorted(found)]


def judge(assets: Mapping[str, Asset]) -> Iterator[Problem]:
    """Yield a problem where two sources enter one container as two accounts: there is one way into each."""
    seen: dict[tuple[str, str], Entered] = {}
    for path, one in _entered(assets):
        first = seen.setdefault((one.engine, one.container), one)
        if first.account != one.account:
            yield Problem(
                f"{path}.options.container_user",
                f"{one.account!r} enters the container {one.container}, and another source does as {first.account!r}; "
                "use the same in both",
            )


def _entered(assets: Mapping[str, Asset]) -> Iterator[tuple[str, Entered]]:
    for name, asset in assets.items():
        for label, source in asset.sources.items():
            try:
                kind = kinds.load("ops.sources", source.kind)
            except kinds.UnknownKind:
                continue  # it is told elsewhere
            if isinstance(source.options, kind.options) and (one := kind.enters(source.options)):
                yield f"policy.assets.{name}.sources.{label}", one
