"""Validate and show this machine's part of the policy.

seawall policy show                what holds on this machine
seawall policy check               whether it can be read and obeyed here
seawall policy validate FILE       the same for a file that is to replace it
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.core.errors import Damaged, PolicyError, Problem, UsageError
from ops.core.files import read_json
from ops.jobs import settings
from ops.policy import HostPolicy, read_document
from ops.policy.compile import document
from ops.policy.units import units

if TYPE_CHECKING:
    import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall policy` understands on a server."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="check|show|validate")
    commands.add_parser("check", help="judge the policy of this machine")
    commands.add_parser("show", help="show the policy of this machine")
    add_validate(commands)


def add_validate(commands: Any) -> None:
    """Add the command that judges a rendered file."""
    validate = commands.add_parser("validate", help="judge a policy file before it replaces the machine's")
    validate.add_argument("file", type=Path)


def execute(options: argparse.Namespace) -> int:
    """Validate, check or show."""
    path = options.file if options.command == "validate" else settings.etc() / "policy.json"
    policy = validated(path)
    if options.command == "show":
        _show(policy, options.json)
    elif options.json:
        print(json.dumps({"version": 1, "host": policy.host, "problems": []}))
    else:
        print(f"{path}: whole; {policy.host}, {len(units(policy))} units")
    return 0


def validated(path: Path) -> HostPolicy:
    """Return the policy in a rendered file; raise PolicyError unless it can be obeyed on this machine."""
    try:
        policy = read_document(read_json(path))
    except Damaged as error:
        problem = Problem("policy", "not whole JSON; is the file cut short?", str(path))
        raise PolicyError([problem], "run playbooks/site.yml from the control machine") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    units(policy)
    return policy


def leaves(data: Any, start: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every single value of a document with its path."""
    if isinstance(data, dict) and data:
        for name, part in data.items():
            yield from leaves(part, f"{start}.{name}" if start else name)
    elif isinstance(data, list) and data:
        for index, part in enumerate(data):
            yield from leaves(part, f"{start}[{index}]")
    else:
        yield start, data


def worded(value: Any) -> str:
    """Return a value as it would be written in the policy."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _show(policy: HostPolicy, plain: bool) -> None:
    data = document(policy)
    if plain:
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return
    for key, value in leaves(data):
        print(f"{key} = {worded(value)}")
