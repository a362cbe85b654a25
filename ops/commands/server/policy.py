"""Check and show this machine's part of the policy.

seawall policy show                show what applies to this machine
seawall policy check               check whether it can be read and followed here
seawall policy validate FILE       check a file that is to replace it
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ops.commands._validation import validate
from ops.jobs.host import folders
from ops.jobs.host.own_policy import validated
from ops.policy import HostPolicy
from ops.policy.compile import document
from ops.policy.listing import leaves, worded


def arguments(parser: ArgumentParser) -> None:
    """Add the words that `seawall policy` understands on a server."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="check|show|validate")
    commands.add_parser("check", help="check the policy of this machine")
    commands.add_parser("show", help="show the policy of this machine")
    validate = commands.add_parser("validate", help="check a policy file before it replaces the machine's own")
    validate.add_argument("file", type=Path)


def execute(options: Namespace) -> int:
    """Validate, check or show."""
    own = folders.etc() / "policy.json"
    if options.command == "show":
        return _show(validated(own), options.json)
    return validate(options.file if options.command == "validate" else own, as_json=options.json)


def _show(policy: HostPolicy, plain: bool) -> int:
    data = document(policy)
    if plain:
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return 0
    for key, value in leaves(data):
        print(f"{key} = {worded(value)}")
    return 0
