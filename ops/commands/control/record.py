"""Write the record of a drill as a page to sign, from the ledgers collected from the machines.

  seawall control collect                              first, fetch what is new in every ledger
  seawall record his --format pdf --output his.pdf     the newest drill of an asset, to print and sign
  seawall record his --output his.html                 the same page for a screen
  seawall record --on drill1 --number 41 --format json a record by its number, as an in-toto test result

What the drill did not record appears as `not recorded`. docs/records.md describes the page.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from ops.commands._options import add_language, spoken
from ops.commands.control import _options, _output
from ops.core.errors import UsageError
from ops.fleet.ledgers import drills, signers
from ops.jobs.record import FORMATS, evidence_of, rendered


def arguments(parser: ArgumentParser) -> None:
    """Add the words that `seawall record` understands on the control machine."""
    _options.add_inventory(parser)
    parser.add_argument("asset", nargs="?", help="use the newest drill of this asset")
    parser.add_argument("--on", metavar="HOST", help="use only the ledger of this machine")
    parser.add_argument("--number", type=int, metavar="N", help="use the record with this number in that ledger")
    parser.add_argument("--format", choices=(*FORMATS, "pdf"), default="html", help="output format (default: html)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="output file (default: standard output)")
    add_language(parser)


def execute(options: Namespace) -> int:
    """Write one record; the exit code says whether it could be written, not how the drill ended."""
    if not options.asset and options.number is None:
        raise UsageError("name the asset of the drill, or the host and number of its record", "seawall record ASSET")
    form = "json" if options.json else options.format
    _output.demand_place(options.output, pdf=form == "pdf")
    read = _options.read_inventory(options)
    record = drills.newest(read, options.asset, options.number, options.on)
    evidence = evidence_of(record.ledger, record.line, signers.place(read.path))
    policy = read.policies().get(record.host)
    with spoken(options, policy.site.language if policy else ""):
        page = rendered("json" if form == "json" else "html", evidence, policy)
    _output.write(page, options.output, pdf=form == "pdf")
    if options.output:
        print(f"record {evidence.line.n} of {record.host}: {options.output}")
    return 0
