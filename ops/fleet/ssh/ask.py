"""Ask every machine of an inventory one thing at once, over SSH, through pyinfra.

What goes wrong with one machine is that machine's answer; nothing is raised for it, and no machine is missing.
"""

from __future__ import annotations

import itertools
import logging
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core.errors import SeawallError
from ops.fleet.inventory import Inventory

CONNECT_TIMEOUT = 5  # seconds
COMMAND_TIMEOUT = 30  # seconds


@dataclass(frozen=True)
class Answer:
    """What a machine said, or in `trouble` why it could not be asked."""

    output: str = ""
    errors: str = ""
    trouble: str = ""


def ask(inventory: Inventory, command: str | Mapping[str, str]) -> dict[str, Answer]:
    """Run a command on every host of an inventory at the same time; return each host's answer.

    `command` is one for all, or each host's own.
    """
    commands = {host: command if isinstance(command, str) else command[host] for host in inventory.variables}
    answers: dict[str, Answer] = {}
    reached: dict[str, dict[str, Any]] = {}
    for host in inventory.variables:
        try:
            reached[host] = connection(inventory.connection(host))
        except SeawallError as error:
            answers[host] = Answer(trouble=error.message)
    if reached:
        answers |= _ask(reached, commands)
    return {host: answers[host] for host in inventory.variables}


def connection(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Given Ansible's connection variables of a host, return pyinfra's; raise SeawallError for what it cannot do.

    Two hosts that are both `local` would be one machine under two names, so only SSH is spoken.
    """
    kind = variables.get("ansible_connection", "ssh")
    if kind not in {"ssh", "smart", "paramiko", "paramiko_ssh"}:
        raise SeawallError(f"the connection {kind!r} is not SSH")
    options = _options(variables)
    key = variables.get("ansible_ssh_private_key_file") or variables.get("ansible_private_key_file")
    key = key or options.get("identityfile")
    data = {
        "ssh_hostname": variables.get("ansible_host"),
        "ssh_port": variables.get("ansible_port"),
        "ssh_user": variables.get("ansible_user"),
        "ssh_paramiko_connect_kwargs": {"banner_timeout": CONNECT_TIMEOUT, "auth_timeout": CONNECT_TIMEOUT},
        "ssh_key": str(Path(key).expanduser()) if key else None,
        "ssh_config_file": os.devnull if options.get("-f") == "none" else options.get("-f"),
        "ssh_known_hosts_file": options.get("userknownhostsfile"),
        "ssh_strict_host_key_checking": options.get("stricthostkeychecking", "yes"),
    }
    known = {name: value for name, value in data.items() if value is not None}
    return known | {"become": bool(variables.get("ansible_become"))}


def _options(variables: Mapping[str, Any]) -> dict[str, str]:
    """Read the OpenSSH options that decide whom we speak to; the others are about speed and comfort."""
    words = shlex.split(f"{variables.get('ansible_ssh_common_args', '')} {variables.get('ansible_ssh_extra_args', '')}")
    said: dict[str, str] = {}
    for word, following in itertools.zip_longest(words, words[1:], fillvalue=""):
        option = following if word == "-o" else word.removeprefix("-o") if word.startswith("-o") else ""
        name, _, value = option.partition("=")
        said.setdefault(name.strip().lower(), value.strip())
        if word in {"-F", "-J"}:
            said[word.lower()] = following
    for name in ("proxycommand", "proxyjump", "hostkeyalias", "-j"):
        if name in said:
            raise SeawallError(f"the SSH option {name} is not known here; put it into ~/.ssh/config")
    return said


def _ask(hosts: Mapping[str, dict[str, Any]], commands: Mapping[str, str]) -> dict[str, Answer]:
    from gevent import monkey

    # Before anything of pyinfra's, so that waiting for one machine does not hold the others.
    monkey.patch_all(ssl=False, subprocess=False, signal=False)
    from pyinfra.api.config import Config
    from pyinfra.api.inventory import Inventory as Machines
    from pyinfra.api.state import State

    logging.getLogger("pyinfra").setLevel(logging.CRITICAL + 1)  # what goes wrong is in the answers
    logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
    machines = Machines((list(hosts.items()), {}))
    state = State(machines, Config(CONNECT_TIMEOUT=CONNECT_TIMEOUT))
    jobs = {host.name: state.pool.spawn(_ask_one, host, commands[host.name], hosts[host.name]) for host in machines}
    return {name: job.get() for name, job in jobs.items()}


def _ask_one(host: Any, command: str, data: Mapping[str, Any]) -> Answer:
    from pyinfra.api.exceptions import PyinfraError

    root = data["become"] and data.get("ssh_user") != "root"
    try:
        host.connect(show_errors=False, raise_exceptions=True)
        _, output = host.run_shell_command(
            f"sudo -n {command}" if root else command, _timeout=COMMAND_TIMEOUT, _shell_executable="sh"
        )
    except TimeoutError:
        return Answer(trouble=f"does not answer: nothing within {COMMAND_TIMEOUT} s")
    except PyinfraError as error:
        return Answer(trouble=f"does not answer: {error}")
    except Exception as error:  # noqa: BLE001 -- paramiko raises what it likes; the other machines go on
        return Answer(trouble=f"does not answer: {type(error).__name__}: {error}")
    finally:
        _leave(host)
    return Answer(output.stdout, output.stderr)


def _leave(host: Any) -> None:
    client = getattr(host.connector, "client", None)
    if client is not None:
        client.close()
