"""The files of an inventory as Ansible finds them, each with whose variables it holds, and those it passes over."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ops.core.errors import Problem
from ops.core.quantity import Size
from ops.fleet.inventory.encoding import decoded
from ops.fleet.inventory.nearly import slips

VARIABLES = (".yml", ".yaml", ".json")  # the suffixes that Ansible reads, beside none at all
# In a folder of an inventory, Ansible passes over these.
PASSED_OVER = (".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry")
KINDS = ("group", "host")
VARS = tuple(f"{kind}_vars" for kind in KINDS)
LARGEST = 4 << 20  # bytes; the policy of a large site has some ten thousand
DEEPEST = 20  # folders in one another
FILE = "file"  # the path of a problem that a file has as a whole

Owner = tuple[str, str]  # a kind and a name: ("host", "his1")


@dataclass(frozen=True)
class Source:
    """A file that Ansible reads. owner: the group or host whose variables it holds; None: it names hosts and groups."""

    path: Path
    owner: Owner | None
    text: str


@dataclass
class Files:
    """What an inventory's folder holds.

    read: each file that Ansible reads, with its owner. passed_over: each file that it does not, with the reason.
    loops: each link to a folder that it lies in itself. closed: each folder that this account may not look into.
    """

    read: list[tuple[Path, Owner | None]] = field(default_factory=list)
    passed_over: list[tuple[Path, str]] = field(default_factory=list)
    loops: list[Path] = field(default_factory=list)
    closed: list[Path] = field(default_factory=list)


def sources(files: Files, problems: list[Problem]) -> list[Source]:
    """Return what the files hold that Ansible reads; add a problem for each that can't be read as text."""
    problems.extend(_unentered(files))
    texts = [(path, owner, _text(path, problems)) for path, owner in files.read]
    return [Source(path, owner, text) for path, owner, text in texts if text is not None]


def unreadable(inventory: Path) -> list[Problem]:
    """Return why Ansible would wait for ever, or choke, on a file of an inventory; nothing is read for it."""
    files = find(inventory)
    problems = _unentered(files)
    for path, _ in files.read:
        _demand_plain(path, problems)
    return problems


def _unentered(files: Files) -> list[Problem]:
    said = "a link to a folder that it lies in; Ansible would follow it round and round. Delete it"
    closed = "this account may not look into this folder: chmod or chown it, or run as its owner"
    loops = [Problem(FILE, said, f"{path}:1") for path in files.loops]
    return [*loops, *(Problem(FILE, closed, f"{path}:1") for path in files.closed)]


def find(inventory: Path) -> Files:
    """Return the files of an inventory, which is a folder or a single file."""
    found = Files()
    folder = inventory if inventory.is_dir() else inventory.parent
    misnamed = {path: right for path in _listed(folder, Files()) if (right := _misnamed(path))}
    if inventory.is_dir():
        _tops(folder, found, 0, set(misnamed))
    else:
        found.read.append((inventory, None))
    for kind in KINDS:
        _variables(folder / f"{kind}_vars", kind, found)
    for path, right in misnamed.items():
        reason = f"Ansible reads variables in {right}/, not in {path.name}/"
        found.passed_over.extend((file, reason) for file in _below(path, 0))
    return found


def _listed(folder: Path, found: Files) -> list[Path]:
    """Return what a folder holds, sorted; nothing where there is none, or where nobody may look."""
    try:
        return sorted(folder.iterdir())
    except PermissionError:
        found.closed.append(folder)
    except OSError:
        pass  # there is none
    return []


def _misnamed(path: Path) -> str | None:
    """Return the name that a folder of variables should have, where it has another one that is near."""
    bare = re.sub(r"[^a-z]", "", path.name.lower())
    for kind in KINDS:
        right = f"{kind}_vars"
        near = bare.startswith(f"{kind}vars") or slips(bare, f"{kind}vars") == 1
        if near and path.name != right and path.is_dir() and not path.name.startswith("."):
            return right
    return None


