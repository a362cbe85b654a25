"""The policy for playbooks: `hostvars | seawall_policy(inventory_hostname)` and `document | seawall_units`.

A thin door: all that is decided is decided in ops.policy, which the command `seawall` and the tests read too.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

CHECKOUT = str(Path(__file__).resolve().parents[2])
if CHECKOUT not in sys.path:
    sys.path.insert(0, CHECKOUT)

from ops.core.errors import PolicyError, SeawallError
from ops.policy.hostvars import PREFIX, compile_inventory
from ops.policy.compile import document, read_document
from ops.policy.units import boots_disks, units


def seawall_policy(hostvars: Any, host: str) -> dict[str, Any]:
    """Given the variables of all hosts, return one host's part of the policy as plain data."""
    raw = {str(name): hostvars.raw_get(name) for name in hostvars}  # not templated
    variables = {name: _policy(said) for name, said in raw.items()}
    groups = {str(name): _plain(hosts) for name, hosts in raw[host]["groups"].items()}
    try:
        return document(compile_inventory(variables, groups)[host])
    except PolicyError as error:
        raise AnsibleFilterError(
            f"the policy is wrong; nothing was changed on any machine\n{error}\n"
            "`seawall policy check` names the file and line of each problem"
        ) from error
    except SeawallError as error:
        raise AnsibleFilterError(str(error)) from error


def seawall_units(plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Given one host's part of the policy, return the systemd units that follow from it."""
    try:
        return [_plain(dataclasses.asdict(unit)) for unit in units(read_document(_plain(plain)))]
    except SeawallError as error:
        raise AnsibleFilterError(str(error)) from error


def seawall_boots_disks(plain: Mapping[str, Any]) -> bool:
    """Given one host's part of the policy, return whether machines are drilled there with their own kernel."""
    try:
        return boots_disks(read_document(_plain(plain)))
    except SeawallError as error:
        raise AnsibleFilterError(str(error)) from error


def _policy(said: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): _plain(value) for name, value in said.items() if name.startswith(PREFIX)}


def _plain(value: Any) -> Any:
    """Return Ansible's own kinds of text, number, list and mapping as Python's; the rest as it is."""
    if isinstance(value, Mapping):
        return {_plain(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return "".join(value) if isinstance(value, str) else value


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "seawall_policy": seawall_policy,
            "seawall_units": seawall_units,
            "seawall_boots_disks": seawall_boots_disks,
        }
