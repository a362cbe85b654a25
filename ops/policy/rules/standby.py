"""Standbys: whether both machines are there, can be called so, and have each cluster once."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.policy.model import Written
from ops.policy.rules import names
from ops.policy.standby import Standby
from ops.policy.surroundings import Surroundings


def judge(written: Written, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with the standbys of a site."""
    seen: dict[tuple[str, int], str] = {}
    for name, one in (written.standby or {}).items():
        path = f"policy.standby.{name}"
        yield from of_one(path, name, one)
        for host in one.machines:
            yield from names.known(f"{path}.machines.{host}", "host", host, around.hosts)
            first = seen.setdefault((host, one.port), name)
            if first != name:
                message = f"{host} has the cluster at port {one.port} in the standby {first}, too; it follows one other"
                yield Problem(f"{path}.machines.{host}", message)


def of_one(path: str, name: str, one: Standby) -> Iterator[Problem]:
    """Yield what is wrong with a standby by itself; a machine judges its own part so, too."""
    yield from names.formed(path, name)
    for host in one.machines:
        yield from names.of_host(host)
