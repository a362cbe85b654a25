"""Rotate the key that signs the ledger, or resume a ledger on a restored machine, and record why."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ops.commands import _options
from ops.core import clock
from ops.evidence.keys import fingerprint
from ops.jobs.ledger.rotate_key import Wanted, go_on


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of `seawall ledger rotate-key`."""
    parser.add_argument(
        "--reason", required=True, metavar="TEXT", help="reason, for whoever verifies the ledger; recorded"
    )
    parser.add_argument(
        "--restored", action="store_true", help="the machine was restored: resume with the key on this machine"
    )
    parser.add_argument(
        "--lost",
        type=_options.noted_head,
        metavar="'N SHA256'",
        help="the newest head that is known elsewhere but missing here",
    )
    _options.add_signers(parser)


def execute(options: argparse.Namespace, directory: Path, signers: Path) -> int:
    """Record how the ledger goes on, and print the line for the lists of signers elsewhere."""
    continued = go_on(Wanted(options.reason, options.restored, options.lost), directory, signers)
    mark = fingerprint(continued.key)
    if options.json:
        told = {"record": continued.number, "key": mark, "signer": continued.signer}
        print(json.dumps({"version": 1, "time": clock.iso(clock.now()), **told}))
        return 0
    print(f"record {continued.number}: the ledger continues with the key {mark}")
    print("To verify it elsewhere, compare the fingerprint and add this line to the list of signers there:")
    print(f"  {continued.signer}")
    return 0
