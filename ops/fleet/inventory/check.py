"""Judging the policy of a whole inventory: every problem with its file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import Problem, UsageError
from ops.fleet import inventory
from ops.fleet.inventory import locate
from ops.policy.compile import compile_site, problems_by_host
from ops.policy.hostvars import read_layers
from ops.policy.joining import joined
from ops.policy.surroundings import surroundings

if TYPE_CHECKING:
    from ops.policy import HostPolicy


def judge(path: Path) -> tuple[dict[str, HostPolicy], list[Problem]]:
    """Given an inventory, return every host's policy, or else every problem with its file and line."""
    problems: list[Problem] = []
    if not path.exists():
        raise UsageError(f"there is no inventory {path}")
    layers = locate.read(path, problems)
    if any(problem.path == "YAML" for problem in problems):
        return {}, sorted(problems)  # Ansible could not read it either
    read = inventory.read(path)
    whole: list[Problem] = []
    said = read_layers(read.variables, read.groups, whole)
    around = surroundings(read.variables, read.groups)
    nobodys = {problem.path for problem in whole if "no group" in problem.message}
    problems = [problem for problem in problems if problem.path not in nobodys]  # one word on each is enough
    problems.extend(_marked(whole, layers, "", read.groups))
    for host, found in problems_by_host(said, around).items():
        problems.extend(_marked(found, layers, host, read.groups))
    unique = sorted(joined(problems, read.groups["all"]), key=_place)
    return ({} if unique else compile_site(said, around)), unique


def _marked(
    problems: Sequence[Problem], layers: Sequence[locate.Layer], host: str, groups: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    for problem in problems:
        found = locate.locate(problem.path, layers, host, groups)
        others = sorted({str(one.mark) for one in found[1:]} - {str(one.mark) for one in found[:1]})
        message = problem.message
        if others and "decide in policy__host" in message:
            message = f"{message} (the other one is at {', '.join(others)})"
        path = f"policy.{problem.path.partition(').')[2]}" if problem.path.startswith("policy (") else problem.path
        if not found or problem.path.startswith("hosts."):  # it is not in the policy
            where = f"host {host}" if host else ""
        else:
            where = str(found[0].mark)
        yield replace(problem, path=path, message=message, where=where)


def _place(problem: Problem) -> tuple[str, int, str, str]:
    file, _, line = problem.where.rpartition(":")
    return file, int(line) if line.isdigit() else 0, problem.path, problem.message
