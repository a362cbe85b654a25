"""Write, check and show the policy of an inventory.

seawall policy new inventories/mysite        write the inventory of a new site, from ten answers
seawall policy check inventories/hospital    list every problem with its file and line
seawall policy check --dates                 and the next three dates of every backup, copy and drill
seawall policy show his1                     show what applies to his1, and where each value comes from
seawall policy show his1 etc_his1            only what concerns its asset etc_his1
seawall policy why assets.his.rpo            what a key means, its value on each host, and who wrote it
seawall policy why rpo --host his1           every key of that name on his1
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ops.commands._validation import validate
from ops.commands.control import _options, _policy_new
from ops.core import clock
from ops.core.errors import PolicyError, Problem, UsageError
from ops.core.kinds import nearest
from ops.fleet.inventory import origin, reasons
from ops.fleet.inventory.check import examine, judge
from ops.policy import dates
from ops.policy.compile import document
from ops.policy.listing import worded
from ops.policy.units import units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.policy import HostPolicy


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall policy` understands on the control machine."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="new|check|show|why|reference|validate")
    _policy_new.arguments(commands.add_parser("new", help="write the inventory of a new site, from ten answers"))
    check = commands.add_parser("check", help="check the policy of a whole inventory")
    _options.add_inventory(check, positional=True)
    check.add_argument("--dates", action="store_true", help="show the next three dates of every backup, copy and drill")
    show = commands.add_parser("show", help="show what applies to one host, and where each value comes from")
    show.add_argument("host", help="the machine, as the inventory names it")
    show.add_argument("asset", nargs="?", help="show only what concerns this asset")
    _options.add_inventory(show)
    why = commands.add_parser("why", help="show what a key means, its value on each host, and where it comes from")
    why.add_argument("key", help="the path of a value or how it ends, such as rpo, assets.his or assets.his.rpo")
    why.add_argument("--host", help="only what applies to this machine")
    _options.add_inventory(why)
    reference = commands.add_parser("reference", help="generate docs/policy.md from the types of the policy")
    reference.add_argument("--output", type=Path, metavar="FILE", help="output file (default: standard output)")
    validate = commands.add_parser("validate", help="check a policy file before it replaces a machine's own")
    validate.add_argument("file", type=Path)


def execute(options: argparse.Namespace) -> int:
    """Write an inventory, check, show, validate, or write the reference."""
    if options.command == "new":
        return _policy_new.execute(options)
    if options.command == "check":
        return _check(_options.named_inventory(options), options.dates, options.json)
    if options.command == "show":
        return _show(_options.named_inventory(options), (options.host, options.asset), options.json)
    if options.command == "why":
        return _why(_options.named_inventory(options), options.key, options.host, options.json)
    if options.command == "reference":
        return _reference(options.output)
    return validate(options.file, as_json=options.json)


def _reference(output: Path | None) -> int:
    from ops.core.output import write
    from ops.fleet.reference import text

    if output is None:
        print(text(), end="")
    else:
        write(output, text(), mode=0o644)
    return 0


def _check(path: Path, dated: bool, plain: bool) -> int:
    found = examine(path)
    _options.tell_inventory(path, len(found.policies))
    if plain:
        problems, notes = ([_plain(one) for one in listed] for listed in (found.problems, found.notes))
        hosts = {host: _counts(policy) for host, policy in sorted(found.policies.items())}
        told = {"version": 1, "hosts": hosts, "notes": notes, "problems": problems}
        if dated:
            told["dates"] = dates.plain(found.policies, clock.now())
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
    if dated:
        print("\n".join(dates.of_site(found.policies, clock.now())))
    return 0


def _plain(problem: Problem) -> dict[str, str]:
    return {"where": problem.where, "path": problem.path, "message": problem.message}


def _counts(policy: HostPolicy) -> dict[str, int]:
    timers = sum(bool(unit.calendar) for unit in units(policy))
    return {"assets": len(policy.assets), "checks": len(policy.checks), "timers": timers}


def _by_host(policies: Mapping[str, HostPolicy]) -> list[str]:
    """Return a line for each host: how much of each the policy asks of it, in columns."""
    rows = [[f"{host}:", *_counted(_counts(policy))] for host, policy in sorted(policies.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [" ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _counted(counts: Mapping[str, int]) -> list[str]:
    words = [f"{count:>2} {what.removesuffix('s') if count == 1 else what}" for what, count in counts.items()]
    return [*(f"{word}," for word in words[:-1]), words[-1]]


def _why(path: Path, wanted: str, host: str | None, plain: bool) -> int:
    policies = _valid(path, host)
    found = list(reasons.reasons(path, policies, wanted)) or reasons.nowhere(path, policies, wanted)
    if not found:
        near = nearest(wanted, sorted(reasons.known(policies)))
        raise UsageError(f"there is no key {wanted!r}{near}; `seawall policy show HOST` lists those of a machine")
    if plain:
        print(json.dumps({"version": 1, "values": [asdict(one) for one in found]}, ensure_ascii=False))
        return 0
    print("\n".join(reasons.worded(found)))
    return 0


def _valid(path: Path, host: str | None) -> Mapping[str, HostPolicy]:
    """Return the policies of an inventory without a mistake, that of one host alone if one is named."""
    policies, problems = judge(path)
    _options.tell_inventory(path, len(policies))
    if problems:
        raise PolicyError(problems)
    if host and host not in policies:
        known = sorted(policies)
        raise UsageError(f"unknown host {host!r}{nearest(host, known)}; known: {', '.join(known)}")
    return {host: policies[host]} if host else policies


def _show(path: Path, wanted: tuple[str, str | None], plain: bool) -> int:
    host, asset = wanted
    policies = _valid(path, host)
    data = document(policies[host])
    if plain:
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    for value in origin.Layers(path).values(data, asset):
        print(f"{f'{value.path} = {worded(value.value)}':<72}  # {value.origin}")
    print("\n".join(dates.of_host(_narrowed(policies[host], asset), clock.now())))
    return 0


def _narrowed(policy: HostPolicy, asset: str | None) -> HostPolicy:
    """Return a policy with one of its assets only, and the drill of it."""
    if asset is None:
        return policy
    name = origin.named(policy.host, asset, {**policy.assets, **policy.drills})
    return replace(
        policy,
        assets={each: one for each, one in policy.assets.items() if each == name},
        drills={each: one for each, one in policy.drills.items() if each == name},
    )
