"""Making the secrets that an inventory still lacks, as they follow from the policy, sealed with Ansible Vault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.core.errors import Damaged, UsageError
from ops.fleet.secrets.authority import Pair, ends_soon, make_authority, make_server
from ops.fleet.secrets.vault import NAME, Store, Vault, new_password
from ops.policy import access
from ops.policy.secrets import (
    ACCOUNTS,
    AUTHORITY,
    CONTROL,
    PASSWORDS,
    READER_ACCOUNTS,
    READER_PASSWORDS,
    SERVER,
    STANDBY,
)

if TYPE_CHECKING:
    from ops.policy import HostPolicy

ALL = "group_vars/all"
HASH_ROUNDS = 5  # these passwords cannot be guessed, and servers hash them anew at every request


@dataclass(frozen=True)
class Wanted:
    """A password that must be there. place: whose. account: it comes as a pair of password and hash."""

    place: str
    path: tuple[str, ...]
    account: bool

    @property
    def name(self) -> str:
        """What it is called when it is made."""
        return f"{self.place.rpartition('/')[2]}: {'.'.join(self.path)}"


def make(policies: Mapping[str, HostPolicy], store: Store, vault: Vault) -> list[str]:
    """Put every missing secret into the store and return the names of those made."""
    _demand_openable(store, vault)
    made = [wanted.name for wanted in _passwords(policies) if _add_password(wanted, store, vault)]
    keepers = [(host, SERVER) for host, policy in sorted(policies.items()) if policy.clients]
    keepers += [(host, STANDBY) for host, policy in sorted(policies.items()) if policy.standby]
    # Every backup is handed the authority's certificate, also where no machine keeps a repository for others.
    needed = keepers or any(policy.assets for policy in policies.values())
    return _certificates(keepers, policies, store, vault) + made if needed else made


def _demand_openable(store: Store, vault: Vault) -> None:
    strange = []
    for name, sealed in store.sealed():
        try:
            vault.open(sealed)
        except Damaged:
            strange.append(name)
    if strange:
        raise Damaged(
            f"this vault password does not open {len(strange)} values, starting with {strange[0]}",
            "use the password with which the inventory was sealed; nothing was written",
        )


def _passwords(policies: Mapping[str, HostPolicy]) -> Iterator[Wanted]:
    """Yield every password that follows from the policy."""
    for host, policy in policies.items():
        here = f"host_vars/{host}"
        places = {asset.repository for asset in policy.assets.values()}
        places |= {copy.to for asset in policy.assets.values() for copy in asset.copies.values()}
        readers = sorted({asset.drill.host for asset in policy.assets.values() if asset.drill})
        for place in sorted(places):
            served = access.served(policy.repositories[place])
            yield Wanted(here, (PASSWORDS, place), account=False)
            if served:
                yield Wanted(here, (ACCOUNTS, place), account=True)
            for reader in readers if served else ():
                yield Wanted(here, (READER_PASSWORDS, place, reader), account=False)
                yield Wanted(here, (READER_ACCOUNTS, place, reader), account=True)
    for policy in list(policies.values())[:1]:
        if policy.control:
            yield Wanted(ALL, (CONTROL[0], policy.control.repository), account=False)
            yield Wanted(ALL, (CONTROL[1], policy.control.repository), account=True)


def _add_password(wanted: Wanted, store: Store, vault: Vault) -> bool:
    """Make one password unless it is there; return whether it was made."""
    place = wanted.place
    if store.get(place, wanted.path) is not None:
        return False
    _demand_only_here(place, wanted.path[0], store)
    password = new_password()
    sealed = vault.seal(password)
    if wanted.account:
        store.put(place, wanted.path, {"hash": _hash(password), "password": sealed})
    else:
        store.put(place, wanted.path, sealed)
    return True


def _demand_only_here(place: str, name: str, store: Store) -> None:
    """Written twice, one of the two would be dropped by Ansible without a word."""
    if path := store.beside(place, name):
        raise UsageError(
            f"{name} is needed, but in {path} it is incomplete or in an unexpected place",
            f"move it to {place}/{NAME}; this command then adds what is missing",
        )


def _hash(password: str) -> str:
    import bcrypt

    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(HASH_ROUNDS)).decode("ascii")


def _certificates(
    keepers: list[tuple[str, tuple[str, str]]], policies: Mapping[str, HostPolicy], store: Store, vault: Vault
) -> list[str]:
    """Make the authority and the servers' certificates where they are missing or end soon."""
    made = []
    if _pair(ALL, AUTHORITY, store) is None:
        _demand_only_here(ALL, AUTHORITY[0], store)
        site = next(iter(policies.values())).site.name
        _put(ALL, AUTHORITY, make_authority(site), store, vault)
        made.append(f"all: {AUTHORITY[0]}, {AUTHORITY[1]}")
    for host, names in keepers:
        place = f"host_vars/{host}"
        have = _pair(place, names, store)
        if have is not None and not ends_soon(have[0]):
            continue
        _demand_only_here(place, names[0], store)
        authority = Pair(store.get(ALL, AUTHORITY[:1]), vault.open(store.get(ALL, AUTHORITY[1:])))
        _put(place, names, make_server(host, authority, calls=names == STANDBY), store, vault)
        made.append(f"{host}: {names[0]}, {names[1]}")
    return made


def _pair(place: str, names: tuple[str, str], store: Store) -> tuple[str, str] | None:
    """Return certificate and sealed key when both are there; one without the other helps nobody."""
    certificate, key = (store.get(place, (name,)) for name in names)
    if (certificate is None) != (key is None):
        there, gone = names if key is None else reversed(names)
        raise UsageError(
            f"{place}/{NAME}: has {there} but not {gone}",
            "restore the missing one, or delete the other so that both are created again",
        )
    return None if certificate is None else (certificate, key)


def _put(place: str, names: tuple[str, str], pair: Pair, store: Store, vault: Vault) -> None:
    store.put(place, names[:1], pair.certificate)
    store.put(place, names[1:], vault.seal(pair.key))
