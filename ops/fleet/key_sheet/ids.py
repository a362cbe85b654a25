"""Which key of a repository its machine opens it with, as that machine told it first: a file beside the inventory.

restic is given the id as `--key-hint`, so that keys which somebody adds later keep nobody out. An id is no secret.
Another one is never noted by itself: a machine that was broken into may tell any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import SeawallError
from ops.core.files import write_json
from ops.core.names import Digest, HostName, Name
from ops.core.schema import encode
from ops.core.verdict import Finding, Verdict
from ops.fleet.inventory import KEY_IDS

VERSION = 1
LIMITS = Limits(bytes=16 << 20, depth=4, entries=500_000, text=256)
Ids = Mapping[str, Mapping[str, Digest]]  # by machine, then by repository


@dataclass(frozen=True, kw_only=True)
class _Noted:
    keys: Mapping[HostName, Mapping[Name, Digest]] = field(default_factory=dict)


def place(inventory: Path) -> Path:
    """Return the file for an inventory; Ansible passes over names that begin with a dot."""
    return (inventory if inventory.is_dir() else inventory.parent) / KEY_IDS


def read(path: Path) -> Ids:
    """Return what is noted; raise Damaged."""
    if not path.exists():
        return {}
    told = parse(read_file(path, LIMITS.bytes, str(path)), LIMITS, str(path))
    noted = decode(_Noted, demand_version(told, VERSION, str(path)), str(path))
    return {str(host): {str(name): key for name, key in keys.items()} for host, keys in noted.keys.items()}


def judged(known: Mapping[str, Digest], told: Mapping[str, Digest], file: str) -> Finding | None:
    """Judge the ids that a machine tells; None when none of them is another one than before."""
    changed = sorted(name for name, key in told.items() if known.get(name, key) != key)
    if not changed:
        return None
    message = f"opens {', '.join(changed)} with another key than the one noted in {file}"
    hint = "where its password is being changed, site.yml brings the new one there; "
    hint += "if the repository was made anew, remove its line there; else find out who added a key"
    return Finding(Verdict.WARN, f"{message}: {hint}")


def note(path: Path, known: Ids, told: Ids) -> None:
    """Add what was not noted yet; raise SeawallError."""
    whole = {host: {**told.get(host, {}), **known.get(host, {})} for host in {*known, *told}}
    _write(path, known, {host: keys for host, keys in whole.items() if keys})


def replace(path: Path, machine: str, repository: str, key: Digest) -> None:
    """Note another key for a repository, by a person's act; raise SeawallError."""
    known = read(path)
    _write(path, known, {**known, machine: {**known.get(machine, {}), repository: key}})


def _write(path: Path, known: Ids, whole: Ids) -> None:
    if whole == dict(known):
        return
    try:
        write_json(path, {"version": VERSION, "keys": encode(whole)}, 0o644)
    except OSError as error:
        raise SeawallError(f"the ids of keys can't be written to {path}: {error.strerror}") from error
