"""Machines that the options of a repository name, as quotas do: each must keep a repository there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.core import kinds
from ops.core.errors import Problem
from ops.core.schema import collect
from ops.policy import access
from ops.policy.model import Repository, Written


def used(written: Written) -> set[str]:
    """Return the repositories in which a machine keeps something: those of its assets, and of their copies."""
    assets = written.assets.values()
    return {asset.repository for asset in assets} | {copy.to for asset in assets for copy in asset.copies.values()}


def judge(written: Mapping[str, Written | None]) -> Iterator[tuple[tuple[str, ...], Problem]]:
    """Yield the hosts that are told of a machine which keeps nothing in a repository, and the problem.

    Nothing is said of a machine whose policy can't be read, for that may be what keeps something there.
    """
    whole = {host: policy for host, policy in written.items() if policy}
    keeping = {host: used(policy) for host, policy in whole.items()}
    for policy in whole.values():
        if policy.control:
            keeping.setdefault(policy.control.name, set()).add(policy.control.repository)
    for host, policy in whole.items():
        for name, repository in policy.repositories.items():
            for key, machine in _named(repository).items():
                if machine in keeping and name not in keeping[machine]:  # one that is not there is told elsewhere
                    yield (host,), Problem(f"policy.repositories.{name}.options.{key}", _message(machine, name))


def _message(machine: str, repository: str) -> str:
    return f"{machine} keeps nothing in {repository}; remove it, or back up or copy an asset of {machine} there"


def _named(repository: Repository) -> Mapping[str, str]:
    """Return the machines that the options name, each by its key; nothing of options that can't be read."""
    if repository.kind not in kinds.kinds("ops.targets"):
        return {}
    target = access.target(repository.kind)
    options = collect(target.options, repository.options or {}, "", [])
    return {} if options is None else target.named(options)
