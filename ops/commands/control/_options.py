"""Options that several commands of the control machine share."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ops.core.errors import UsageError
from ops.fleet import inventory

UNNAMED = f"default: {inventory.NAMED}, otherwise the one that Ansible takes here"


def add_inventory(parser: argparse.ArgumentParser, *, positional: bool = False) -> None:
    """Add the option that names the inventory. positional: it may also stand by itself, without the option."""
    parser.add_argument("-i", "--inventory", type=Path, metavar="PATH", help=f"inventory ({UNNAMED})")
    if positional:
        words = "the same without -i"
        parser.add_argument("positional_inventory", type=Path, nargs="?", metavar="INVENTORY", help=words)


def named_inventory(options: argparse.Namespace) -> Path:
    """Return the inventory that a command is to speak of; raise UsageError when it is none, or two."""
    by_option, by_position = options.inventory, getattr(options, "positional_inventory", None)
    if by_option and by_position and by_option != by_position:
        raise UsageError(f"two inventories are named: {by_option} and {by_position}", "name one of them")
    return by_option or by_position or inventory.default()


def read_inventory(options: argparse.Namespace) -> inventory.Inventory:
    """Read the inventory that a command is to speak of, and say which one that is; raise UsageError."""
    read = inventory.read(named_inventory(options))
    tell_inventory(read.path, len(read.variables))
    return read


def tell_inventory(path: Path, hosts: int) -> None:
    """Say which inventory a command speaks of, before anything else and where it is in no program's way.

    hosts: how many it has; 0 where it could not be read.
    """
    count = f" ({hosts} host{'' if hosts == 1 else 's'})" if hosts else ""
    print(f"inventory: {path}{count}", file=sys.stderr, flush=True)


def add_vault(parser: argparse.ArgumentParser, words: str) -> None:
    """Add the option that names the file with the vault's password; `words`: what that is for."""
    parser.add_argument(
        "--vault-password-file",
        type=Path,
        default=os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE"),
        metavar="FILE",
        help=words,
    )


OPENS = "file with the vault password of the inventory"
SEALS = "file with the vault password"
