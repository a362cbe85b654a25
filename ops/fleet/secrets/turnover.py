"""The passwords of one machine's repository while they are changed, as the inventory keeps them, sealed.

There are up to three sorts of them: the present ones, which machines are given; the next ones, made before any key is
added, so that none is ever lost; and the former ones, kept until no repository knows them any more. Each step writes
one file, whole or not at all: whatever is interrupted, the inventory opens the repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ops.core.errors import UsageError
from ops.fleet.secrets.vault import Sealed, Store, Vault, new_password
from ops.policy.secrets import FORMER, NEXT

OWN = ""  # the label of the machine's own password; readers have their names
_OWN, _READERS = "own", "readers"

Passwords = Mapping[str, str]  # by label


@dataclass(frozen=True)
class Turnover:
    """The passwords of a repository. where: the file's place, such as `host_vars/his1`; place: the repository's name.

    own, readers: the variables that hold the present ones; readers is empty where nobody else reads.
    """

    store: Store
    vault: Vault
    where: str
    place: str
    own: str
    readers: str = ""

    def present(self) -> Passwords:
        """Return the passwords that machines are given; raise UsageError where there is none."""
        if self.store.get(self.where, (self.own, self.place)) is None:
            raise UsageError(f"{self.where} has no {self.own}.{self.place}", "seawall secrets make")
        return {label: self.vault.open(sealed) for label, sealed in self._present()}

    def next(self) -> Passwords:
        """Return the passwords that take their places; none where no change has begun, or they have."""
        return self._kept(NEXT)

    def former(self) -> Passwords:
        """Return the passwords whose places were taken; none where no change is to be finished."""
        return self._kept(FORMER)

    def begin(self) -> None:
        """Make the next passwords, and write them before anybody uses one."""
        labels = [label for label, _ in self._present()]
        self._keep(NEXT, {label: self.vault.seal(new_password()) for label in labels})
        self.store.save()

    def switch(self) -> None:
        """Let the next passwords be the present ones, and those the former ones."""
        present, following = dict(self._present()), self._sealed(NEXT)
        for label, sealed in following.items():
            self.store.put(self.where, self._path(label), sealed)
        self._keep(FORMER, {label: present[label] for label in following if label in present})
        self.store.drop(self.where, (NEXT, self.place))
        self.store.save()

    def end(self) -> None:
        """Forget the former passwords."""
        self.store.drop(self.where, (FORMER, self.place))
        self.store.save()

    def _path(self, label: str) -> tuple[str, ...]:
        return (self.readers, self.place, label) if label else (self.own, self.place)

    def _present(self) -> Iterator[tuple[str, Sealed]]:
        yield OWN, self.store.get(self.where, (self.own, self.place))
        if self.readers:
            yield from sorted((self.store.get(self.where, (self.readers, self.place)) or {}).items())

    def _kept(self, variable: str) -> Passwords:
        return {label: self.vault.open(sealed) for label, sealed in self._sealed(variable).items()}

    def _sealed(self, variable: str) -> dict[str, Sealed]:
        own = self.store.get(self.where, (variable, self.place, _OWN))
        readers = self.store.get(self.where, (variable, self.place, _READERS)) or {}
        return {OWN: own, **readers} if own is not None else {}

    def _keep(self, variable: str, sealed: Mapping[str, Sealed]) -> None:
        self.store.put(self.where, (variable, self.place, _OWN), sealed[OWN])
        if readers := {label: one for label, one in sealed.items() if label}:
            self.store.put(self.where, (variable, self.place, _READERS), readers)
