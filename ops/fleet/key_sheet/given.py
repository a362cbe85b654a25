"""To whom the keys were given, on paper or sealed, when, and by whom: a file beside the inventory, without any secret.

Each key stands there as a mark, the SHA-256 of what the inventory holds of it, sealed. So whether a sheet is older than
a key is known without the vault's password, and also after that was changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import SeawallError
from ops.core.files import write_json
from ops.core.names import Digest, Name
from ops.core.schema import encode
from ops.fleet.inventory import KEY_SHEET
from ops.fleet.secrets.make import ALL
from ops.fleet.secrets.unlocked import away
from ops.fleet.secrets.vault import Store
from ops.policy import HostPolicy
from ops.policy.compile import document, read_document
from ops.policy.secrets import AUTHORITY, FORMER

VERSION = 1
LIMITS = Limits(bytes=16 << 20, depth=5, entries=500_000, text=256)
Marks = Mapping[str, Digest]  # by `REPOSITORY/MACHINE`


@dataclass(frozen=True, kw_only=True)
class Given:
    """Keys that were given away. time: when, in UTC, ISO 8601. by: who did it. keys: their marks.

    holders: to whom they were sealed, each with the fingerprint of the public key; none for paper.
    """

    time: str
    by: str
    keys: Mapping[str, Digest]
    holders: Mapping[Name, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Noted:
    """All that is noted. tested: the last test by a second person, with the marks of the keys that opened.

    left: what those could open who hold keys no more, by name.
    """

    paper: Given | None = None
    sealed: Given | None = None
    tested: Given | None = None
    left: Mapping[Name, Mapping[str, Digest]] = field(default_factory=dict)


def place(inventory: Path) -> Path:
    """Return the file for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / KEY_SHEET


def read(path: Path) -> Noted:
    """Return what is noted; raise Damaged."""
    if not path.exists():
        return Noted()
    told = parse(read_file(path, LIMITS.bytes, str(path)), LIMITS, str(path))
    return decode(Noted, demand_version(told, VERSION, str(path)), str(path))


def note(path: Path, noted: Noted) -> None:
    """Note it; raise SeawallError."""
    try:
        write_json(path, {"version": VERSION, **encode(noted)}, 0o644)
    except OSError as error:
        raise SeawallError(f"who has the keys can't be written to {path}: {error.strerror}") from error


def marks(inventory: Path, policies: Mapping[str, HostPolicy]) -> dict[str, Collection[Digest]]:
    """Return the marks of every key that belongs on a sheet, the present one's first.

    While a password is being changed the former one opens, too, and so has a mark, too. A key that is not made yet has
    none.
    """
    store = Store(inventory if inventory.is_dir() else inventory.parent)
    known = {host: read_document(document(one)) for host, one in policies.items()}
    found: dict[str, Collection[Digest]] = {}
    for one in away(known):
        account = store.get(one.where, (one.names[1], one.place, "password"))
        passwords = store.get(one.where, (one.names[0], one.place)), store.get(one.where, (FORMER, one.place, "own"))
        rest = (account, store.get(ALL, AUTHORITY[:1]))
        if passwords[0] is not None and None not in rest:
            found[f"{one.place}/{one.machine}"] = [_mark(said, *rest) for said in passwords if said is not None]
    return found


def _mark(*texts: str) -> Digest:
    return Digest(hashlib.sha256("\0".join(texts).encode()).hexdigest())


def present(known: Mapping[str, Collection[Digest]]) -> dict[str, Digest]:
    """Return the mark of each present key."""
    return {name: next(iter(each)) for name, each in known.items()}


def outdated(keys: Marks, known: Mapping[str, Collection[Digest]]) -> list[str]:
    """Return the names of the present keys that are not among those that were given."""
    return [name for name, each in known.items() if keys.get(name) not in each]
