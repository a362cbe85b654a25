"""Check and show the policy of an inventory.

seawall policy check inventories/hospital    list every problem with its file and line
seawall policy check --dates                 and the three next dates of every backup, copy and drill
seawall policy show his1                     show what applies to his1, and where each value comes from
seawall policy show his1 etc_his1            only what concerns its asset etc_his1
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ops.commands._validation import validate
from ops.commands.control import _options
from ops.core import clock
from ops.core.errors import PolicyError, UsageError
from ops.core.kinds import nearest
from ops.fleet import inventory
from ops.fleet.inventory import origin
from ops.fleet.inventory.check import judge
from ops.policy import dates
from ops.policy.compile import document
from ops.policy.listing import worded


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall policy` understands on the control machine."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="check|show|reference|validate")
    check = commands.add_parser("check", help="check the policy of a whole inventory")
    check.add_argument(
        "inventory", type=Path, nargs="?", help="default: the one in ansible.cfg, otherwise inventories/lab"
    )
    check.add_argument("--dates", action="store_true", help="show the three next dates of every backup, copy and drill")
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
        return _check(options.inventory or inventory.default(), options.dates, options.json)
    if options.command == "show":
        return _show(options.inventory or inventory.default(), (options.host, options.asset), options.json)
    if options.command == "reference":
        return _reference(options.output)
    return validate(options.file, as_json=options.json)


def _reference(output: Path | None) -> int:
    from ops.core.files import write_atomically
    from ops.fleet.reference import text

    if output is None:
        print(text(), end="")
    else:
        write_atomically(output, text(), mode=0o644)
    return 0


def _check(path: Path, dated: bool, plain: bool) -> int:
    policies, problems = judge(path)
    if plain:
        found = [{"where": p.where, "path": p.path, "message": p.message} for p in problems]
        said = {"version": 1, "hosts": sorted(policies), "problems": found}
        if dated:
            said["dates"] = dates.plain(policies, clock.now())
        print(json.dumps(said, ensure_ascii=False))
        return 2 if problems else 0
    if problems:
        raise PolicyError(problems, f"{len(problems)} problem{'s' if len(problems) > 1 else ''} in {path}")
    assets = sorted(name for policy in policies.values() for name in policy.assets)
    print(f"{path}: the policy of {len(policies)} hosts is valid; assets: {', '.join(assets) or 'none yet'}")
    if dated:
        print("\n".join(dates.of_site(policies, clock.now())))
    return 0


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
    if not asset:
        print("\n".join(dates.of_host(policies[host], clock.now())))
    return 0
