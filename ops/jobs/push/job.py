"""Handing this machine's status over to its backup hosts, signed, by the account that it has there already."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ops.core.announce import announce
from ops.core.errors import SeawallError, UsageError
from ops.core.quantity import Size
from ops.evidence.ssh_signature import sign
from ops.interfaces.card import Signed, written
from ops.interfaces.pushed import FOLDER, MOST, NAMESPACE
from ops.interfaces.status_answer import StatusAnswer
from ops.jobs.host import credentials
from ops.policy import HostPolicy, access


def hand_over(policy: HostPolicy, status: StatusAnswer) -> Iterator[tuple[str, str]]:
    """Lay a status beside each repository of this machine, and yield their names, each with why it could not be.

    Raises UsageError where nobody takes any, and for a status that is too large.
    """
    names = access.beside(policy)
    if not names:
        raise UsageError(f"no backup host keeps a repository of {policy.host}, so none takes its status")
    content = signed(status)
    if len(content) > MOST:
        raise UsageError(f"the status has {Size(len(content))}, and {Size(MOST)} are taken: ask this machine itself")
    for name in names:
        try:
            _deposit(policy, name, content)
        except SeawallError as error:
            announce(f"{name}: the status was not handed over: {error.message}")
            yield name, error.message
        else:
            yield name, ""


def signed(status: StatusAnswer) -> bytes:
    """Return a status as it is handed over."""
    text = json.dumps(status.written(), sort_keys=True, separators=(",", ":"))
    return written(Signed(text, sign(text, credentials.find(access.LEDGER_KEY), NAMESPACE)))


def _deposit(policy: HostPolicy, name: str, content: bytes) -> None:
    """Add it, and read it back; no key that opens the repository is needed for that."""
    deposit = access.target(policy.repositories[name].kind).deposit
    if deposit:
        url = credentials.find(access.address_file(name))
        deposit(url, credentials.find(access.AUTHORITY), FOLDER, content)
