"""Secrets of an inventory, opened with the vault's password for as long as a command needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import UsageError
from ops.fleet.inventory import Inventory
from ops.fleet.secrets.make import ALL
from ops.fleet.secrets.turnover import Turnover
from ops.fleet.secrets.vault import Sealed, Store, Vault
from ops.policy import HostPolicy, access
from ops.policy.compile import document, read_document
from ops.policy.model import AWAY, Repository
from ops.policy.secrets import ACCOUNTS, AUTHORITY, CHANNELS, CONTROL, PASSWORDS, READER_PASSWORDS, STORES


@dataclass(frozen=True)
class RepositoryAccess:
    """One machine's repository in one place, with all that opens it.

    place: the policy's name for it. kind: of the place. address: where it lies, without the account. keeper, account:
    empty for one on a disk of the machine itself. key: the id of the key that the password opens, empty where it is
    not known.
    """

    machine: str
    place: str
    kind: str
    keeper: str
    address: str
    account: str
    account_password: str
    password: str
    key: str = ""

    @property
    def url(self) -> str:
        """The address as restic reads it from a file."""
        if not self.account or access.target(self.kind).sign_in is None:  # a store's account is no part of it
            return self.address
        return access.url(self.kind, self.address, self.account, self.account_password)


@dataclass(frozen=True)
class Away:
    """A repository that a disaster of the site does not reach. where, names: the place and variables of its secrets."""

    where: str
    names: tuple[str, str]
    machine: str
    place: str
    repository: Repository


def away(policies: Mapping[str, HostPolicy]) -> Iterator[Away]:
    """Yield every one of them, the control machine's first. policies: as they are read from documents."""
    first = next(iter(policies.values()), None)
    if first and (control := first.control):
        yield Away(ALL, CONTROL, control.name, control.repository, first.repositories[control.repository])
    for host, policy in policies.items():
        used = {asset.repository for asset in policy.assets.values()}
        used |= {copy.to for asset in policy.assets.values() for copy in asset.copies.values()}
        for place in sorted(used):
            if (repository := policy.repositories[place]).place in AWAY:
                yield Away(f"host_vars/{host}", (PASSWORDS, ACCOUNTS), host, place, repository)


class UnlockedSecrets:
    """An inventory's secrets behind its vault."""

    def __init__(self, inventory: Inventory, password_file: Path | None) -> None:
        if password_file is None:
            raise UsageError("no vault password", "use --vault-password-file FILE")
        path = inventory.path
        self._policies = {host: read_document(document(one)) for host, one in inventory.policies().items()}
        self._store = Store(path if path.is_dir() else path.parent)
        self._vault = Vault(Path(password_file))

    def authority(self) -> str:
        """Return the certificate of the site's authority, PEM."""
        return self._demanded(ALL, AUTHORITY[:1], sealed=False)

    def control(self, own: HostPolicy) -> dict[str, str]:
        """Return the secrets of the control machine's own repository, by name of file."""
        assert own.control is not None  # noqa: S101 -- asked for only where there is one
        door = self._door(ALL, CONTROL, own.host, own.control.repository, own.repositories[own.control.repository])
        return self.files(door)

    def channel(self, name: str) -> str:
        """Return the secret of a channel of alarms; the site writes it itself."""
        if self._store.get(ALL, (CHANNELS, name)) is None:
            hint = f"write it, sealed, as {CHANNELS}: {{{name}: ...}}, into {ALL}; docs/alarms.md"
            raise UsageError(f"{ALL} has no {CHANNELS}.{name}", hint)
        return self._demanded(ALL, (CHANNELS, name))

    def files(self, door: RepositoryAccess) -> dict[str, str]:
        """Return what opens a repository, by name of file."""
        url, password = f"{door.url}\n", f"{door.password}\n"
        return {
            access.address_file(door.place): url,
            access.password_file(door.place): password,
            access.AUTHORITY: self.authority(),
        }

    def away(self) -> Iterator[RepositoryAccess]:
        """Yield every repository that a disaster of the site does not reach, the control machine's first."""
        for one in away(self._policies):
            yield self._door(one.where, one.names, one.machine, one.place, one.repository)

    def access(self, machine: str, place: str) -> RepositoryAccess:
        """Return a machine's repository with all that opens it; raise UsageError for one that is not served."""
        where, names, repository = self._whose(machine, place)
        if not access.served(repository):
            raise UsageError(f"{place} is a place on {machine} itself, which the control machine can't reach")
        return self._door(where, names, machine, place, repository)

    def turnover(self, machine: str, place: str) -> Turnover:
        """Return the passwords of a machine's repository, to be changed."""
        where, names, _ = self._whose(machine, place)
        readers = READER_PASSWORDS if names[0] == PASSWORDS else ""
        return Turnover(self._store, self._vault, where, place, names[0], readers)

    def _whose(self, machine: str, place: str) -> tuple[str, tuple[str, str], Repository]:
        first = next(iter(self._policies.values()), None)
        if first and first.control and machine == first.control.name:
            return ALL, CONTROL, first.repositories[place]
        return f"host_vars/{machine}", (PASSWORDS, ACCOUNTS), self._policies[machine].repositories[place]

    def _door(
        self, where: str, names: tuple[str, str], machine: str, place: str, repository: Repository
    ) -> RepositoryAccess:
        if not access.served(repository):
            password, account, key = self._demanded(where, (names[0], place)), "", ""
            if access.stored(repository):
                account, key = (self._of_site(machine, where, (STORES, place, word)) for word in ("account", "key"))
            address = access.address(place, repository, machine)
            return RepositoryAccess(machine, place, repository.kind, "", address, account, key, password)
        if repository.host is None:
            raise UsageError(f"no machine of the inventory keeps {place}; it can't be printed on the sheet yet")
        return RepositoryAccess(
            machine=machine,
            place=place,
            kind=repository.kind,
            keeper=repository.host,
            address=access.address(place, repository, machine),
            account=machine,
            account_password=self._demanded(where, (names[1], place, "password")),
            password=self._demanded(where, (names[0], place)),
        )

    def _of_site(self, machine: str, where: str, path: tuple[str, ...]) -> str:
        """Return what the site wrote itself, for a machine or for all of them, sealed or not."""
        for place in (where, ALL):
            if (value := self._store.get(place, path)) is not None:
                return self._vault.open(value) if isinstance(value, Sealed) else str(value)
        raise UsageError(f"{machine} has no {'.'.join(path)}", "Seawall's page s3.md says what to write")

    def _demanded(self, where: str, path: tuple[str, ...], *, sealed: bool = True) -> str:
        value = self._store.get(where, path)
        if value is None:
            raise UsageError(f"{where} has no {'.'.join(path)}", "seawall secrets make")
        return self._vault.open(value) if sealed else str(value)
