"""Show the alarms of this machine: what is open, who was told, who sees to it, and which messages wait.

`run` looks once and tells what is due; a timer does that each minute.
"""

from __future__ import annotations

import argparse

from ops.alarms.model import Incident
from ops.core import clock
from ops.core.printable import as_json
from ops.core.schema import encode
from ops.core.verdict import Verdict
from ops.jobs.alarms.ack import Known, known
from ops.jobs.alarms.job import look_and_tell
from ops.jobs.host import own_policy
from ops.reports.alarm_table import IncidentLine, WaitingLine, table
from ops.reports.times import Times

_WORDS = {verdict.severity: verdict.value for verdict in Verdict}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of this command."""
    parser.add_argument("act", nargs="?", choices=["show", "run"], default="show", help="default: show")
    parser.add_argument("--all", action="store_true", help="show those that are over, too")
    parser.add_argument("--dry-run", action="store_true", help="run: show what would be told, and tell nobody")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = (
        "examples:\n  seawall alarms                  what is open\n"
        "  seawall alarms run --dry-run    what would be told now\n"
    )


def execute(options: argparse.Namespace) -> int:
    """Show what is known, or look once: 0 when all that was due was told."""
    if options.act == "show":
        _show(options)
        return 0
    told = look_and_tell(dry_run=options.dry_run)
    if options.json:
        print(as_json({"messages": encode(told.made), "refused": dict(told.refused), "trouble": told.trouble}))
        return told.code
    for message in told.made:
        print(message.text if options.dry_run else message.subject)
    for name, error in told.refused.items():
        print(f"the channel {name} did not take a message, which is tried again: {error}")
    if told.trouble:
        print(f"kept in memory alone: {told.trouble}")
    return told.code


def _show(options: argparse.Namespace) -> None:
    found = known()
    incidents = [*found.raised, *(found.over if options.all else ())]
    if options.json:
        waiting = [{"channel": one.channel, "error": one.error, **encode(one.message)} for one in found.waiting]
        print(as_json({"incidents": encode(incidents), "alarms": encode(found.alarms), "waiting": waiting}))
        return
    times = Times.of(clock.now(), own_policy.read().site.timezone)
    waits = [WaitingLine(channel=one.channel, subject=one.message.subject, error=one.error) for one in found.waiting]
    print(table([_line(one, found) for one in incidents], waits, times))


def _line(incident: Incident, found: Known) -> IncidentLine:
    ack = incident.ack
    return IncidentLine(
        number=incident.number,
        verdict=_WORDS[incident.level],
        begun=incident.begun,
        over=incident.over,
        fault_class=incident.fault_class,
        checks=[(one.key, one.message) for one in found.alarms if one.key in incident.members],
        reached=incident.reached,
        ack=(ack.who, ack.why, ack.until) if ack else None,
    )
