"""Write the validation protocol of a year: scope, tests, clauses, deviations, conclusion; signed, as page and PDF.

  seawall control collect                                   first, fetch what is new in every ledger
  seawall verify                                            and look at every machine from outside
  seawall validation-protocol --year 2025                   writes the folder validation-2025
  seawall validation-protocol --until 2026-11-27            the twelve months that end with this day
  seawall validation-protocol --year 2025 --language cs     in another language than the site's
  seawall validation-protocol --year 2025 --dry-run         say how it would conclude, and write nothing

No machine is asked. The same facts give the same files; a folder that holds something is never written to. It ends with
0 when the protocol is written, however it concludes: people sign it. docs/validation.md says more.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import MAXYEAR, date
from pathlib import Path

from ops.commands._options import add_language, spoken
from ops.commands.control import _options
from ops.core.errors import UsageError
from ops.core.printable import as_json
from ops.evidence.keys import fingerprint
from ops.fleet.control_machine import identity
from ops.fleet.evidence_pack.archive import demand_key
from ops.fleet.pdf import printed
from ops.fleet.validation import signed
from ops.fleet.validation.gather import protocol

NAME = "protocol"


def arguments(parser: ArgumentParser) -> None:
    """Add the words of this command."""
    _options.add_inventory(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--year", type=_year, metavar="YEAR", help="a year that is over, such as 2025")
    which.add_argument("--until", type=_day, metavar="DAY", help="the last day of twelve months, such as 2026-11-27")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="folder to write to (default: validation-YEAR)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="key that signs (default: the control machine's)")
    parser.add_argument("--dry-run", action="store_true", help="say how it would conclude, and write nothing")
    add_language(parser)


def execute(options: Namespace) -> int:
    """Write the folder, or say how the protocol would conclude; return 0."""
    from ops.reports import validation

    folder = options.out or Path(f"validation-{options.year.year if options.year else options.until}")
    signed.demand_new(folder)
    read = _options.read_inventory(options)
    key = options.key or identity.folder(read.path) / "etc/seawall/credentials/ledger.key"
    if not key.exists():
        raise UsageError(
            f"there is no key {key}", "name one with --key; `seawall control backup` makes the control machine's"
        )
    public = demand_key(key)
    found = protocol(read, options.year or options.until)
    with spoken(options, found.conformity.language):
        page, conclusion = validation.render(found), validation.conclusion(found)
    told = {"folder": str(folder), "written": not options.dry_run, "verdict": found.verdict.value}
    if not options.dry_run:
        data = f"{as_json(found.written())}\n".encode()
        files = {f"{NAME}.html": page.encode(), f"{NAME}.pdf": printed(page), f"{NAME}.json": data}
        signed.write(folder, signed.with_signature(files, key))
    if options.json:
        print(as_json({**told, "deviations": len(found.deviations), "key": fingerprint(public)}))
        return 0
    print(f"{found.verdict.value}: {conclusion}")
    print(f"{len(found.systems)} systems, {len(found.trials)} tests, {len(found.deviations)} deviations")
    print(f"{'would be written to' if options.dry_run else 'written to'} {folder}; signed with {fingerprint(public)}")
    return 0


def _year(text: str) -> date:
    if not (text.isascii() and text.isdecimal() and len(text) == 4 and 2000 <= int(text) < MAXYEAR):  # noqa: PLR2004
        raise ArgumentTypeError(f"{text!r} is not a year such as 2025")
    return date(int(text), 12, 31)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2026-11-27") from None
    return found
