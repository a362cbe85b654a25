"""Ask every machine of an inventory one thing at once: a fact of pyinfra's, over OpenSSH.

What goes wrong with one machine is that machine's answer; nothing is raised for it, and no machine is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.facts import FactBase
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory as Hosts
from pyinfra.api.state import State
from pyinfra.context import ctx_state

from ops.core import clock
from ops.core.errors import SeawallError
from ops.core.printable import printable
from ops.fleet.inventory import Inventory
from ops.fleet.ssh.connector import LIMIT, TIMEOUT, OpenSSHConnector, Programs
from ops.fleet.ssh.openssh import Way, way
from ops.fleet.ssh.text import first_line, in_brief

AT_ONCE = 32  # machines that are asked at the same time
T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A fact of a machine, or in `trouble` why there is none. asked, answered: when, by the clock of this machine."""

    fact: T | None
    trouble: str = ""
    asked: datetime = field(default_factory=clock.now, compare=False)
    answered: datetime = field(default_factory=clock.now, compare=False)


class _Reached(Hosts):
    """An inventory of pyinfra's in which every host is reached by OpenSSH, whatever its name."""

    def make_hosts_and_groups(self, names: Iterable[tuple[str, dict[str, Any]]], groups: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Make the hosts, each with its data."""
        self.hosts = {name: Host(name, self, groups=[], connector_cls=OpenSSHConnector) for name, _ in names}
        self.host_data.update(names)


@contextmanager
def reached(ways: Mapping[str, Way], limit: int = LIMIT) -> Iterator[State]:
    """Have pyinfra know some machines while the block lasts; whoever leaves it early ends what still asks them."""
    for name in ("pyinfra", "paramiko"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what goes wrong is in the answers
    programs = Programs()
    data = {"openssh_limit": limit, "openssh_programs": programs}
    hosts = [(name, {"openssh_way": one}) for name, one in ways.items()]
    state = State(_Reached((hosts, data)), check_for_changes=False)  # type: ignore[no-untyped-call]
    try:
        with ctx_state.use(state):
            yield state
    finally:
        programs.stop()


def ask(
    inventory: Inventory,
    fact: type[FactBase[T]],
    arguments: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    limit: int = LIMIT,
    hosts: Collection[str] | None = None,
) -> dict[str, Answer[T]]:
    """Get a fact of every host of an inventory at the same time; return each host's answer.

    hosts: only of these. arguments: of each host, those of the fact; no host needs any otherwise. limit: characters
    that one may say.
    """
    wanted = inventory.variables if hosts is None else hosts
    ways, answers = find_ways(inventory, wanted)
    with ThreadPoolExecutor(min(len(ways), AT_ONCE) or 1) as pool, reached(ways, limit) as state:
        known = arguments or {}
        asked = {host.name: pool.submit(get, host, fact, known.get(host.name, {})) for host in state.inventory}
        answers |= {name: job.result() for name, job in asked.items()}
    return {host: answers[host] for host in wanted}


def find_ways(inventory: Inventory, hosts: Iterable[str]) -> tuple[dict[str, Way], dict[str, Answer[Any]]]:
    """Return the ways to some hosts, and the answers of those to which there is none."""
    ways: dict[str, Way] = {}
    without: dict[str, Answer[Any]] = {}
    for host in hosts:
        try:
            ways[host] = way(host, inventory.connection(host))
        except SeawallError as error:
            without[host] = Answer(None, error.message)
    return ways, without


def fetch(host: Host, fact: type[FactBase[T]], arguments: Mapping[str, Any]) -> T:
    """Get a fact of one host; raise PyinfraError when the host can't be asked.

    Whatever the command ends with: what it says is judged, and a machine's command may end with its verdict.
    """
    return host.get_fact(fact, **arguments, _timeout=TIMEOUT, _success_exit_codes=list(range(255)))


def get(host: Host, fact: type[FactBase[T]], arguments: Mapping[str, Any]) -> Answer[T]:
    """Get a fact of one host; a fact that can't be had is told with what the machine said."""
    asked = clock.now()
    try:
        found = fetch(host, fact, arguments)
    except PyinfraError as error:
        return Answer(None, printable(str(error)), asked)
    except Exception as error:  # noqa: BLE001 -- one machine's rubbish must not stop the others'
        why = f"what it said can't be understood: {type(error).__name__}: {in_brief(str(error))}"
        return Answer(None, why, asked)
    reply = getattr(host.connector, "reply", None)
    return Answer(found, "" if found is not None else f"said {first_line(reply.errors if reply else '')}", asked)
