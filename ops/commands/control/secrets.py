"""Create the secrets that an inventory lacks, sealed with Ansible Vault.

  seawall secrets make inventories/hospital --vault-password-file ~/.seawall-vault
  seawall secrets make --new-password      the same for SEAWALL_INVENTORY, with a vault password made now

The policy determines which secrets are needed: the site's certificate authority, a certificate for each host that keeps
repositories, and for each machine the passwords of its repositories and of their readers. Existing secrets are kept;
a certificate in its last 90 days is renewed. Only names are printed, never values.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.fleet.secrets.make import make
from ops.fleet.secrets.vault import Store, Vault, make_password


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall secrets` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="make")
    making = commands.add_parser("make", help="create the secrets that an inventory lacks")
    _options.add_inventory(making, positional=True)
    _options.add_vault(making, _options.SEALS)
    how = making.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="show what would be created, and create nothing")
    words = "create the vault password first, if its file doesn't exist and nothing is sealed yet"
    how.add_argument("--new-password", action="store_true", help=words)


def execute(options: argparse.Namespace) -> int:
    """Make what is missing and name it."""
    if options.vault_password_file is None:
        raise UsageError("no vault password", "use --vault-password-file FILE")
    inventory = _options.read_inventory(options)
    path = inventory.path
    if not inventory.variables:
        raise UsageError(f"{path} names no hosts", f"seawall policy check {path} says why")
    store = Store(path if path.is_dir() else path.parent)
    password = Path(options.vault_password_file).expanduser()
    if options.new_password:
        _make_password(password, store)
    vault = Vault(password)
    made = make(inventory.policies(), store, vault)
    files = [] if options.dry_run else store.save()
    if options.json:
        print(json.dumps({"made": made, "files": [str(path) for path in files]}))
        return 0
    for name in made:
        print(f"{'would create' if options.dry_run else 'created'} {name}")
    for path in files:
        print(f"wrote {path}")
    if not made:
        print("nothing is missing")
    return 0


def _make_password(path: Path, store: Store) -> None:
    """Make the vault password unless it is there; what is sealed already was sealed with another one."""
    if not path.exists() and any(store.sealed()):
        raise UsageError(
            f"{path} does not exist, but the inventory has secrets sealed with its password",
            "bring the file back from the safe; a new password would open none of them",
        )
    if make_password(path):
        print(f"created {path}; print it for the safe: without it, nobody can open the secrets", file=sys.stderr)
