"""Create the secrets that an inventory lacks, sealed with Ansible Vault.

  seawall secrets make inventories/hospital --vault-password-file ~/.seawall-vault

The policy determines which secrets are needed: the site's certificate authority, a certificate for each host that keeps
repositories, and for each machine the passwords of its repositories and of their readers. Existing secrets are kept;
a certificate in its last 90 days is renewed. Only names are printed, never values.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.fleet.secrets.make import make
from ops.fleet.secrets.vault import Store, Vault


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall secrets` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="make")
    making = commands.add_parser("make", help="create the secrets that an inventory lacks")
    _options.add_inventory(making, positional=True)
    _options.add_vault(making, _options.SEALS)
    making.add_argument("--dry-run", action="store_true", help="show what would be created, and create nothing")


def execute(options: argparse.Namespace) -> int:
    """Make what is missing and name it."""
    if options.vault_password_file is None:
        raise UsageError("no vault password", "use --vault-password-file FILE")
    inventory = _options.read_inventory(options)
    path = inventory.path
    store = Store(path if path.is_dir() else path.parent)
    vault = Vault(Path(options.vault_password_file))
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
