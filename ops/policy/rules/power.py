"""Power groups: whether their machines are there, once each, and can be stopped in an order."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.policy.power import Groups, PowerGroup
from ops.policy.rules import names
from ops.policy.surroundings import Surroundings
from ops.power.order import cycle


def judge(groups: Groups, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with the power groups of a site."""
    seen: dict[str, str] = {}
    for name, group in groups.items():
        path = f"policy.power.{name}"
        yield from of_group(path, name, group)
        for host in group.machines:
            yield from names.known(f"{path}.machines.{host}", "host", host, around.hosts)
            if host in seen:
                yield Problem(f"{path}.machines.{host}", f"{host} is in the group {seen[host]}, too; one UPS stops it")
            seen.setdefault(host, name)
        yield from _device(path, group, around)


def of_group(path: str, name: str, group: PowerGroup) -> Iterator[Problem]:
    """Yield what is wrong with a group by itself; a machine judges its own part so, too."""
    yield from names.formed(path, name)
    yield from names.known(f"{path}.conductor", "machine of the group", group.conductor, group.machines)
    for host, machine in group.machines.items():
        yield from names.of_host(host)
        for needed in machine.needs:
            yield from names.known(f"{path}.machines.{host}.needs", "machine of the group", needed, group.machines)
        if host == group.conductor and machine.needs:
            message = f"{host} conducts, so that all others need it; move what it needs, or let another machine conduct"
            yield Problem(f"{path}.machines.{host}.needs", message)
    if circle := cycle({host: machine.needs for host, machine in group.machines.items()}):
        yield Problem(f"{path}.machines", f"{', '.join(circle)} need each other; which of them stops first?")


def _device(path: str, group: PowerGroup, around: Surroundings) -> Iterator[Problem]:
    devices = around.devices.get(group.conductor)
    if around.lacks(group.conductor, "ups_hosts"):
        yield Problem(f"{path}.conductor", f"{group.conductor} is not in the group ups_hosts, so it has no UPS")
    elif devices is not None and group.conductor in around.devices:
        yield from names.known(f"{path}.ups", f"UPS device of {group.conductor}", group.ups, devices)
