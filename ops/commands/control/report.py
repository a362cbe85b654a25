"""Write the report about the whole fleet: an HTML page, the same page as a PDF, or a table in the terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ops.commands._options import add_language, spoken
from ops.commands.control import _options
from ops.core import output
from ops.core.printable import as_json
from ops.fleet.pdf import printed
from ops.fleet.status import collect

PAGE = Path("report.html")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    _options.add_inventory(parser)
    parser.add_argument("--html", type=Path, metavar="FILE", help=f"write the page to this file (default: {PAGE})")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="write the page to this file as a PDF")
    parser.add_argument("--text", action="store_true", help="print the table; write a page only with --html or --pdf")
    add_language(parser)
    parser.epilog = "example: seawall report --html /srv/reports/today.html --language pt_BR"


def execute(options: argparse.Namespace) -> int:
    """Ask the fleet and write what it said; a report that could be written is a success, whatever it says."""
    from ops.reports.status import html, text

    page = options.html or (None if options.text or options.json or options.pdf else PAGE)
    for path in (page, options.pdf):
        output.demand_place(path)
    status = collect(_options.read_inventory(options).path)
    if options.json:
        print(as_json(status.written()))
    with spoken(options, status.language):
        if options.text:
            print(text.render(status, colours=sys.stdout.isatty()))
        content = html.render(status)
    if page:
        output.write(page, content, mode=0o640)
    if options.pdf:
        output.write(options.pdf, printed(content), mode=0o640)
    if not options.json and (written := [str(path) for path in (page, options.pdf) if path]):
        print(f"{status.verdict.value}: {', '.join(written)}")
    return 0
