"""Pack all evidence of a period into one signed archive, which a script verifies without Seawall.

  seawall control collect                                   first, fetch what is new in every ledger
  seawall evidence-pack --period 2026-10                    writes evidence-2026-10.tar
  seawall evidence-pack --period 2026-10 --out /media/a.tar to another file
  seawall evidence-pack --period 2026-10 --attested scans/  with the files that attestations name, found by their digest
  seawall evidence-pack --period 2026-10 --dry-run          say what would be in it, and write nothing
  seawall evidence-pack --period 2026-10 --key auditor.key  sign with another key than the control machine's

No machine is asked. The same facts give the same bytes; a file that is there is never replaced.
docs/evidence-pack.md says more.
"""

from __future__ import annotations

import hashlib
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ops.commands.control import _options
from ops.core import output
from ops.core.errors import UsageError
from ops.core.printable import as_json
from ops.evidence.keys import fingerprint
from ops.fleet.control_machine import identity
from ops.fleet.evidence_pack import archive
from ops.fleet.evidence_pack.gather import Asked, contents


def arguments(parser: ArgumentParser) -> None:
    """Add the words of this command."""
    _options.add_inventory(parser)
    parser.add_argument("--period", required=True, metavar="MONTH", help="2026-10, or two days with / between")
    parser.add_argument("--out", type=Path, metavar="FILE", help="archive to write (default: evidence-PERIOD.tar)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="key that signs (default: the control machine's)")
    parser.add_argument(
        "--attested", type=Path, metavar="FOLDER", help="where the files that attestations name are kept"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be in it, and write nothing")


def execute(options: Namespace) -> int:
    """Write the archive, or say what would be in it; return 0."""
    path = options.out or Path(f"evidence-{options.period.replace('/', '_')}.tar")
    output.demand_place(path)
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists already", "name another file with --out, or move it away")
    read = _options.read_inventory(options)
    key = options.key or identity.folder(read.path) / "etc/seawall/credentials/ledger.key"
    if not key.exists():
        raise UsageError(
            f"there is no key {key}", "name one with --key; `seawall control backup` makes the control machine's"
        )
    public = archive.demand_key(key)
    asked = Asked(options.period, public, options.attested)
    made = contents(read, asked, lambda what: print(f"reading {what}", file=sys.stderr, flush=True))
    told: dict[str, object] = {
        "archive": str(path),
        "written": not options.dry_run,
        "files": sorted(made.files),
        "records": made.counts,
        "not_looked_at": made.unseen,
        "key": fingerprint(public),
    }
    if not options.dry_run:
        packed = archive.packed(made.files, key)
        told["sha256"] = hashlib.sha256(packed).hexdigest()
        output.write(path, packed, mode=0o640)
    if options.json:
        print(as_json(told))
        return 0
    for one in made.unseen:
        print(f"not looked at: {one}")
    done = "would be packed into" if options.dry_run else "are packed into"
    print(f"{len(made.files)} files with {sum(made.counts.values())} records {done} {path}")
    print(f"signed with {told['key']}" if not options.dry_run else f"to be signed with {told['key']}")
    return 0