def _tops(folder: Path, found: Files, depth: int, misnamed: Collection[Path]) -> None:
    """What is neither variables nor passed over names hosts and groups, in folders below, too."""
    for path in _listed(folder, found):
        if path.name.startswith(".") or path in misnamed or (depth == 0 and path.name in VARS):
            continue
        if path.name in {*VARS, "vars_plugins"}:
            reason = f"Ansible reads variables only beside the inventory that it is given; give {folder}"
            found.passed_over.extend((file, reason) for file in _below(path, depth))
        elif path.is_dir():
            if _enters(path, found, depth):
                _tops(path, found, depth + 1, misnamed)
        elif path.name.endswith(PASSED_OVER):
            found.passed_over.append((path, f"Ansible passes over names that end in {_end(path)}"))
        elif not _program(path):
            found.read.append((path, None))


def _variables(folder: Path, kind: str, found: Files) -> None:
    """Of each name, Ansible reads the folder or else the first file; what stands beside it is passed over."""
    read: dict[str, Path] = {}
    entries = [path for path in _listed(folder, found) if not path.name.startswith(".")]
    for path in sorted(entries, key=lambda path: VARIABLES.index(path.suffix) + 1 if path.suffix in VARIABLES else 0):
        owner = path.stem if path.suffix in VARIABLES and not path.is_dir() else path.name
        first = read.setdefault(owner, path)
        if first is not path:
            reason = f"Ansible reads {first.name} of the same name, and nothing beside it"
            found.passed_over.extend((file, reason) for file in _below(path, 0))
        elif path.is_dir():
            _below_owner(path, (kind, owner), found, 0)
        else:
            found.read.append((path, (kind, owner)))


def _below_owner(folder: Path, owner: Owner, found: Files, depth: int) -> None:
    for path in _listed(folder, found):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.suffix:
            if _enters(path, found, depth):
                _below_owner(path, owner, found, depth + 1)
        elif path.is_dir():
            reason = "Ansible passes over folders with a dot in their name"
            found.passed_over.extend((file, reason) for file in _below(path, depth))
        elif path.name.endswith("~") or path.suffix not in {"", *VARIABLES}:
            found.passed_over.append((path, f"Ansible reads no variables from names that end in {_end(path)}"))
        else:
            found.read.append((path, owner))


def _below(path: Path, depth: int) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    elif depth < DEEPEST and not _loops(path):
        for one in _listed(path, Files()):
            yield from _below(one, depth + 1)


def _end(path: Path) -> str:
    return "~" if path.name.endswith("~") else path.suffix


def _enters(folder: Path, found: Files, depth: int) -> bool:
    """Whether to look into a folder, as Ansible does; a link that leads round is noted instead."""
    if _loops(folder):
        found.loops.append(folder)
        return False
    return depth < DEEPEST


def _loops(folder: Path) -> bool:
    """Whether a folder is a link to one of those it lies in; without the question, each turn would be read again."""
    return folder.is_symlink() and folder.resolve() in {parent.resolve() for parent in folder.parents}


def _program(path: Path) -> bool:
    """Whether Ansible would run a file to be told hosts; on a disk that marks all files so, a suffix says otherwise."""
    return path.suffix not in {*VARIABLES, ".ini", ".toml"} and os.access(path, os.X_OK) and path.is_file()


def _text(path: Path, problems: list[Problem]) -> str | None:
    if not _demand_plain(path, problems):
        return None
    try:
        text = decoded(path, path.read_bytes())
    except OSError as error:
        text = _unread(path, error)
    if isinstance(text, str):
        return text
    problems.append(text)
    return None


def _demand_plain(path: Path, problems: list[Problem]) -> bool:
    """Add a problem for what is no plain file, cannot be looked at or is far too large to be meant."""
    try:
        facts = path.stat()
    except OSError as error:
        problems.append(_unread(path, error))
        return False
    message = ""
    if not stat.S_ISREG(facts.st_mode):
        message = "is a pipe, socket or device; Ansible would wait for it. Move it out of the inventory"
    elif facts.st_size > LARGEST:
        allowed, size = Size(LARGEST), Size(facts.st_size)
        message = f"has {size}; files of an inventory have at most {allowed}. Move it out of the inventory"
    if message:
        problems.append(Problem(FILE, message, f"{path}:1"))
    return not message


def _unread(path: Path, error: OSError) -> Problem:
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return Problem(FILE, f"is a link to {path.readlink()}, which is not there", f"{path}:1")
    if isinstance(error, PermissionError):
        return Problem(FILE, "this account may not read it: chmod or chown it, or run as its owner", f"{path}:1")
    return Problem(FILE, f"can't be read: {error.strerror}", f"{path}:1")
