"""Say that you see to an incident of this machine's alarms: why, and until when.

Then nobody else is called, and nobody is reminded, until that time is over or it gets worse. The limits of its fault
class are announced all the same. What you say becomes a record in the ledger.
"""

from __future__ import annotations

import argparse

from ops.core.quantity import Duration
from ops.jobs.alarms.ack import acknowledge


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.add_argument("incident", type=int, metavar="NUMBER", help="the incident's number, as in the message")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="what you do about it; goes into the ledger")
    parser.add_argument(
        "--until",
        type=_span,
        default=Duration(4 * 3600),
        metavar="SPAN",
        help="for how long (default: 4h; 14d at most)",
    )
    parser.add_argument("--by", default="", metavar="NAME", help="who sees to it, if not the person logged in")
    parser.epilog = "example: sudo seawall ack 3 --until 2d --reason 'new disk ordered, comes tomorrow'"


def execute(options: argparse.Namespace) -> int:
    """Record it, and say what follows."""
    incident = acknowledge(options.incident, options.reason, options.until, options.by)
    if incident.ack:
        print(f"incident {incident.number}: {incident.ack.who} sees to it until {incident.ack.until}")
    return 0


def _span(text: str) -> Duration:
    try:
        return Duration.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a span such as 4h or 2d") from error
