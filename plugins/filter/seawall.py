"""The policy for playbooks and roles: `hostvars | seawall.operations.policy(inventory_hostname)` and others.

A thin door: all that is decided is decided in ops.policy, which the command `seawall` and the tests read too.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

CHECKOUT = str(Path(__file__).resolve().parents[2])
if CHECKOUT not in sys.path:
    sys.path.insert(0, CHECKOUT)

from ops.core.errors import PolicyError, SeawallError  # noqa: E402 -- the checkout must be on the path
from ops.fleet.pack_numbers import offers  # noqa: E402
from ops.policy import (  # noqa: E402
    doors,
    filtering,
    hardening,
    logs,
    powered,
    role_files,
    secret_files,
    standby_files,
    ups,
)
from ops.policy.compile import document, read_document  # noqa: E402
from ops.policy.containers import containers  # noqa: E402
from ops.policy.databases import databases, taken_clusters  # noqa: E402
from ops.policy.hostvars import PREFIX, compile_inventory  # noqa: E402
from ops.policy.model import HostPolicy  # noqa: E402
from ops.policy.secrets import Secrets  # noqa: E402
from ops.policy.surroundings import UPS_DEVICES, device_names  # noqa: E402
from ops.policy.units import boots_disks, units  # noqa: E402

Filter = Callable[..., Any]
_KNOWN: dict[str, Mapping[str, HostPolicy]] = {}  # what was compiled last, by the variables that it is of
DOCUMENT = "seawall_document"  # the fact in which playbooks/policy.yml keeps a host's part of the policy


def filtered(filter_: Filter) -> Filter:
    """Return a filter that gets and gives Python's own kinds, and whose errors are Ansible's."""

    @functools.wraps(filter_)
    def called(value: Any, *words: Any) -> Any:
        try:
            return plain(filter_(value, *words))
        except SeawallError as error:
            raise AnsibleFilterError(str(error)) from error

    return called


def policy(hostvars: Any, host: str) -> dict[str, Any]:
    """Given the variables of all hosts, return one host's part of the policy as plain data."""
    try:
        return document(_compiled(hostvars, host)[host])
    except PolicyError as error:
        raise AnsibleFilterError(
            f"the policy is wrong; nothing was changed on any machine\n{error}\n"
            "`seawall policy check` names the file and line of each problem"
        ) from error


def machines(hostvars: Any) -> int:
    """Given the variables of all hosts, return how many there are; what follows has the policy compiled already.

    In the name of a task: that is worked out in the process which all others are copies of, so a site's policy is
    compiled once, and not by each host of it. What is wrong with it is told by `policy`.
    """
    with contextlib.suppress(SeawallError):
        for one in _compiled(hostvars, next(iter(hostvars), "")).values():
            list(units(read_document(document(one))))  # which asks when they elapse, too
    return len(hostvars)


def _compiled(hostvars: Any, host: str) -> Mapping[str, HostPolicy]:
    """Return the policy of each host; raise PolicyError. The same variables are compiled once in a process."""
    raw = {str(name): hostvars.raw_get(name) for name in hostvars}  # not templated
    variables = {name: _policy(said) for name, said in raw.items()}
    groups = {str(name): plain(hosts) for name, hosts in raw[host]["groups"].items()}
    place = _inventory(raw[host])
    key = json.dumps([str(place), groups, variables], default=repr)
    if key not in _KNOWN:
        _KNOWN.clear()
        _KNOWN[key] = compile_inventory(variables, groups, offers(variables, place))
    return _KNOWN[key]


def of_document(decide: Callable[..., Any]) -> Filter:
    """Return the filter `document | ...` of what follows from one host's part of the policy."""
    return filtered(lambda value, *words: decide(read_document(plain(value)), *words))


def of_secrets(decide: Callable[[Any, Secrets], Any]) -> Filter:
    """Return the filter `hostvars | ...(host)` of what follows from a host's part of the policy and the secrets."""
    return filtered(
        lambda hostvars, host: decide(read_document(plain(hostvars[host][DOCUMENT])), Secrets(hostvars)),
    )


