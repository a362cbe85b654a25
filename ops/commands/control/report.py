"""Write a report about the whole fleet: an HTML page, the same page as a PDF, a text in the terminal, or a mail.

  seawall report                            what needs a person today, and what was done since yesterday
  seawall report --period weekly            the last whole week, with its calendar and trends; also monthly and yearly
  seawall report --period monthly --date 2026-10-15 --pdf october.pdf
  seawall report --mail                     the same by mail, to the contacts of `reports` in the policy

It collects what is new of every machine's ledger first, and says whose is missing; see docs/reports.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ops.commands._options import add_language, spoken
from ops.commands.control import _options
from ops.core import output
from ops.core.announce import to_errors
from ops.core.printable import as_json
from ops.core.verdict import Finding, Verdict
from ops.fleet import periods
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers import collect as ledgers
from ops.fleet.pdf import printed
from ops.fleet.periods import mail as post
from ops.fleet.periods import noted
from ops.fleet.status import collect
from ops.interfaces.fleet_period import KINDS
from ops.interfaces.fleet_status import FleetStatus

PAGE = Path("report.html")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    _options.add_inventory(parser)
    parser.add_argument("--period", choices=KINDS, default="daily", help="what it is about (default: daily)")
    parser.add_argument(
        "--date",
        type=_day,
        metavar="DAY",
        help="a day of that period (default: the last one; for daily, since yesterday)",
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help=f"write the page to this file (default: {PAGE})")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="write the page to this file as a PDF")
    parser.add_argument("--text", action="store_true", help="print it; write a page only with --html or --pdf")
    parser.add_argument("--mail", action="store_true", help="mail it to the contacts of `reports` in the policy")
    parser.add_argument("--dry-run", action="store_true", help="with --mail: print the letter, and send nothing")
    parser.add_argument(
        "--no-collect", action="store_true", help="take the ledgers as they were collected last; the report says when"
    )
    _options.add_vault(parser, _options.OPENS)
    add_language(parser)
    parser.epilog = "example: seawall report --html /srv/reports/today.html --language pt_BR"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-11-22") from error


def execute(options: argparse.Namespace) -> int:
    """Ask the fleet and write what it said; a report that could be written is a success, whatever it says."""
    from ops.reports.period.mail import letter
    from ops.reports.status import html, text
    from ops.reports.status.view import view

    elsewhere = options.text or options.json or options.pdf or options.mail
    page = options.html or (None if elsewhere else PAGE)
    for path in (page, options.pdf):
        output.demand_place(path)
    read = _options.read_inventory(options)
    how = post.post(read, options.vault_password_file) if options.mail else None
    status = collect(read.path)
    period = periods.told(read, status, options.period, options.date, _collected(read, options))
    if options.json:
        print(as_json({**status.written(), "period": period.written()}))
    with spoken(options, status.language):
        if options.text:
            print(text.render(status, period, colours=sys.stdout.isatty()))
        content = html.render(status, period)
        verdict = view(status, period).verdict
        written = letter(status, period)
    _note(read, options, status, content)
    if page:
        output.write(page, content, mode=0o640)
    if options.pdf:
        output.write(options.pdf, printed(content), mode=0o640)
    if how and options.dry_run:
        print(post.made(how, written, period.kind, status.time, content).as_string())
    elif how:
        post.send(how, written, period.kind, status.time, content)
    told = [str(path) for path in (page, options.pdf) if path]
    told += [f"mailed to {', '.join(how.to)}"] if how and not options.dry_run else []
    if told and not options.json:
        print(f"{verdict.value}: {', '.join(told)}")
    return 0


def _collected(read: Inventory, options: argparse.Namespace) -> Mapping[str, Finding]:
    """Collect the ledgers; what keeps that from being done is said in the report, and does not stop it."""
    if options.no_collect:
        return {}
    try:
        return ledgers.collect(read)
    except Exception as error:  # noqa: BLE001 -- what stops the collecting must not stop the report
        message = f"the ledgers could not be collected: {type(error).__name__}: {error}"
        return dict.fromkeys(read.variables, Finding(Verdict.UNKNOWN, message))


def _note(read: Inventory, options: argparse.Namespace, status: FleetStatus, content: str) -> None:
    """Note that this page was made, so that the next report knows whether somebody signed it off."""
    try:
        noted.note(read.path, status, options.period, [content])
    except OSError as error:
        to_errors(f"warn: that this report was made can't be noted: {error.strerror}")
