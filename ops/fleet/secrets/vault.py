"""Inventory files with inline vault values: read whole, changed in memory, written where changed.

Ansible's own library seals and opens; the files stay readable without the password but for the sealed values.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged, UsageError
from ops.core.files import write_atomically
from ops.core.schema import Plain

NAME = "secrets.yml"
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that a person reading a printed sheet takes for another
LENGTH = 40  # of 32 letters each: 200 bits
HEAD = "# Written by `seawall secrets make`, which adds what is missing and leaves the rest unchanged.\n---\n"


class Sealed(str):
    """A vault value as it stands in a file."""

    __slots__ = ()


class Vault:
    """Seals and opens values with the password in a file, or that a program of this name prints."""

    def __init__(self, password_file: Path) -> None:
        from ansible.errors import AnsibleError
        from ansible.parsing.dataloader import DataLoader
        from ansible.parsing.vault import VaultLib, get_file_vault_secret

        try:
            secret = get_file_vault_secret(filename=str(password_file), loader=DataLoader())
            secret.load()
        except AnsibleError as error:
            raise UsageError(f"no vault password: {error}") from error
        self._library = VaultLib([("default", secret)])

    def seal(self, text: str) -> Sealed:
        """Return a text sealed."""
        return Sealed(self._library.encrypt(text).decode("ascii"))

    def open(self, sealed: Sealed) -> str:
        """Return what was sealed; raise Damaged when this is not the password it was sealed with."""
        from ansible.errors import AnsibleError

        try:
            return str(self._library.decrypt(sealed.encode("ascii")).decode("utf-8"))
        except AnsibleError as error:
            raise Damaged("not sealed with this vault password") from error


def make_password(path: Path) -> bool:
    """Write a new vault password into a file that is not there yet; return whether it was made.

    Its letters are those of which a printed one is typed without mistakes. Raise UsageError when it can't be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return False
    except OSError as error:
        raise UsageError(f"the vault password can't be written to {path}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{new_password()}\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def new_password() -> str:
    """Return a password that nobody guesses, and that a person can type from paper."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


class Store:
    """The files with secrets of one inventory: one for all hosts, one for each host."""

    def __init__(self, inventory: Path) -> None:
        self._inventory = inventory
        self._kept: dict[str, dict[str, Plain]] = {}
        self._changed: set[str] = set()
        for path in sorted(inventory.glob(f"*_vars/*/{NAME}")):
            self._kept[path.parent.relative_to(inventory).as_posix()] = _read(path)

    def get(self, place: str, path: tuple[str, ...]) -> Any:
        """Return the value at a path of names in a place such as `host_vars/his1`; None when there is none."""
        value: Any = self._kept.get(place, {})
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def beside(self, place: str, name: str) -> Path | None:
        """Return another file of the same place in which a variable of this name stands."""
        for path in sorted((self._inventory / place).glob("*.y*ml")):
            if path.name != NAME and re.search(rf"^{name}\s*:", path.read_text("utf-8"), re.MULTILINE):
                return path
        return None

    def put(self, place: str, path: tuple[str, ...], value: Any) -> None:
        """Set the value at a path of names in a place."""
        tree = self._kept.setdefault(place, {})
        for name in path[:-1]:
            below = tree.setdefault(name, {})
            if not isinstance(below, dict):
                raise TypeError(f"{place}: {name} is not a mapping")
            tree = below
        tree[path[-1]] = value
        self._changed.add(place)

    def drop(self, place: str, path: tuple[str, ...]) -> None:
        """Remove the value at a path of names in a place, and the mappings that are empty without it."""
        trees = [self._kept.get(place, {})]
        for name in path[:-1]:
            trees.append(trees[-1].get(name, {}))  # type: ignore[arg-type]
        for tree, name in zip(reversed(trees), reversed(path), strict=True):
            if name in tree and (name == path[-1] or not tree[name]):
                del tree[name]
        self._changed.add(place)

    def sealed(self) -> Iterator[tuple[str, Sealed]]:
        """Yield every sealed value with the place and path at which it stands."""
        for place, tree in self._kept.items():
            yield from _sealed(f"{place}/{NAME}: ", tree)

    def save(self) -> list[Path]:
        """Write the files that changed, each whole or not at all, and return them."""
        written = []
        for place in sorted(self._changed):  # group_vars first: an authority before what it signed
            path = self._inventory / place / NAME
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, HEAD + _dump(self._kept[place]), mode=0o600)
            written.append(path)
        self._changed.clear()
        return written


def _sealed(start: str, value: Any) -> Iterator[tuple[str, Sealed]]:
    if isinstance(value, Sealed):
        yield start, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _sealed(f"{start}.{name}" if not start.endswith(" ") else start + name, part)


def _read(path: Path) -> dict[str, Plain]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Plain YAML and sealed values."""

    def sealed(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Sealed:
        return Sealed(loader.construct_scalar(node))

    Loader.add_constructor("!vault", sealed)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader)  # noqa: S506 -- a safe loader with one tag more
    except yaml.YAMLError as error:
        raise Damaged(f"{path} is not valid YAML: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Damaged(f"{path} holds {type(data).__name__}, expected a mapping of names")
    return data


def _dump(tree: dict[str, Plain]) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Texts of many lines as such, sealed values with their tag."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else None
        tag = "!vault" if isinstance(value, Sealed) else "tag:yaml.org,2002:str"
        return dumper.represent_scalar(tag, str(value), style=style)

    Dumper.add_representer(str, text)
    Dumper.add_representer(Sealed, text)
    return yaml.dump(tree, Dumper=Dumper, sort_keys=True, allow_unicode=True, width=1000)