def firewall(hostvars: Any, host: str) -> dict[str, Any] | None:
    """Given the variables of all hosts, return what the role `firewall` is given for one; None where it wants none."""
    groups = {str(name): plain(hosts) for name, hosts in hostvars[host]["groups"].items()}
    port = str(plain(hostvars[host].get("ansible_port") or filtering.SSH))
    if not port.isdecimal():
        raise AnsibleFilterError(f"ansible_port of {host} is {port[:80]!r}; expected the number of a port")
    around = filtering.Around(Addresses(hostvars), groups, int(port))
    return filtering.wanted(read_document(plain(hostvars[host][DOCUMENT])), around)


class Addresses(Mapping[str, str]):
    """Where each machine is reached, as the inventory has it; only those that are asked for are worked out."""

    def __init__(self, hostvars: Any) -> None:
        self.hostvars = hostvars

    def __getitem__(self, name: str) -> str:
        if name not in self.hostvars:
            raise KeyError(name)
        return str(plain(self.hostvars[name].get("ansible_host", "")))

    def __iter__(self) -> Iterator[str]:
        return (str(name) for name in self.hostvars)

    def __len__(self) -> int:
        return len(self.hostvars)


def of_plain(decide: Callable[..., Any]) -> Filter:
    """Return the filter of what follows from plain data alone."""
    return filtered(lambda value, *words: decide(plain(value), *words))


def _inventory(said: Mapping[str, Any]) -> Path:
    """Return the one inventory of this run, from which packs of the site's own are named; of several, this host's."""
    sources = [Path(str(source)) for source in said.get("ansible_inventory_sources") or ()]
    return sources[0] if len(sources) == 1 and sources[0].exists() else Path(str(said.get("inventory_dir") or "."))


def _policy(said: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {str(name): plain(value) for name, value in said.items() if name.startswith(PREFIX)}
    return wanted | ({UPS_DEVICES: device_names(said)} if UPS_DEVICES in said else {})


def plain(value: Any) -> Any:
    """Return dataclasses and Ansible's own kinds of text, number, list and mapping as Python's; the rest as it is."""
    if isinstance(value, role_files.File):
        return plain(value.plain())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain(dataclasses.asdict(value))
    if isinstance(value, Mapping):
        return {plain(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return "".join(value) if isinstance(value, str) else value


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Filter]:
        """Return the filters by name."""
        return {
            "policy": filtered(policy),
            "machines": filtered(machines),
            "units": of_document(units),
            "ports": of_document(doors.ports),
            "boots_disks": of_document(boots_disks),
            "repository_init": of_document(secret_files.repository_init),
            "repository_note": of_document(secret_files.repository_note),
            "client_files": of_secrets(secret_files.client_files),
            "drill_files": of_secrets(secret_files.drill_files),
            "channel_files": of_secrets(secret_files.channel_files),
            "keeper_files": of_secrets(secret_files.keeper_files),
            "clients": of_secrets(doors.clients),
            "signers": of_document(doors.signers),
            "card_signers": of_plain(doors.card_signers),
            "described": of_plain(role_files.described),
            "reader_files": of_plain(role_files.reader_files),
            "writer_files": of_plain(role_files.writer_files),
            "simulation_files": of_plain(ups.simulation_files),
            "ups_devices": of_plain(ups.devices),
            "hardening": of_document(hardening.part),
            "firewall": filtered(firewall),
            "powered": of_document(powered.powered),
            "databases": of_document(databases),
            "taken_clusters": of_document(taken_clusters),
            "containers": of_document(containers),
            "container_files": of_plain(role_files.container_files),
            "standbys": of_document(standby_files.laid),
            "standby_files": of_secrets(standby_files.files),
            "log_clusters": of_document(logs.log_clusters),
            "unit_files": of_plain(role_files.unit_files),
        }
