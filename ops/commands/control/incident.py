"""Incidents: a person opens one, notes what happens, and closes it with cause, lesson and what was entered from paper.

  seawall incident list                         what is open, and which failed checks propose one
  seawall incident open --class 1 --kind database --affected his --discovered 14:05 'the HIS does not answer'
  seawall incident show 41                      clock, who must know, what to do now, timeline
  seawall incident note 41 --at 14:10 'the vendor was called, ticket 4711'
  seawall incident note 41 'stolen from the office' --gone 'laptop = 900 EUR' --gone 'two backup disks'
  seawall incident close 41 --cause 'disk full' --lesson 'warn at 20 %' --entered '34 requests' --entered-by reception

Each act is a signed record in the ledger of the control machine: nothing is changed or taken back. Classes and limits
are those of the policy's alarms. docs/incidents.md says more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from ops.commands._options import add_language, spoken
from ops.commands.control import _options
from ops.core import clock
from ops.core.printable import all_printable, as_json, printable
from ops.core.schema import encode
from ops.fleet.incidents import people, screen, steps, told, write
from ops.fleet.incidents.book import Book, Incident
from ops.interfaces.incident import KINDS
from ops.reports.times import Times


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words that `seawall incident` understands."""
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    opening = commands.add_parser("open", help="open an incident")
    opening.add_argument("text", metavar="TEXT", help="what happened, in one sentence; names of people are removed")
    opening.add_argument("--class", dest="fault_class", required=True, metavar="CLASS", help="1, 2, 3 or a fault class")
    opening.add_argument("--kind", required=True, choices=KINDS, help="what kind of thing happened")
    opening.add_argument(
        "--affected", required=True, metavar="NAMES", help="assets, machines, checks or services, comma-separated"
    )
    opening.add_argument("--discovered", default="", metavar="TIME", help="when (default: now); 14:05, or with its day")
    opening.add_argument("--alarm", default="", metavar="HOST/NUMBER", help="the alarm that told it")
    noting = commands.add_parser("note", help="add a note to an open incident")
    noting.add_argument("number", type=int, help="the incident's number")
    noting.add_argument("text", metavar="TEXT", help="what was seen or done")
    noting.add_argument("--at", default="", metavar="TIME", help="when that was, if it is not now")
    noting.add_argument("--gone", action="append", default=[], metavar="THING=VALUE", help="something that was stolen")
    closing = commands.add_parser("close", help="close an incident")
    closing.add_argument("number", type=int, help="the incident's number")
    for name, words in _CLOSING.items():
        closing.add_argument(f"--{name}", required=True, metavar="TEXT", help=words)
    for command in (opening, noting, closing):
        command.add_argument("--by", default="", metavar="NAME", help="whose word it is, if not the person logged in")
        command.add_argument("--dry-run", action="store_true", help="show what would be recorded, and record nothing")
    showing = commands.add_parser("show", help="show one incident on one screen")
    showing.add_argument("number", type=int, help="the incident's number")
    listing = commands.add_parser("list", help="list open incidents, and what failed checks propose")
    showing.add_argument("--all", action="store_true", help="show the whole timeline")
    listing.add_argument("--all", action="store_true", help="list those that are closed, too")
    for command in (opening, noting, closing, showing, listing):
        _options.add_inventory(command)
        if command in (opening, showing, listing):
            add_language(command)
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        name = command.prog.split()[-1]
        examples = [line for line in (__doc__ or "").splitlines() if line.startswith(f"  seawall incident {name}")]
        command.epilog = "\n".join(["examples:", *examples])


_CLOSING: Mapping[str, str] = {
    "cause": "what caused it",
    "lesson": "what is done so that it does not happen again",
    "entered": "how much that was written on paper was entered; none, if none was",
    "entered-by": "who entered it, or saw that there was none",
}


def execute(options: argparse.Namespace) -> int:
    """Do it, and print what is known then: 0 done, 1 when the ledger does not verify, too."""
    site = write.Site.of(_options.read_inventory(options))
    if options.command in {"list", "show"}:
        book = site.book()
        _warn(book)
        _list(site, book, options) if options.command == "list" else _show(site, book.of(options.number), options)
        return 1 if book.broken else 0
    recorded = _written(site, options)
    number = recorded.n if options.command == "open" else options.number
    if options.json:
        print(as_json(all_printable({"incident": number, "n": recorded.n, **recorded.body}), indent=2))
    elif options.dry_run:
        print(f"would record: {as_json(all_printable(dict(recorded.body)))}")
    else:
        print(f"incident {number}, record {recorded.n}: {printable(str(recorded.body['message']))}")
        if options.command == "open":
            print()
            _show(site, site.book().of(number), argparse.Namespace(json=False, all=True, language=options.language))
    if not options.dry_run:
        _warn(site.book())
    return 0


def _written(site: write.Site, options: argparse.Namespace) -> write.Told:
    if options.command == "close":
        word = write.Teller(options.cause, options.by, options.dry_run)
        return write.close(site, options.number, word, options.lesson, options.entered, options.entered_by)
    word = write.Teller(options.text, options.by, options.dry_run)
    if options.command == "note":
        return write.note(site, options.number, word, options.at, options.gone)
    things = [name.strip() for name in options.affected.split(",") if name.strip()]
    return write.open_(site, options.fault_class, options.kind, things, word, options.discovered, options.alarm)


def _warn(book: Book) -> None:
    for trouble in book.troubles:
        print(f"warning: {printable(trouble)}", file=sys.stderr)


def _list(site: write.Site, book: Book, options: argparse.Namespace) -> None:
    offered = told.proposals(site, book)
    times = Times.of(clock.now(), site.own.site.timezone)
    if not options.json:
        with spoken(options, site.own.site.language):
            print(screen.listed(book, offered, times, closed=options.all))
        return
    chosen = [one for one in book.incidents.values() if options.all or not one.closing]
    _plain(
        {
            "incidents": [{**encode(one), "clock": screen.clock_line(one, times)} for one in chosen],
            "proposals": encode(offered.found),
            "not_looked_at": offered.unknown,
            "troubles": book.troubles,
        }
    )


def _show(site: write.Site, incident: Incident, options: argparse.Namespace) -> None:
    times = Times.of(clock.now(), site.own.site.timezone)
    acks, trouble = told.acknowledgements(site, incident)
    if trouble:
        print(f"warning: {trouble}", file=sys.stderr)
    # What programs read is English, whatever the site speaks.
    with nullcontext() if options.json else spoken(options, site.own.site.language):
        knowers = people.who(incident, site.policies, site.own)
        first = steps.first(incident, site.policies)
        if not options.json:
            print(screen.shown(incident, knowers, first, acks, times, everything=options.all))
            return
    more = {"clock": screen.clock_line(incident, times), "who_must_know": encode(knowers), "steps": first}
    _plain({**encode(incident), **more, "acknowledged": encode(acks)})


def _plain(data: Any) -> None:
    print(as_json(all_printable(data), indent=2))
