"""Repositories: who keeps them, and that no two of them are lost together or lie at one place."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from ops.core import kinds
from ops.core.errors import Problem
from ops.policy import access
from ops.policy.model import AWAY, Repository, Written
from ops.policy.rules import names
from ops.policy.rules.groups import lacking
from ops.policy.surroundings import Surroundings

BECAUSE = "because it lies on the machine that it belongs to"


def judge(written: Written, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with the repositories, one by one and together."""
    for name, repository in written.repositories.items():
        yield from names.formed(f"policy.repositories.{name}", name)
        known = repository.kind in kinds.kinds("ops.targets") and access.stored(repository)
        yield from (_stored if known else _one)(f"policy.repositories.{name}", repository, around)
        yield from _named(f"policy.repositories.{name}", written, repository, around)
    for (first, one), (name, other) in itertools.combinations(written.repositories.items(), 2):
        yield from _two(first, one, name, other)


def served(repository: Repository) -> bool:
    """A kind that is not known is a problem of its own, and so is nothing else about it."""
    return repository.kind not in kinds.kinds("ops.targets") or access.served(repository)


def folders(repository: Repository | None) -> Sequence[str]:
    """Return the folders of the machine itself that a repository is written to; none where nothing is known of it."""
    if repository is None or repository.kind not in kinds.kinds("ops.targets"):
        return ()
    target = access.target(repository.kind)
    return target.writes(repository.options) if isinstance(repository.options, target.options) else ()


def keeper(repository: Repository) -> str:
    """Return the machine that renews the locks in a repository; nothing where none does, or nothing is known of it."""
    if repository.kind not in kinds.kinds("ops.targets"):
        return ""
    target = access.target(repository.kind)
    fits = isinstance(repository.options, target.options)
    return target.kept.keeper(repository.options) if target.kept and fits else ""


def _one(path: str, repository: Repository, around: Surroundings) -> Iterator[Problem]:
    host, kind = repository.host, repository.kind
    if host is not None:
        yield from names.known(f"{path}.host", "host", host, around.hosts)
    if served(repository):
        if host is None:
            yield Problem(
                f"{path}.host", f"is missing; a repository of kind {kind} is kept by a machine of the inventory"
            )
        elif kind in kinds.kinds("ops.targets"):
            group = access.target(kind).group
            yield from lacking(f"{path}.host", host, group, "nothing sets it up as a backup host", around)
        if repository.place == "local":
            yield Problem(
                f"{path}.place",
                f"local means on the machine itself, but kind {kind} is another machine; expected primary",
            )
        return
    if host is not None:
        yield Problem(f"{path}.host", f"a repository of kind {kind} lies on the machine itself; remove the host")
    if repository.place not in ("local", "removable"):
        yield Problem(
            f"{path}.place",
            f"{repository.place} can't be: a repository of kind {kind} lies on the machine itself; expected local or "
            f"removable",
        )
    elif kind in kinds.kinds("ops.targets") and (only := access.target(kind).place) not in ("", repository.place):
        yield Problem(f"{path}.place", f"{repository.place} can't be the place of kind {kind}; expected {only}")


def _stored(path: str, repository: Repository, around: Surroundings) -> Iterator[Problem]:
    """Yield what can't be of a store of somebody else, which is no machine of the inventory."""
    if renews := keeper(repository):
        yield from names.known(f"{path}.options.keeper", "host", renews, around.hosts)
        yield from lacking(f"{path}.options.keeper", renews, "backup_hosts", "no keeper is there", around)
    if repository.host is not None:
        yield Problem(f"{path}.host", f"a repository of kind {repository.kind} is kept by no machine; remove the host")
    if repository.place not in ("primary", "offsite"):
        yield Problem(
            f"{path}.place",
            f"{repository.place} can't be the place of kind {repository.kind}; expected offsite, or primary for a "
            f"store of the site's own",
        )


def _named(path: str, written: Written, repository: Repository, around: Surroundings) -> Iterator[Problem]:
    """Yield which machines that the options name are neither in the inventory nor the control machine."""
    if repository.kind not in kinds.kinds("ops.targets"):
        return
    target = access.target(repository.kind)
    if not isinstance(repository.options, target.options):
        return
    machines = [*around.hosts, *([written.control.name] if written.control else [])]
    for key, host in target.named(repository.options).items():
        yield from names.known(f"{path}.options.{key}", "machine", host, machines)


def _two(first: str, one: Repository, name: str, other: Repository) -> Iterator[Problem]:
    """Yield what is wrong with two repositories together."""
    if one.place in AWAY and other.place not in AWAY:  # what was to survive is what is in the wrong place
        first, one, name, other = name, other, first, one
    path = f"policy.repositories.{name}"
    if one.host is not None and one.host == other.host and served(one) and served(other):
        if other.place in AWAY and one.place != other.place:
            lost = f"{one.host} keeps {first}, too: {one.place} and {other.place} would be lost together"
            yield Problem(f"{path}.host", f"{lost}; expected another machine, at another site for offsite")
        else:
            yield Problem(
                f"{path}.host", f"{one.host} keeps {first}, too, at the same place; remove one of the two repositories"
            )
    elif (place := _local(one)) and place == _local(other):
        yield Problem(path, f"lies at the same place as {first}; write another path, or remove one of the two")


def _local(repository: Repository) -> str:
    """Return where a repository on the machine itself lies; nothing where it is served, or can't be said."""
    if served(repository) or not isinstance(repository.options, access.target(repository.kind).options):
        return ""
    return access.address("", repository, "machine")
