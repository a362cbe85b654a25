"""What shapes a converged lab, part by part: when one changes, site.yml might make something else of fresh machines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ops.core.files import digest
from ops.lab.inventory import OWN

# Of `ops` not only what is shipped: the control machine's part makes secrets, trees and machines.
FOLDERS = ("roles", "playbooks", "plugins", "ops")
FILES = {
    "ansible": ("ansible.cfg", "requirements.lock"),
    "packages": (".cache/packages/seawall.deb", ".cache/packages/SHA256SUMS"),
    "drill trees": (".cache/trees/bookworm.tar.gz", ".cache/trees/trixie.tar.gz"),
}


def shape(checkout: Path, inventory: Path, trees: Mapping[str, str], hosts: Iterable[str]) -> dict[str, str]:
    """Return a digest for each part: of a checkout with its packages built, an inventory, root trees by their names.

    hosts: the machines that site.yml is run on.
    """
    parts = {name: _folder(checkout / name) for name in FOLDERS}
    parts |= {name: _together(*(_file(checkout / each) for each in files)) for name, files in FILES.items()}
    parts["policy"] = _folder(inventory)
    parts["trees"] = _together(*(f"{name} {Path(path).name}" for name, path in sorted(trees.items())))
    parts["machines"] = _together(*sorted(hosts))
    return parts


def _folder(folder: Path) -> str:
    """Return a digest of a folder's files, names and programs; what people read, and what labs write, is left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and _counts(path.relative_to(folder)))
    lines = (f"{path.relative_to(folder)}\0{path.stat().st_mode & 0o111}\0{digest(path)}" for path in files)
    return _together(*lines)


def _counts(path: Path) -> bool:
    return path.suffix not in {".md", ".pyc"} and set(OWN).isdisjoint(path.parts)


def _file(path: Path) -> str:
    return digest(path) if path.exists() else "none"


def _together(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
