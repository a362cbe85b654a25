"""Options that several commands of the control machine share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ops.fleet.inventory import DEFAULT


def add_inventory(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the inventory."""
    words = f"inventory (default: the one in ansible.cfg, otherwise {DEFAULT})"
    parser.add_argument("-i", "--inventory", type=Path, metavar="PATH", help=words)


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
