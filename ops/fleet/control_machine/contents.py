"""What the control machine is made anew from: the paths that its own copy takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Damaged
from ops.core.run import run
from ops.fleet.inventory import Inventory
from ops.fleet.packaging.restic_deb import CACHE
from ops.fleet.ssh.openssh import way
from ops.policy.model import Control

BUNDLE = "seawall.bundle"
CHECKOUT = CACHE.parent
WHEELS = CACHE / "wheels"
PACKAGES = CACHE / "packages"


@dataclass(frozen=True)
class Material:
    """Absolute paths, none inside another; and in words what could not be taken and must come from elsewhere."""

    paths: tuple[Path, ...]
    lacks: tuple[str, ...]


def material(inventory: Inventory, control: Control, home: Path) -> Material:
    """Write the bundle of this checkout, and return what is to be taken."""
    bundle(home)
    wanted = [*_inventory(inventory), home, *_keys(inventory), *_changed(), *map(Path, control.paths)]
    lacks = []
    for folder, what in ((WHEELS, "Python packages"), (PACKAGES, "the package of restic")):
        if folder.is_dir() and any(folder.iterdir()):
            wanted.append(folder)
        else:
            lacks.append(
                f"{what} are missing from {folder}, so a clean machine would need a package index: run `make setup`"
            )
    return Material(tuple(_outermost({path.resolve() for path in wanted})), tuple(lacks))


def bundle(home: Path) -> Path:
    """Write this checkout with its history as one file, unless it is that already."""
    path = home / BUNDLE
    head = _git("rev-parse", "HEAD").strip()
    there = run(["git", "bundle", "list-heads", path], timeout=60, ok=range(256)).stdout if path.exists() else ""
    if f"{head} HEAD" in there.splitlines():
        return path
    if _git("rev-parse", "--is-shallow-repository").strip() == "true":
        raise Damaged("this checkout is shallow, so it can't be cloned from its backup", "git fetch --unshallow")
    branch = _git("rev-parse", "--abbrev-ref", "HEAD").strip()
    _git("bundle", "create", "--quiet", str(path.resolve()), "HEAD", *([] if branch == "HEAD" else [branch]))
    path.chmod(0o600)
    return path


def known_hosts(inventory: Inventory, host: str) -> Path:
    """Return the file in which a host's key is looked up."""
    named = way(host, inventory.connection(host)).setting("userknownhostsfile").split()
    return Path(named[0] if named else "~/.ssh/known_hosts").expanduser()


def key(inventory: Inventory, host: str) -> Path | None:
    """Return the SSH key that the inventory names for a host."""
    said = inventory.connection(host)
    named = said.get("ansible_ssh_private_key_file") or said.get("ansible_private_key_file")
    return Path(str(named)).expanduser() if named else None


def _inventory(inventory: Inventory) -> Iterator[Path]:
    yield inventory.path
    if not inventory.path.is_dir():
        folders = (inventory.path.parent / name for name in ("group_vars", "host_vars"))
        yield from (folder for folder in folders if folder.is_dir())


def _keys(inventory: Inventory) -> Iterator[Path]:
    """Yield the SSH keys and known hosts that lead to the machines; where none is named, those of the account."""
    for host in inventory.variables:
        named = key(inventory, host)
        private = [named] if named else sorted(Path("~/.ssh").expanduser().glob("id_*"))
        public = [path.with_name(f"{path.name}.pub") for path in private]
        yield from (path for path in (*private, *public, known_hosts(inventory, host)) if path.is_file())


def _changed() -> Iterator[Path]:
    """Yield the files of the checkout that its history does not hold as they are."""
    names = _git("diff", "--name-only", "-z", "HEAD") + _git("ls-files", "--others", "--exclude-standard", "-z")
    found = (CHECKOUT / name for name in names.split("\0") if name)
    yield from (path for path in found if path.is_file() and not path.is_symlink())


def _git(*words: str) -> str:
    return run(["git", "-c", f"safe.directory={CHECKOUT}", "-C", CHECKOUT, *words], timeout=300).stdout


def _outermost(paths: set[Path]) -> list[Path]:
    return sorted(path for path in paths if not any(other in paths for other in path.parents))
