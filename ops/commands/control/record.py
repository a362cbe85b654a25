"""Write the record of a drill as a page for signatures, from the ledgers that were collected of the machines.

  seawall control collect                              first: bring what is new of every machine's ledger
  seawall record his --format pdf --output his.pdf     the newest drill of an asset, to print and sign
  seawall record his --output his.html                 the same page for a screen
  seawall record --on drill1 --number 41 --format json a record by its number, as an in-toto test result

A fact that the drill did not record stands on the page as `not recorded`. What the page holds: docs/records.md
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ops.commands.control import _options, _output
from ops.core.errors import UsageError
from ops.fleet import inventory
from ops.fleet.ledgers import drills, signers
from ops.jobs.record import FORMATS, evidence_of, rendered


def arguments(parser: ArgumentParser) -> None:
    """Add the words that `seawall record` understands on the control machine."""
    _options.add_inventory(parser)
    parser.add_argument("asset", nargs="?", help="the asset whose newest drill is meant")
    parser.add_argument("--on", metavar="HOST", help="the machine that drilled (default: any)")
    parser.add_argument("--number", type=int, metavar="N", help="the number of the record in that machine's ledger")
    parser.add_argument("--format", choices=(*FORMATS, "pdf"), default="html", help="default: html")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to (default: the terminal)")


def execute(options: Namespace) -> int:
    """Write one record; the exit code says whether it could be written, not how the drill ended."""
    if not options.asset and options.number is None:
        raise UsageError("which drill? Name its asset, or its host and number", "seawall record ASSET")
    form = "json" if options.json else options.format
    _output.demand_place(options.output, pdf=form == "pdf")
    read = inventory.read(options.inventory)
    record = drills.newest(read, options.asset, options.number, options.on)
    evidence = evidence_of(record.ledger, record.line, signers.place(read.path))
    page = rendered("json" if form == "json" else "html", evidence, read.policies().get(record.host))
    _output.write(page, options.output, pdf=form == "pdf")
    if options.output:
        print(f"record {evidence.line['n']} of {record.host}: {options.output}")
    return 0
