"""Check and show this machine's part of the policy.

seawall policy show                show what applies to this machine
seawall policy check               check whether it can be read and followed here
seawall policy validate FILE       check a file that is to replace it
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ops.jobs.host import folders
from ops.jobs.host.own_policy import validated
from ops.policy import HostPolicy
from ops.policy.compile import document
from ops.policy.listing import leaves, worded
from ops.policy.units import units


def arguments(parser: ArgumentParser) -> None:
    """Add the words that `seawall policy` understands on a server."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="check|show|validate")
    commands.add_parser("check", help="check the policy of this machine")
    commands.add_parser("show", help="show the policy of this machine")
    validate = commands.add_parser("validate", help="check a policy file before it replaces the machine's own")
    validate.add_argument("file", type=Path)


def execute(options: Namespace) -> int:
    """Validate, check or show."""
    path = options.file if options.command == "validate" else folders.etc() / "policy.json"
    policy = validated(path)
    if options.command == "show":
        _show(policy, options.json)
    elif options.json:
        print(json.dumps({"version": 1, "host": policy.host, "problems": []}))
    else:
        print(f"{path}: valid; {policy.host}, {len(units(policy))} units")
    return 0


def _show(policy: HostPolicy, plain: bool) -> None:
    data = document(policy)
    if plain:
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return
    for key, value in leaves(data):
        print(f"{key} = {worded(value)}")
