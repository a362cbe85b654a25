"""Show how the site conforms to its written procedures, clause by clause, with the evidence for each.

  seawall control collect                                      first, fetch what is new in every ledger
  seawall verify                                               and look at every machine from outside
  seawall conformity                                           every pack that the policy turns on
  seawall conformity hcf-hemod-po-10 --period 2026-10          one of them, with the acts of a month
  seawall conformity --at 2026-10-31 --pdf october.pdf         as it was at the end of a day, to print
  seawall conformity --format oscal --output results.json      for programs; hdf is the other format
  seawall conformity --duties                                  the duties that the packs ask for, ready for the policy

No machine is asked: what counts is in the collected ledgers, which are verified anew. docs/procedures.md says more.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import date
from pathlib import Path

from ops.commands._options import add_language, spoken
from ops.commands.control import _options
from ops.core import output
from ops.core.printable import as_json
from ops.fleet.conformity import load
from ops.fleet.conformity.gather import gather
from ops.fleet.conformity.judge import judge
from ops.fleet.pdf import printed

FORMATS = ("text", "json", "oscal", "hdf")


def arguments(parser: ArgumentParser) -> None:
    """Add the words of this command."""
    _options.add_inventory(parser)
    parser.add_argument("pack", nargs="?", default="", help="only this pack (default: all that the policy turns on)")
    parser.add_argument("--at", type=_day, metavar="DATE", help="as it was at the end of this day (default: now)")
    parser.add_argument("--period", metavar="MONTH", help="whose acts are counted: 2026-10, or two days with / between")
    parser.add_argument("--format", choices=FORMATS, default="text", help="output format (default: text)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="output file (default: standard output)")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page to this file")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="write the page to this file as a PDF")
    parser.add_argument("--duties", action="store_true", help="print the duties that are asked for and not there yet")
    add_language(parser)


def execute(options: Namespace) -> int:
    """Judge the packs, show how they stand, and return the verdict's exit code."""
    from ops.reports.conformity import hdf, oscal, page, text

    for path in (options.output, options.html, options.pdf):
        output.demand_place(path)
    read = _options.read_inventory(options)
    packs = load.used(read, options.pack)
    if options.duties:
        print(_duties(load.duties(packs, next(iter(read.policies().values())).site_duties)), end="")
        return 0
    report = judge(packs, gather(read, options.at, options.period))
    form = "json" if options.json else options.format
    with spoken(options, report.language):
        if options.html or options.pdf:
            content = page.render(report)
            if options.html:
                output.write(options.html, content, mode=0o640)
            if options.pdf:
                output.write(options.pdf, printed(content), mode=0o640)
        elif form == "text" and not options.output:
            print(text.render(report, colours=sys.stdout.isatty()))
        else:
            made = {
                "text": lambda: text.render(report, colours=False) + "\n",
                "json": lambda: as_json(report.written()) + "\n",
                "oscal": lambda: oscal.render(report),
                "hdf": lambda: hdf.render(report),
            }[form]()
            _put(options.output, made)
    if written := [str(path) for path in (options.output, options.html, options.pdf) if path]:
        print(f"{report.verdict.value}: {', '.join(written)}", file=sys.stderr)
    return report.verdict.exit_code


def _put(path: Path | None, content: str) -> None:
    if path:
        output.write(path, content, mode=0o640)
    else:
        print(content, end="")


def _duties(wanted: dict[str, dict[str, str]]) -> str:
    """Return duties as the policy would write them."""
    import yaml

    if not wanted:
        return ""
    tree = {"policy__all": {"duties": wanted}}
    return str(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=110))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2026-10-31") from None
