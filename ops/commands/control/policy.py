"""Check and show the policy of an inventory.

seawall policy check inventories/hospital    list every problem with its file and line
seawall policy show his1                     show what applies to his1, and where each value comes from
seawall policy show his1 etc_his1            only what concerns its asset etc_his1
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ops.commands.control import _options
from ops.core.errors import PolicyError, Problem, UsageError
from ops.core.kinds import nearest
from ops.fleet import inventory
from ops.fleet.inventory import origin
from ops.fleet.inventory.check import examine, judge
from ops.policy.compile import document
from ops.policy.listing import worded
from ops.policy.units import units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.policy import HostPolicy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall policy` understands on the control machine."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="check|show|reference|validate")
    check = commands.add_parser("check", help="check the policy of a whole inventory")
    check.add_argument(
        "inventory", type=Path, nargs="?", help="default: the one in ansible.cfg, otherwise inventories/lab"
    )
    show = commands.add_parser("show", help="show what applies to one host, and where each value comes from")
    show.add_argument("host")
    show.add_argument("asset", nargs="?", help="show only what concerns this asset")
    _options.add_inventory(show)
    reference = commands.add_parser("reference", help="generate docs/policy.md from the types of the policy")
    reference.add_argument("--output", type=Path, metavar="FILE", help="output file (default: standard output)")
    validate = commands.add_parser("validate", help="check a policy file before it replaces a machine's own")
    validate.add_argument("file", type=Path)


def execute(options: argparse.Namespace) -> int:
    """Check, show, validate, or write the reference."""
    if options.command == "check":
        return _check(options.inventory or inventory.default(), options.json)
    if options.command == "show":
        return _show(options.inventory or inventory.default(), (options.host, options.asset), options.json)
    if options.command == "reference":
        return _reference(options.output)
    return _validate(options.file, options.json)


def _reference(output: Path | None) -> int:
    from ops.core.output import write
    from ops.fleet.reference import text

    if output is None:
        print(text(), end="")
    else:
        write(output, text(), mode=0o644)
    return 0


def _validate(path: Path, plain: bool) -> int:
    from ops.jobs.host.own_policy import validated

    policy = validated(path)
    if plain:
        print(json.dumps({"version": 1, "host": policy.host, "problems": []}))
    else:
        print(f"{path}: valid; {policy.host}, {len(units(policy))} units")
    return 0


def _check(path: Path, plain: bool) -> int:
    found = examine(path)
    if plain:
        problems, notes = ([_plain(one) for one in listed] for listed in (found.problems, found.notes))
        hosts = {host: _counts(policy) for host, policy in sorted(found.policies.items())}
        told = {"version": 1, "hosts": hosts, "notes": notes, "problems": problems}
        print(json.dumps(told, ensure_ascii=False))
        return 2 if problems else 0
    for line in _by_host(found.policies):
        print(line)
    for note in found.notes:
        print(f"note: {note}")
    if found.problems:
        count = len(found.problems)
        raise PolicyError(found.problems, f"{count} problem{'s' if count > 1 else ''} in {path}")
    assets = sorted(name for policy in found.policies.values() for name in policy.assets)
    print(f"{path}: the policy of {len(found.policies)} hosts is valid; assets: {', '.join(assets) or 'none yet'}")
    return 0


def _plain(problem: Problem) -> dict[str, str]:
    return {"where": problem.where, "path": problem.path, "message": problem.message}


def _counts(policy: HostPolicy) -> dict[str, int]:
    return {"assets": len(policy.assets), "checks": len(policy.checks), "timers": len(units(policy))}


def _by_host(policies: Mapping[str, HostPolicy]) -> list[str]:
    """Return a line for each host: how much of each the policy asks of it, in columns."""
    width = max(map(len, policies), default=0) + 1
    return [
        f"{host + ':':<{width}} " + ", ".join(_counted(count, what) for what, count in _counts(policy).items())
        for host, policy in sorted(policies.items())
    ]


def _counted(count: int, what: str) -> str:
    return f"{count:>2} {what.removesuffix('s') if count == 1 else what}"


def _show(path: Path, wanted: tuple[str, str | None], plain: bool) -> int:
    policies, problems = judge(path)
    if problems:
        raise PolicyError(problems)
    host, asset = wanted
    if host not in policies:
        known = sorted(policies)
        raise UsageError(f"unknown host {host!r}{nearest(host, known)}; known: {', '.join(known)}")
    data = document(policies[host])
    if plain:
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    for value in origin.values(path, data, asset):
        print(f"{f'{value.path} = {worded(value.value)}':<72}  # {value.origin}")
    return 0
