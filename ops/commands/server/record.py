"""Write the record of a drill as a page to sign, from the ledger of this machine.

  seawall record his --output his.html         the newest drill of an asset, as HTML
  seawall record --number 41 --format json     a record by its number, as an in-toto test result

The control machine has the same command for every machine's ledger, and also writes PDFs.

What the drill did not record appears as `not recorded`. docs/records.md describes the page.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ops.commands._options import add_language, spoken
from ops.core import output
from ops.core.errors import UsageError
from ops.jobs.host import folders
from ops.jobs.record import FORMATS, chosen, evidence_of, own_policy_if_any, rendered

PDF = "there: seawall control collect, then seawall record ASSET --format pdf --output FILE; or print the HTML"


def arguments(parser: ArgumentParser) -> None:
    """Add the words that `seawall record` understands."""
    parser.add_argument("asset", nargs="?", help="use the newest drill of this asset")
    parser.add_argument("--number", type=int, metavar="N", help="use the record with this number in the ledger")
    parser.add_argument("--format", choices=(*FORMATS, "pdf"), default="html", help="output format (default: html)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="output file (default: standard output)")
    add_language(parser)
    parser.add_argument("--directory", type=Path, metavar="DIR", help="folder of the ledger")
    parser.add_argument(
        "--signers",
        type=Path,
        metavar="FILE",
        help="file with the keys that may sign, in the format of ssh-keygen's allowed_signers",
    )


def execute(options: Namespace) -> int:
    """Write one record; the exit code says whether it could be written, not how the drill ended."""
    if not options.asset and options.number is None:
        raise UsageError("name the asset of the drill, or the number of its record", "seawall record ASSET")
    form = "json" if options.json else options.format
    if form == "pdf":
        raise UsageError("a server writes no PDF; the control machine does", PDF)
    output.demand_place(options.output)
    directory = options.directory or folders.state() / "ledger"
    line = chosen(directory, options.asset, options.number)
    evidence = evidence_of(directory, line, options.signers or folders.etc() / "allowed_signers")
    policy = own_policy_if_any()
    with spoken(options, policy.site.language if policy else ""):
        page = rendered(form, evidence, policy)
    if options.output:
        output.write(options.output, page)
        print(f"record {evidence.line.n}: {options.output}")
    else:
        sys.stdout.write(page)
    return 0
