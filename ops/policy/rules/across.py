"""Demands on the hosts of a site together: what is one for the whole site is the same everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ops.core.errors import Problem
from ops.core.schema import encode
from ops.policy.listing import leaves, worded
from ops.policy.model import Written
from ops.policy.rules.repositories import served

Told = tuple[tuple[str, ...], Problem]  # of which hosts, and what


def judge(written: Mapping[str, Written | None]) -> Iterator[Told]:
    """Yield the hosts that are told something else of the site than most others are, and the problem."""
    whole = {host: policy for host, policy in written.items() if policy}
    yield from _odd("site", {host: {"": policy.site} for host, policy in whole.items()})
    yield from _odd("power", {host: policy.power or {} for host, policy in whole.items()})
    yield from _odd("standby", {host: policy.standby or {} for host, policy in whole.items()})
    yield from _odd("contacts", {host: policy.contacts for host, policy in whole.items()})
    yield from _odd("spread", {host: {"": policy.spread} for host, policy in whole.items() if policy.spread})
    # A disk of the machine itself may be another one on each.
    shared = {
        host: {name: one for name, one in policy.repositories.items() if served(one)} for host, policy in whole.items()
    }
    yield from _odd("repositories", shared)


def _odd(section: str, said: Mapping[str, Mapping[str, Any]]) -> Iterator[Told]:
    for name in sorted({name for named in said.values() for name in named}):
        told = {host: _flat(named[name]) for host, named in said.items() if name in named}
        for key in sorted({key for values in told.values() for key in values}):
            path = ".".join(part for part in ("policy", section, name, key) if part)
            yield from _outvoted(path, {host: values.get(key, "nothing") for host, values in told.items()})


def _outvoted(path: str, said: Mapping[str, str]) -> Iterator[Told]:
    """Yield each host for which a value is another than for most."""
    usual, many = Counter(said.values()).most_common(1)[0]
    others = "most other hosts have" if many > 1 else "another host has"
    for host, value in said.items():
        if value != usual:
            message = (
                f"is {value} for {host}, but {others} {usual}; it is one for all hosts: define it in policy__all only"
            )
            yield (host,), Problem(path, message)


def _flat(value: Any) -> dict[str, str]:
    return {path: worded(part) for path, part in leaves(encode(value))}
