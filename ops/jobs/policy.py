"""Check and show this machine's part of the policy.

examples:
  seawall policy show                        what this machine is to be
  seawall policy validate NEW.json           before it replaces the one in force
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ops.core.errors import Damaged, PolicyError, Problem
from ops.core.files import read_json
from ops.jobs import settings
from ops.policy import read_document


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall policy`."""
    commands = parser.add_subparsers(dest="command", required=True)
    validate = commands.add_parser("validate", help="judge a policy file; 0 when it is right, 2 when not")
    validate.add_argument("file", type=Path)
    commands.add_parser("show", help="print this machine's policy")


def execute(options: Namespace) -> int:
    """Validate a file, or show the policy in force."""
    if options.command == "show":
        print(json.dumps(read_json(settings.etc() / "policy.json"), indent=2, ensure_ascii=False))
        return 0
    try:
        policy = read_document(read_json(options.file))
    except Damaged as error:
        raise PolicyError([Problem(str(options.file), error.message)], "write it anew with playbooks/site.yml") from error
    print(f"{options.file}: the policy of {policy.host}, {len(policy.assets)} assets, {len(policy.checks)} checks")
    return 0
