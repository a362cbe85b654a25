"""Files in or beside an inventory that hold something of ours and are read by nobody."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from ops.core.errors import Problem
from ops.fleet.inventory.documents import Document, pairs
from ops.fleet.inventory.files import LARGEST, Files, Owner
from ops.fleet.inventory.locate import Layer
from ops.fleet.inventory.nearly import nearly, same
from ops.policy.hostvars import PREFIX

# The groups whose hosts the playbooks set up; a test compares them with playbooks/*.yml.
PLAYED = ("servers", "backup_hosts", "drill_hosts", "postgresql_hosts", "mariadb_hosts", "ups_hosts")
ALWAYS = ("all", "ungrouped")  # groups that every inventory has
_POLICY = re.compile(rb"^[\"']?(policy__\w+|policy_(?:all|host))[\"']?[ \t]*:", re.MULTILINE)
# What editors, packages and careful people call a file that is kept beside.
_SAVED = re.compile(r"(~|[.-](bak|backup|orig|old|save|saved|swp|rpmsave|dpkg-\w+|disabled|\d+))$")

Members = Mapping[str, Collection[str]]


def displaced(documents: Sequence[Document]) -> list[Document]:
    """Return the files of variables that lie where Ansible looks for hosts."""
    tops = [document for document in documents if document.source.owner is None]
    return [one for one in tops if any(str(key.value).startswith(PREFIX) for key, _ in pairs(one.root))]


def of_nobody(documents: Sequence[Document], hosts: Mapping[str, str], groups: Members) -> list[tuple[Owner, Problem]]:
    """Return each name that folders or files of variables have, and no host or group, with what to say of it.

    hosts: each with its address.
    """
    known = {"group": [*groups, *ALWAYS], "host": list(hosts)}
    first: dict[Owner, Document] = {}
    for document in documents:
        owner = document.source.owner
        if owner is not None and owner[1] not in known[owner[0]]:
            first.setdefault(owner, document)
    return [(owner, _of_nobody(owner, document, known, hosts)) for owner, document in first.items()]


def _of_nobody(
    owner: Owner, document: Document, known: Mapping[str, Sequence[str]], hosts: Mapping[str, str]
) -> Problem:
    kind, name = owner
    other = "host" if kind == "group" else "group"
    near = None if name in PLAYED else nearly(name, known[kind]) or same(name, known[kind])
    also = [host for host, address in hosts.items() if name == address or name.partition(".")[0] == host]
    near = near or (also[0] if also and kind == "host" else None)
    hint = f"; is {near} meant?" if near else f"; it belongs in {other}_vars/{name}" if name in known[other] else ""
    message = f"the inventory has no {kind} {name!r}, so nobody reads this{hint}"
    return Problem(f"{kind}_vars/{name}", message, f"{document.source.path}:1")


def passed_over(
    folder: Path, files: Files, documents: Sequence[Document], layers: Sequence[Layer]
) -> tuple[list[Problem], list[Problem]]:
    """Return problems and notes for policy in files that are not read as variables.

    A layer that is read nowhere else is lost, which is a problem; otherwise somebody keeps the file beside.
    """
    problems: list[Problem] = []
    notes: list[Problem] = []
    read = [(layer.name, layer.owner) for layer in layers]
    reason = "a file of variables belongs in group_vars/GROUP/ or host_vars/HOST/"
    for path, why in [*files.passed_over, *((one.source.path, reason) for one in displaced(documents))]:
        saved = any(_SAVED.search(part) for part in path.relative_to(folder).parts)
        for name, line in _policy_in(path):
            lost = not any(name == layer and _likely(path, owner) for layer, owner in read)
            problem = Problem(name, f"nobody reads this: {why}", f"{path}:{line}")
            if lost and not saved:
                problems.append(problem)
            elif lost or not saved:
                notes.append(problem)
    return problems, [*notes, *_misnamed(files, [*problems, *notes])]


def _misnamed(files: Files, told: Sequence[Problem]) -> Iterator[Problem]:
    """Yield a note of each folder of variables whose name is wrong, and that holds nothing of ours."""
    folders: dict[str, Path] = {}
    for path, why in files.passed_over:
        if why.startswith("Ansible reads variables in ") and not any(why in one.message for one in told):
            folders.setdefault(why, path)
    for why, path in folders.items():
        yield Problem("file", f"nobody reads this: {why}", f"{path}:1")


def _likely(path: Path, owner: Owner | None) -> bool:
    """Whether a file that is not read would be one of an owner's: its name is in the path."""
    return owner is None or owner[1] in path.parts or owner[1] in {path.name.split(".")[0], path.stem}


def _policy_in(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the layers at the top of a file, each with its line; only plain files of a sensible size are opened."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return
        data = path.read_bytes()
    except OSError:
        return
    for found in re.finditer(_POLICY, data):
        yield found[1].decode("ascii", "replace"), data.count(b"\n", 0, found.start()) + 1
