"""Check and show the policy of an inventory.

seawall policy check inventories/hospital    every problem with its file and line
seawall policy show his1                     what holds on his1, and where it is written
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import PolicyError, Problem, UsageError
from ops.core.kinds import nearest
from ops.fleet import inventory
from ops.fleet.inventory import locate
from ops.jobs import policy as on_server
from ops.policy.compile import compile_site, document, problems_by_host
from ops.policy.hostvars import read_layers

if TYPE_CHECKING:
    import argparse

    from ops.policy import HostPolicy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall policy` understands on the control machine."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="check|show|reference|validate")
    check = commands.add_parser("check", help="judge the policy of a whole inventory")
    check.add_argument("inventory", type=Path, nargs="?", help="default: ansible.cfg's, else inventories/lab")
    show = commands.add_parser("show", help="show what holds on one host, and where it is written")
    show.add_argument("host")
    inventory.add_option(show)
    reference = commands.add_parser("reference", help="write docs/policy.md from the policy's own types")
    reference.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    on_server.add_validate(commands)


def execute(options: argparse.Namespace) -> int:
    """Check, show, or write the reference."""
    if options.command == "check":
        return _check(options.inventory or inventory.default(), options.json)
    if options.command == "show":
        return _show(options.inventory or inventory.default(), options.host, options.json)
    if options.command == "reference":
        from ops.fleet.reference import write

        return write(options.output)
    return on_server.execute(options)


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
    nobodys = {problem.path for problem in whole if "no group" in problem.message}
    problems = [problem for problem in problems if problem.path not in nobodys]  # one word on each is enough
    problems.extend(_marked(whole, layers, "", read.groups))
    for host, found in problems_by_host(said).items():
        problems.extend(_marked(found, layers, host, read.groups))
    unique = sorted(set(problems), key=_place)
    return ({} if unique else compile_site(said)), unique


def _marked(
    problems: Sequence[Problem], layers: Sequence[locate.Layer], host: str, groups: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    for problem in problems:
        found = locate.locate(problem.path, layers, host, groups)
        others = sorted({str(one.mark) for one in found[1:]} - {str(one.mark) for one in found[:1]})
        message = problem.message
        if others and "settle it" in message:
            message = f"{message} (the other stands at {', '.join(others)})"
        path = f"policy.{problem.path.partition(').')[2]}" if problem.path.startswith("policy (") else problem.path
        where = str(found[0].mark) if found else f"host {host}" if host else ""
        yield replace(problem, path=path, message=message, where=where)


def _place(problem: Problem) -> tuple[str, int, str, str]:
    file, _, line = problem.where.rpartition(":")
    return file, int(line) if line.isdigit() else 0, problem.path, problem.message


def _check(path: Path, plain: bool) -> int:
    policies, problems = judge(path)
    if plain:
        found = [{"where": p.where, "path": p.path, "message": p.message} for p in problems]
        print(json.dumps({"version": 1, "hosts": sorted(policies), "problems": found}, ensure_ascii=False))
        return 2 if problems else 0
    if problems:
        raise PolicyError(problems, f"{len(problems)} problem{'s' if len(problems) > 1 else ''} in {path}")
    assets = sorted(name for policy in policies.values() for name in policy.assets)
    print(f"{path}: the policy of {len(policies)} hosts is whole; assets: {', '.join(assets) or 'none yet'}")
    return 0


def _show(path: Path, host: str, plain: bool) -> int:
    policies, problems = judge(path)
    if problems:
        raise PolicyError(problems)
    if host not in policies:
        known = sorted(policies)
        raise UsageError(f"there is no host {host!r}{nearest(host, known)}; known: {', '.join(known)}")
    data = document(policies[host])
    if plain:
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    layers, groups = locate.read(path, []), inventory.read(path).groups
    for key, value in on_server.leaves(data):
        found = locate.locate(f"policy.{key}", layers, host, groups)
        written = found[0].mark if found and found[0].whole else "a default, or follows from the rest"
        print(f"{f'{key} = {on_server.worded(value)}':<72}  # {written}")
    return 0
