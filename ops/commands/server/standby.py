"""A PostgreSQL cluster on two machines: show how this machine's stands, fence it, promote it, have it follow again.

On the control machine, `seawall failover` does this on both machines in their order. By hand, and without a control
machine: fence the old primary first, or know that its machine is off; then promote the standby; then let the old
primary rejoin. See docs/standby.md.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import TYPE_CHECKING

from ops.core.errors import UsageError

if TYPE_CHECKING:
    from ops.interfaces.standby import ClusterState
    from ops.jobs.standby.place import Place

ACTS = {
    "show": "say how the cluster of this machine stands",
    "fence": "stop it, and keep it from starting and from taking writes",
    "promote": "make it the primary",
    "rejoin": "have it follow the other machine's cluster, after pg_rewind or from a new base backup",
    "synchronous": "on the primary: have commits wait for the standby, or not, as the policy says",
    "release": "take a fence back, where the other machine was not promoted",
    "start": "start the former primary although the other machine does not answer",
    "guard": "say whether it may start; its unit runs this",
}
EXAMPLES = """\
examples:
  sudo seawall standby show his
  sudo seawall standby fence his --reason 'ticket 4712: disk errors'
  sudo seawall standby promote his --other-is-fenced --reason 'ticket 4712: disk errors'
  sudo seawall standby rejoin his --reason 'disk replaced'                     after pg_rewind
  sudo seawall standby rejoin his --new-base-backup --reason 'first set-up'    all data are copied
  sudo seawall standby synchronous his --reason 'his2 follows again'
  sudo seawall standby start his --other-is-off
exit codes: 0 done; 1 failed; 2 wrong usage or policy
"""
_CHANGING = ("fence", "promote", "rejoin", "synchronous", "release", "start")


def arguments(parser: ArgumentParser) -> None:
    """Add the words that `seawall standby` understands."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    each = "; ".join(f"{name}: {said}" for name, said in ACTS.items())
    parser.add_argument("act", choices=ACTS, metavar="ACT", help=each)
    parser.add_argument("name", help="the standby's name in the policy")
    parser.add_argument("--reason", default="", help="why; it is recorded in the ledger")
    parser.add_argument("--least", type=int, metavar="BYTES", help="promote: how far the log must reach at least")
    parser.add_argument("--other-is-fenced", action="store_true", help="promote: you know that the primary is fenced")
    parser.add_argument("--other-is-off", action="store_true", help="promote, start: you know that its machine is off")
    parser.add_argument("--new-base-backup", action="store_true", help="rejoin: copy all data; the old ones are kept")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")


def execute(options: Namespace) -> int:
    """Do what the words say; return the exit code."""
    from ops.jobs.standby.job import find

    if os.geteuid() != 0:
        raise UsageError("only root may steer a cluster", "sudo seawall standby ...")
    if options.act == "guard":
        return _guard(options.name)
    place = find(options.name)
    if options.act == "show" or options.dry_run:
        return _show(place, options)
    if options.act == "start":
        return _start(place, options)
    return _changed(place, options)


def _guard(name: str) -> int:
    """Say that it may start; one that the policy no longer has is guarded by its fence alone."""
    from ops.jobs.standby.guard import start_allowed
    from ops.jobs.standby.job import NoSuchStandby, find

    try:
        print(f"may start: {start_allowed(find(name))}")
    except NoSuchStandby as error:
        print(f"may start: {error.message}; playbooks/standby.yml -e state=absent takes this guard away")
    return 0


def _show(place: Place, options: Namespace) -> int:
    from ops.core.printable import as_json
    from ops.jobs.standby.state import state

    seen = state(place)
    if options.json:
        print(as_json(seen.written()))
        return 0
    print(described(seen))
    if options.dry_run and options.act in _CHANGING:
        print(f"would {options.act}: {ACTS[options.act]}")
    return 0


def described(seen: ClusterState) -> str:
    """Return how a cluster stands, in one line."""
    what = "primary" if seen.primary else "standby" if seen.follows else "former primary"
    words = [f"{seen.name} of {seen.host}: {what}", "runs" if seen.running else "is down"]
    if seen.fenced:
        words.append("fenced")
    if seen.running:
        words.append("streams" if seen.streaming else "does not stream")
    if seen.primary:
        words.append("commits wait for the standby" if seen.synchronous else "commits wait for no standby")
    words.append(f"timeline {seen.timeline}, log up to {seen.position >> 32:X}/{seen.position & 0xFFFFFFFF:X}")
    return ", ".join(words)


def _start(place: Place, options: Namespace) -> int:
    from ops.jobs.standby.guard import start_alone

    if not options.other_is_off:
        raise UsageError(
            f"two primaries would part for good: know that {place.other} is off, and stays off", "--other-is-off"
        )
    start_alone(place)
    return _show(place, options)


def _changed(place: Place, options: Namespace) -> int:
    from ops.core.terminal import plain
    from ops.jobs.run.job import Ended
    from ops.jobs.standby import job
    from ops.jobs.standby.turning import ALL

    reason = options.reason
    if options.act == "fence":
        outcome = job.fence(place, reason)
    elif options.act == "promote":
        if not (options.other_is_fenced or options.other_is_off):
            raise UsageError(
                f"two primaries would part for good: fence {place.other} first, or know that it is off",
                "--other-is-fenced or --other-is-off",
            )
        least = ALL if options.least is None else options.least
        outcome = job.promote(place, reason, least, off=options.other_is_off)
    elif options.act == "rejoin":
        outcome = job.joined_again(place, reason, base_backup=options.new_base_backup)
    elif options.act == "synchronous":
        outcome = job.synchronous(place, reason)
    else:
        outcome = job.release(place, reason)
    if options.json and outcome.good is not None:
        return _show(place, options)
    if options.json:
        print(plain(outcome.message), file=sys.stderr)
    print(Ended.here(outcome, outcome.code).text(as_json=options.json), end="")
    if options.act == "rejoin" and outcome.good is not None and place.one.synchronous:
        print(f"next, on {place.other}: sudo seawall standby synchronous {place.name} --reason ...")
    return outcome.code
