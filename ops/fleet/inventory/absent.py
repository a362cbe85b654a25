"""What an inventory lacks: hosts, groups that the playbooks know, the layer of all, assets of a server."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import Problem
from ops.fleet.inventory.documents import Document, empty, pairs
from ops.fleet.inventory.files import FILE, VARS, Files
from ops.fleet.inventory.hosts import Group
from ops.fleet.inventory.locate import Layer
from ops.fleet.inventory.nearly import nearly, same, slips
from ops.fleet.inventory.unread import ALWAYS, PLAYED, displaced
from ops.policy.hostvars import OWN, PREFIX

if TYPE_CHECKING:
    from ops.policy import HostPolicy

ALL = f"{PREFIX}all"
_LETTERS = 6  # for each slip that is no doubt, and one more
_SHOWN = 5  # names in one line

Members = Mapping[str, Collection[str]]


def no_hosts(inventory: Path, files: Files, documents: Sequence[Document], groups: Members) -> list[Problem]:
    """Return the problem that an inventory names no hosts, if so, with the likely reason."""
    if groups.get("all"):
        return []
    if inventory.name in VARS:
        return [Problem(FILE, f"holds variables only; the inventory is the folder {inventory.parent}", str(inventory))]
    if lost := displaced(documents):
        said = "holds variables and names no hosts; give the folder of the inventory, or its hosts.yml"
        return [Problem(FILE, said, f"{lost[0].source.path}:1")]
    tops = [document for document in documents if document.source.owner is None]
    if not tops:
        for path, reason in files.passed_over:
            if path.parent == inventory and "host" in path.name:
                return [Problem("hosts", f"nobody reads this: {reason}; rename it to hosts.yml", f"{path}:1")]
        example = "servers: {hosts: {his1: {ansible_host: 192.0.2.11}}}"
        return [Problem("hosts", f"no file here names hosts; write hosts.yml, such as `{example}`", str(inventory))]
    said = "is empty" if not tops[0].source.text.strip() else "the file names no hosts"
    return [
        Problem("hosts", f"{said}; write `hosts:` below a group, and below that each host with a colon", _top(tops))
    ]


def _top(tops: Sequence[Document]) -> str:
    return f"{tops[0].source.path}:1"


def near_groups(spoken: Sequence[Group], groups: Members) -> tuple[list[Problem], list[Problem]]:
    """Return the problems and the notes that a group of the inventory has nearly the name of one of ours."""
    problems: list[Problem] = []
    notes: list[Problem] = []
    marks = {group.name: group.mark for group in reversed(spoken)}
    for name in sorted(set(groups) - set(PLAYED) - set(ALWAYS)):
        alike = same(name, PLAYED)
        near = alike or nearly(name, PLAYED)
        if near is None or (near in groups and not alike):
            continue
        problem = Problem(name, f"no playbook knows this group; is {near} meant?", marks.get(name, ""))
        surely = near not in groups and (alike is not None or _surely(name, near))
        (problems if surely else notes).append(problem)
    return problems, notes


def _surely(name: str, near: str) -> bool:
    """A short name has many neighbours: `cups_hosts` may well be meant."""
    return slips(name, near) < len(near) // _LETTERS


def no_layer_of_all(
    folder: Path, documents: Sequence[Document], layers: Sequence[Layer], found: Sequence[Problem]
) -> list[Problem]:
    """Return the problem that policy__all is missing or empty, where that is why hosts lack version and site."""
    full = [layer for layer in layers if layer.name == ALL and pairs(layer.tree)]
    if full or not any(problem.path in {"policy.version", "policy.site"} for problem in found):
        return []
    empty = [str(layer.mark) for layer in layers if layer.name == ALL]
    blank = [f"{one.source.path}:1" for one in documents if one.source.owner == ("group", "all") and _blank(one)]
    where = (empty or blank or [f"{folder / 'group_vars/all/policy.yml'}:1"])[0]
    said = "is empty" if empty else "is missing, for this file is empty" if blank else "is missing"
    message = f"{said}; every host needs what it says: `{ALL}:` and below it version, site, contacts, repositories"
    return [Problem(ALL, message, where)]


def _blank(document: Document) -> bool:
    """Whether a file says nothing, but for comments."""
    return not document.source.text.strip() if document.root is None else empty(document.root)


def idle(
    policies: Mapping[str, HostPolicy], groups: Members, spoken: Sequence[Group], documents: Sequence[Document]
) -> Iterator[Problem]:
    """Yield a note of each server without assets, and of the hosts for which nothing is done."""
    marks = {str(key.value): str(one.document.mark(key)) for one in spoken for key, _ in pairs(one.part("hosts"))}
    for host in sorted(groups.get("servers", ())):
        if host in policies:
            empty = [document for document in documents if document.source.owner == ("host", host) and _blank(document)]
            yield from _unprotected(host, policies[host].assets, empty, marks.get(host, ""))
    ours = {host for name in PLAYED for host in groups.get(name, ())}
    if others := sorted(set(policies) - ours):
        groups_named = ", ".join(PLAYED)
        said = f"in none of the groups {groups_named}, so only health and gaps are watched there: {shown(others)}"
        yield Problem("hosts", said, marks.get(others[0], ""))


def _unprotected(host: str, assets: Collection[str], empty: Sequence[Document], mark: str) -> Iterator[Problem]:
    """Yield a note of a server without assets, or with those of its groups only because its own file is empty."""
    where = f"{empty[0].source.path}:1" if empty else mark
    if not assets:
        why = ", for this file is empty" if empty else ""
        yield Problem(host, f"is one of the servers and has no assets{why}; nothing of it is backed up", where)
    elif empty:
        said = f"this file is empty, so only what its groups have is backed up: {shown(sorted(assets))}"
        yield Problem(host, said, where)


def without_hosts(layers: Sequence[Layer], groups: Members) -> Iterator[Problem]:
    """Yield a note of each layer of a group that has no hosts."""
    for layer in layers:
        word = layer.name.removeprefix(PREFIX)
        if word not in OWN and word in groups and not groups[word]:
            yield Problem(layer.name, f"the group {word} has no hosts, so nobody reads this", str(layer.mark))


def shown(names: Sequence[str]) -> str:
    """Return names in one line, at most a few of them."""
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
