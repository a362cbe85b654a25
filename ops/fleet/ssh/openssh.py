"""How OpenSSH reaches a machine: Ansible's own variables and settings, handed on as they are.

Nothing of them is parsed here, so jump hosts, `Match`, agents, security keys and known hosts work as with Ansible. Each
machine has one control connection, which later commands share, also those of another `seawall`.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core.errors import SeawallError
from ops.core.run import run

CONNECT_TIMEOUT = 5  # seconds
KEPT_SECONDS = 60  # for which a connection that nobody uses stays open
LONGEST_SOCKET = 107 - 17  # bytes in the name of a socket, less what ssh appends while it makes one
SSH = {"ssh", "smart", "paramiko", "paramiko_ssh"}
# What ssh needs beside the small environment that every program gets: the agent, and who asks.
ENVIRONMENT = ("SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS", "USER", "LOGNAME")
# Ansible's settings: its variable, its environment variable, its place in ansible.cfg.
_SETTINGS = (
    ("ansible_ssh_args", "ANSIBLE_SSH_ARGS", "ssh_connection", "ssh_args"),
    ("ansible_ssh_common_args", "ANSIBLE_SSH_COMMON_ARGS", "ssh_connection", "ssh_common_args"),
    ("ansible_ssh_extra_args", "ANSIBLE_SSH_EXTRA_ARGS", "ssh_connection", "ssh_extra_args"),
    ("ansible_user", "ANSIBLE_REMOTE_USER", "defaults", "remote_user"),
    ("ansible_ssh_private_key_file", "ANSIBLE_PRIVATE_KEY_FILE", "defaults", "private_key_file"),
)


@dataclass(frozen=True)
class Way:
    """The way to a machine. options: what stands before its address on ssh's command line. become: ask by sudo."""

    address: str
    options: tuple[str, ...]
    become: bool

    @property
    def control_path(self) -> Path:
        """The socket of the control connection; another way to the same machine has another."""
        told = json.dumps([self.address, *self.options])
        path = control_folder() / hashlib.sha256(told.encode()).hexdigest()[:16]
        if len(os.fsencode(path)) > LONGEST_SOCKET:
            raise SeawallError(f"the path {path} is too long for a socket", "set XDG_RUNTIME_DIR to a shorter folder")
        return path

    def words(self) -> list[str]:
        """Return all options, those of the control connection included; of two that differ, ssh takes the first."""
        socket = str(self.control_path).replace("%", "%%")
        return [
            *("-o", "BatchMode=yes", *self.options, "-o", "ControlMaster=auto"),
            *("-o", f"ControlPersist={KEPT_SECONDS}", "-o", f'ControlPath="{socket}"'),
            *("-o", f"ConnectTimeout={CONNECT_TIMEOUT}", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"),
            *("-o", "LogLevel=ERROR"),
        ]

    def argv(self, command: str) -> list[str]:
        """Return the program and its arguments that run a command, one text for the shell there."""
        return ["ssh", *self.words(), "--", self.address, command]

    def setting(self, name: str) -> str:
        """Return what OpenSSH takes for one of its settings, in small letters, on this way; empty when it has none."""
        told = run(["ssh", *self.options, "-G", "--", self.address], timeout=20, env=environment()).stdout
        return next((line.partition(" ")[2] for line in told.splitlines() if line.startswith(f"{name} ")), "")


def way(host: str, variables: Mapping[str, Any]) -> Way:
    """Given Ansible's connection variables of a host, return the way to it; raise SeawallError where there is none.

    Two hosts that are both `local` would be one machine under two names, so only SSH is spoken.
    """
    kind = variables.get("ansible_connection", "ssh")
    if kind not in SSH:
        raise SeawallError(f"the connection {kind!r} is not SSH")
    known = {**_settings(), **variables}
    for name, value in known.items():
        if "{{" in str(value):
            raise SeawallError(f"{name} is a template, which only Ansible fills in; write its value")
    options = [*_split(known, "ansible_ssh_args")]
    key = known.get("ansible_ssh_private_key_file") or known.get("ansible_private_key_file")
    for name, value in (
        ("Port", known.get("ansible_port")),
        ("User", known.get("ansible_user")),
        ("IdentityFile", key),
    ):
        if value:
            options += ["-o", f'{name}="{value}"']
    options += [*_split(known, "ansible_ssh_common_args"), *_split(known, "ansible_ssh_extra_args")]
    become = str(known.get("ansible_become", "")).lower() in {"1", "true", "yes", "on"}
    address = str(known.get("ansible_host") or host)
    return Way(address, tuple(options), become and known.get("ansible_user") != "root")


def _split(known: Mapping[str, Any], name: str) -> list[str]:
    try:
        return shlex.split(str(known.get(name) or ""))
    except ValueError as error:
        raise SeawallError(f"{name} can't be split into words: {error}") from error


def _settings() -> dict[str, str]:
    """Return what ansible.cfg in the current directory and the environment say for all hosts."""
    file = configparser.ConfigParser(interpolation=None)
    file.read(os.environ.get("ANSIBLE_CONFIG", "ansible.cfg"), encoding="utf-8")
    said = {name: os.environ.get(word) or file.get(part, key, fallback=None) for name, word, part, key in _SETTINGS}
    return {name: value for name, value in said.items() if value}


def environment() -> dict[str, str]:
    """Return what ssh needs of the environment beside what every program gets."""
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def control_folder() -> Path:
    """Return the folder of the control connections, made when missing; raise SeawallError when others may enter."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "~/.cache").expanduser()
    folder = runtime / "seawall/ssh"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
        raise SeawallError(f"{folder} is not a folder that only this account may enter", f"remove {folder}")
    return folder
