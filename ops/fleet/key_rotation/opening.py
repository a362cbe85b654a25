"""Opening a machine's repository from the control machine, with one password or another.

The address and the account are the machine's own: whoever has them may add a key, and may remove none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged, UsageError
from ops.core.files import write_atomically
from ops.core.names import Digest
from ops.fleet.secrets.turnover import OWN
from ops.fleet.secrets.unlocked import RepositoryAccess
from ops.restic.failures import WrongPassword
from ops.restic.repository import READER, Repository

USER = "seawall"
SHUT = "nothing was changed; is a key set aside on the backup host, or is this an older inventory?"
MOST_KEYS = 18  # restic tries twenty: of two more, one is to be added, and one may be somebody's


@dataclass(frozen=True)
class Opening:
    """A repository, and a folder in memory for what opens it."""

    access: RepositoryAccess
    authority: Path
    folder: Path

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f"{self.access.machine}: {self.access.place}"

    def key_of(self, password: str, known: Digest | None = None) -> Digest | None:
        """Return the id of the key that a password opens, None where it opens none.

        known: an id that is to be tried first. Raise SeawallError where the repository can't be reached or read.
        """
        with self._opened(password, known) as repository, suppress(WrongPassword):
            listed = repository.keys()
            return next((key.id for key in listed if key.current), None)
        return None

    def add(self, password: str, following: str, label: str) -> Digest:
        """Add a key with a password, opened with another one; return its id.

        label: whose it is: a reader's name, or OWN. Raise Damaged when it opens nothing.
        """
        with self._opened(password) as repository:
            file = self._file("following", following)
            repository.add_key(file, label or self.access.machine, USER if label == OWN else READER)
        if (found := self.key_of(following)) is None:
            raise Damaged(f"{self.name}: the key that was added does not open it")
        return found

    def demand_few_keys(self, password: str) -> Digest:
        """Return the id of the key that a password opens.

        Raise Damaged where it opens none, and UsageError where so many keys lie there that restic would not find more.
        """
        with self._opened(password) as repository:
            try:
                keys = repository.keys()
            except WrongPassword as error:
                raise Damaged(
                    f"{self.name}: the password in the inventory does not open the repository", SHUT
                ) from error
        if len(keys) >= MOST_KEYS:
            hint = f"on {self.access.keeper}: seawall repository arrivals names them, and set-aside moves them"
            raise UsageError(f"{self.name} has {len(keys)} keys, most of them nobody's", hint)
        return next(key.id for key in keys if key.current)

    def snapshots(self, password: str, known: Digest | None = None) -> Collection[str]:
        """Return the ids of all snapshots that a password reads."""
        with self._opened(password, known) as repository:
            return {one.id for one in repository.snapshots()}

    @contextmanager
    def _opened(self, password: str, known: Digest | None = None) -> Iterator[Repository]:
        url = self._file("url", self.access.url)
        file = self._file("password", password)
        try:
            yield Repository(self.name, url, file, self.authority, locks=False, key=known)
        finally:
            file.unlink(missing_ok=True)

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / name
        write_atomically(path, f"{text}\n")
        return path
