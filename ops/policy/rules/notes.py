"""What the policy may say, and what yet deserves a word: it is shown by `seawall policy check`, and stops nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date

from ops.core.errors import Problem
from ops.policy.model import HostPolicy
from ops.policy.rules.paths import both, nests, of_servers


def notes(policy: HostPolicy, today: date) -> Iterator[Problem]:
    """Yield what an administrator should look at again in the policy of one host."""
    for name, excuse in policy.exceptions.items():
        if excuse.until.date < today:
            yield Problem(
                f"policy.exceptions.{name}.until",
                f"expired on {excuse.until}: {excuse.what} is a gap again; decide anew, or remove the exception",
            )
    yield from _of_servers(policy)
    for (first, one), (name, other) in itertools.combinations(policy.assets.items(), 2):
        for label, spec in other.sources.items():
            path = f"policy.assets.{name}.sources.{label}"
            for nested in sorted({text for mine in one.sources.values() for text in nests(mine, spec)}):
                said = f"{nested}: both {first} and {name} take it; exclude it from one of them unless that is meant"
                yield Problem(path, said)
            for thing in sorted({thing for mine in one.sources.values() for thing in both(mine, spec)}):
                yield Problem(
                    path, f"both {first} and {name} take {thing}; take it in one of them unless that is meant"
                )


def _of_servers(policy: HostPolicy) -> Iterator[Problem]:
    """A dump or a stopped server's files may lie there, so this is no error. Above, there may be no server at all."""
    sources = [(name, label, spec) for name, asset in policy.assets.items() for label, spec in asset.sources.items()]
    kinds = {spec.kind for _, _, spec in sources}
    for name, label, spec in sources:
        for below, folder, kind in of_servers(spec):
            if kind in kinds or folder in spec.options.paths:
                said = f"{folder}: a copy of a running server's files is no backup; use a source of kind {kind}"
                yield Problem(f"policy.assets.{name}.sources.{label}.{below}", said)
