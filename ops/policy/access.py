"""How repositories are reached and opened: their addresses, and the names of files with secrets.

A role writes these files, a unit reads those that it names, the control machine makes the same ones for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.core import kinds
from ops.core.errors import UsageError
from ops.core.schema import decode
from ops.interfaces.joined import account_file, address_file, password_file, read_from, reader_file, repository_files
from ops.interfaces.target import Location, Target
from ops.policy.model import HostPolicy, Repository

__all__ = [
    "AUTHORITY",
    "FOLDER",
    "LEDGER_KEY",
    "account_file",
    "address",
    "address_file",
    "attended",
    "files",
    "password_file",
    "read_from",
    "reader_file",
    "renewed",
    "repository_files",
    "served",
    "stored",
    "target",
    "url",
    "written",
]

FOLDER = "/etc/seawall/credentials"
AUTHORITY = "ca.pem"
LEDGER_KEY = "ledger.key"


def target(kind: str) -> Target[Any]:
    """Return a kind of repository; raise UnknownKind."""
    loaded: Target[Any] = kinds.load("ops.targets", kind)
    return loaded


def served(repository: Repository) -> bool:
    """Return whether a repository is served over the network: with an account for each machine, and for readers."""
    return target(repository.kind).sign_in is not None


def attended(repository: Repository) -> bool:
    """Return whether a repository comes and goes by a person's hands."""
    return target(repository.kind).attended


def readable_elsewhere(repository: Repository) -> bool:
    """Return whether another machine may read a repository: over the network, or from the disk on which it came."""
    return served(repository) or attended(repository)


def stored(repository: Repository) -> bool:
    """Return whether a repository lies at a store of somebody else, with an account that the site was given there."""
    return target(repository.kind).account is not None


def files(name: str, repository: Repository) -> tuple[str, ...]:
    """Return the names of the files that open this machine's own repository."""
    return (*repository_files(name), *([account_file(name)] if stored(repository) else []))


def renewed(policy: HostPolicy) -> dict[str, int]:
    """Return the repositories at stores whose locks this machine renews, each with the days for which they hold."""
    found = {}
    for name, repository in policy.repositories.items():
        kind = target(repository.kind)
        if kind.kept and kind.kept.keeper(options := _typed(repository)) == policy.host:
            found[name] = kind.kept.days(options)
    return found


def written(repository: Repository) -> Sequence[str]:
    """Return the folders of a machine itself that its repository is written to."""
    return target(repository.kind).writes(_typed(repository))


def _typed(repository: Repository) -> Any:
    """Return the options of a repository; the policy of a whole site has them as plain data."""
    kind, options = target(repository.kind), repository.options
    return options if isinstance(options, kind.options) else decode(kind.options, options, "options")


def address(name: str, repository: Repository, machine: str, *, reads_only: bool = False) -> str:
    """Return where a machine's repository lies, without the account that opens it.

    name: what the policy calls it. reads_only: for somebody who may only read.
    Raises UsageError for a repository that a machine of the inventory has to keep, and none does.
    """
    if served(repository) and repository.host is None:
        raise UsageError(f"no machine of the inventory keeps {name}, so it has no address")
    location = Location(machine=machine, keeper=repository.host or "", reads_only=reads_only)
    return target(repository.kind).address(repository.options, location)


def url(kind: str, where: str, account: str, password: str) -> str:
    """Return the address of a served repository with an account, as restic reads it from a file.

    Raises UsageError for a kind without accounts.
    """
    sign_in = target(kind).sign_in
    if sign_in is None:
        raise UsageError(f"repositories of kind {kind} have no accounts")
    return sign_in(where, account, password)


def beside(policy: HostPolicy) -> list[str]:
    """Return the repositories of this machine's assets beside which it may lay small files, by their names.

    It has an account there, which may add, and neither replace nor remove anything.
    """
    first = [asset.repository for asset in policy.assets.values()]
    then = [copy.to for asset in policy.assets.values() for copy in asset.copies.values()]
    return [name for name in dict.fromkeys([*first, *then]) if _takes(policy.repositories.get(name))]


def _takes(repository: Repository | None) -> bool:
    return bool(repository and repository.host and target(repository.kind).deposit)


def readable(policy: HostPolicy) -> list[tuple[str, str]]:
    """Return what this machine reads of others: the machine and the name of each of its served repositories."""
    found = {
        (drilled.host, name)
        for drilled in policy.drills.values()
        for name in (drilled.asset.repository, *(copy.to for copy in drilled.asset.copies.values()))
        if served(policy.repositories[name])
    }
    return sorted(found)
