"""Why a key of the policy has its value: what it means, its value on each host, and who wrote it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.fleet.inventory.meaning import Meaning, meaning
from ops.fleet.inventory.origin import Layers
from ops.policy import HostPolicy
from ops.policy.compile import document
from ops.policy.listing import leaves
from ops.policy.listing import worded as written

if TYPE_CHECKING:
    from pathlib import Path

_WIDE = 100
_PLACE = re.compile(r"\[\d+\]")
WHO_WINS = (
    "A host's own line wins over its groups', these over policy__all; an asset's own over its classes'. What a pack\n"
    "demands holds where nobody wrote less; of several packs, the strictest."
)


@dataclass(frozen=True)
class Reason:
    """One value on one host.

    origin: a file and line, a class, a pack and its clause, `default`, or `derived` from other values. others: what
    packs say of it that it does not come from.
    """

    host: str
    path: str
    value: Any
    origin: str
    meaning: Meaning
    others: tuple[str, ...] = ()


def reasons(path: Path, policies: Mapping[str, HostPolicy], wanted: str) -> Iterator[Reason]:
    """Given an inventory and some of its policies, yield the values whose path is `wanted`, begins or ends with it."""
    layers = Layers(path)
    for host, policy in sorted(policies.items()):
        data = document(policy)
        for value in layers.values(data):
            if _meant(value.path, wanted):
                told = meaning(value.path, data)
                yield Reason(host, value.path, value.value, value.origin, told, value.others)


def nowhere(path: Path, policies: Mapping[str, HostPolicy], wanted: str) -> list[Reason]:
    """Return what a key means that nobody wrote and that has no value; nothing where there is no such key."""
    told = meaning(wanted, {})
    if not told.text:
        return []
    layers = Layers(path)
    return [Reason(host, wanted, None, "nobody wrote it", told, layers.demands(wanted)) for host in sorted(policies)]


def known(policies: Mapping[str, HostPolicy]) -> set[str]:
    """Return the paths of all values, and the last words of these."""
    paths = {place for policy in policies.values() for place, _ in leaves(document(policy))}
    return paths | {place.rpartition(".")[2] for place in paths}


def worded(found: Sequence[Reason]) -> Iterator[str]:
    """Yield lines for a person: what each key means, and below it its value on each host."""
    for place in dict.fromkeys(one.path for one in found):
        same = [one for one in found if one.path == place]
        yield place
        if told := same[0].meaning.text:
            yield from textwrap.wrap(told, _WIDE, initial_indent="    ", subsequent_indent="    ")
        if default := same[0].meaning.default:
            yield f"    default: {default}"
        wide = max(len(one.host) for one in same)
        for one in same:
            value = "-" if one.value is None else written(one.value)
            yield f"  {one.host:<{wide}}  {value:<24}  # {one.origin}"
            yield from (f"  {'':<{wide}}  # {other}" for other in one.others)
        yield ""
    yield WHO_WINS


def _meant(path: str, wanted: str) -> bool:
    """Whether a path is the wanted one, or lies below it, or ends with it; an element of a list counts as the list."""
    plain = _PLACE.sub("", path)
    return path == wanted or f".{plain}.".endswith(f".{wanted}.") or plain.startswith(f"{wanted}.")
