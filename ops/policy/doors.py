"""The doors of a backup host: who writes and who reads there, and at which ports."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from ops.core import kinds
from ops.core.calendar import Calendar
from ops.core.quantity import Duration, Percent, Size
from ops.core.schema import decode
from ops.interfaces.card import NAMESPACE
from ops.interfaces.state import LEAVING
from ops.policy import secrets
from ops.policy.model import CheckSpec, HostPolicy, Written
from ops.policy.secrets import Secrets

_PUBLIC = re.compile(r"ssh-ed25519 [A-Za-z0-9+/]{60,100}={0,2}(?=\s|$)")
LEAVE = time(10)  # where a calendar says no time of day: after the night's plan
KIND = "rest_server"  # what the role backup_host sets up


@dataclass(frozen=True)
class Account:
    """An account at a backup host: its name and the bcrypt hash of its password."""

    name: str
    hash: str = field(repr=False)


@dataclass(frozen=True)
class Client:
    """A machine that keeps its repository at a backup host, with the accounts that may read it.

    quota: how large the repository may become, in bytes; None where the policy does not say. leaves: when sets leave
    it, as systemd is told; none where none ever does. window: how long the machine is waited for then, in seconds.
    """

    name: str
    hash: str = field(repr=False)
    readers: tuple[Account, ...] = ()
    quota: int | None = None
    leaves: tuple[str, ...] = ()
    window: int = 0


@dataclass(frozen=True)
class Ports:
    """Where clients write, and where readers read."""

    port: int
    reader_port: int


@dataclass(frozen=True)
class Leaving:
    """How sets leave a repository.

    at: when. window: how long a machine is waited for. grace: how long they can come back. unused: how much of what
    stays may be unused before it is rewritten.
    """

    at: Calendar
    window: Duration
    grace: Duration
    unused: Percent


def leaving(policy: HostPolicy, repository: str = "") -> Leaving | None:
    """Return how sets leave a repository, by default those that this backup host keeps; None where none ever leaves."""
    kept = policy.repositories.get(repository or _kept(policy))
    if kept is None or kept.kind != KIND:
        return None
    options = kept.options
    if isinstance(options, Mapping):  # as the policy of a whole site has them
        options = decode(kinds.load("ops.targets", KIND).options, options, "options")
    if options.leave_at is None:
        return None
    return Leaving(options.leave_at.at(LEAVE), options.leave_window, options.leave_grace, options.leave_unused)


def check(host: str, policy: Written, clients: Collection[str]) -> dict[str, CheckSpec]:
    """Return the check of a machine from whose repositories sets leave: whose, and when; none leaves the control's."""
    kept = [dict(one.options) for one in policy.repositories.values() if one.host == host]  # not typed yet
    calendar = next((str(options["leave_at"]) for options in kept if options.get("leave_at")), "")
    control = policy.control.name if policy.control else ""
    names = sorted({*clients} - {control})
    if not calendar or not names:
        return {}
    options: dict[str, Any] = {"clients": names, "timezone": policy.site.timezone}
    with suppress(ValueError):  # what is wrong with it is said where it is written
        options["calendar"] = str(Calendar.parse(calendar).at(LEAVE))
    return {LEAVING: CheckSpec(LEAVING, options)}


def clients(policy: HostPolicy, said: Secrets) -> list[Client]:
    """Return those who keep a repository at a backup host, with those who may read it, in order of their names.

    The control machine is one of them where the policy says so; nobody drills it.
    """
    kept, how = _kept(policy), leaving(policy)
    when = (how.at.zoned(policy.site.timezone).expressions, how.window.seconds) if how else ((), 0)
    found = []
    for name, readers in sorted(policy.clients.items()):
        allowed = quota(policy, name)
        room = allowed.bytes if allowed else None
        if policy.control and name == policy.control.name:
            account = said.text(policy.host, secrets.CONTROL[1], policy.control.repository, "hash")
            found.append(Client(name, account, quota=room))
            continue
        accounts = (Account(each, said.text(name, secrets.READER_ACCOUNTS, kept, each, "hash")) for each in readers)
        found.append(Client(name, said.text(name, secrets.ACCOUNTS, kept, "hash"), tuple(accounts), room, *when))
    return found


def signers(policy: HostPolicy) -> list[str]:
    """Return the machines whose cards count at a backup host: its clients, and those who drill what they keep there."""
    return sorted({*policy.clients, *(reader for readers in policy.clients.values() for reader in readers)})


def card_signers(read: Sequence[Mapping[str, Any]], noted: str) -> str:
    """Return the list of signers of cards: one line for each machine, in the form of ssh-keygen.

    read: what Ansible read of each machine, named `backup_host_signer`: the file with its public key in base64, as
    `content`. noted: the list as it was; of a machine that could not be read, its line there stays. What a machine
    tells is hostile: one key is taken of it, and so it can name no key of another.
    """
    before = {line.split(" ", 1)[0]: line for line in noted.splitlines() if " " in line}
    lines = []
    for one in read:
        name = str(one.get("backup_host_signer", ""))
        content = base64.b64decode(str(one.get("content", "")), validate=False).decode("ascii", "replace")
        if key := _PUBLIC.match(content):
            lines.append(f'{name} namespaces="{NAMESPACE}" {key[0]}')
        elif name in before:
            lines.append(before[name])
    return "".join(f"{line}\n" for line in sorted(lines))


def quota(policy: HostPolicy, client: str) -> Size | None:
    """Return how large a client's repository may become at a backup host; None where the policy does not say."""
    kept = policy.repositories.get(_kept(policy))
    return kinds.load("ops.targets", KIND).quota(kept.options, client) if kept else None


def ports(policy: HostPolicy) -> Ports:
    """Return where a backup host listens: as the policy says of the repository that it keeps."""
    kept = policy.repositories.get(_kept(policy))
    options = kept.options if kept else kinds.load("ops.targets", KIND).options()
    return Ports(options.port, options.reader_port)


def _kept(policy: HostPolicy) -> str:
    """Return the name under which the policy knows a backup host's repositories; nothing where it does not."""
    ours = (name for name, one in policy.repositories.items() if (one.kind, one.host) == (KIND, policy.host))
    return next(ours, "")
