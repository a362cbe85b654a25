"""List the sets of this machine's assets, as the repository has them, with a verdict for each."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from datetime import datetime, timedelta
from typing import Any

from ops.core import clock
from ops.core.quantity import Size
from ops.core.verdict import Verdict
from ops.jobs import settings
from ops.jobs.backup.job import chosen
from ops.jobs.host import repositories
from ops.restic.sets import Set, sets

MAY_STILL_COME = timedelta(days=1)  # the longest that a backup may run


def arguments(parser: ArgumentParser) -> None:
    """Describe the words after `seawall snapshots`."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.epilog = "examples:\n  seawall snapshots his\n  seawall snapshots his --from offsite --json\n"
    parser.add_argument("asset", nargs="?", help="only this asset")
    parser.add_argument("--from", dest="source", metavar="REPOSITORY", help="look there; default: where sets go first")


def execute(options: Namespace) -> int:
    """Print every set, newest first; 0 when the repositories could be read."""
    policy = settings.policy()
    names = [options.asset] if options.asset else list(policy.assets)
    found: list[dict[str, Any]] = []
    for repository in dict.fromkeys(options.source or chosen(policy, name).repository for name in names):
        place = repositories.open_own(policy, repository)
        place.reach()
        listed = sets(place.repository.snapshots())
        found += [_row(one, repository) for one in reversed(listed) if one.asset in names]
    print(json.dumps(found, indent=2) if options.json else "\n".join(map(_line, found)) or "no sets yet")
    return 0


def _row(one: Set, repository: str) -> dict[str, Any]:
    verdict, words = judgement(one, clock.now())
    return {
        "asset": one.asset,
        "repository": repository,
        "set": one.id,
        "time": clock.iso(one.time),
        "bytes": sum(snapshot.bytes for snapshot in one.parts.values()),
        "verdict": verdict.value,
        "message": words,
        "parts": sorted(one.parts),
    }


def judgement(one: Set, now: datetime) -> tuple[Verdict, str]:
    """Return whether a set could be restored from, as far as its snapshots alone tell; and why."""
    if one.time > now + timedelta(seconds=repositories.CLOCK_TOLERANCE):
        return Verdict.UNKNOWN, "dated in the future: a clock was wrong"
    if one.complete:
        empty = [name for name, snapshot in one.parts.items() if not snapshot.bytes]
        return (Verdict.FAIL, f"nothing in {', '.join(sorted(empty))}") if empty else (Verdict.PASS, "whole")
    if now - one.time < MAY_STILL_COME:
        return Verdict.UNKNOWN, "not whole: being made, or broken off"
    return Verdict.FAIL, "not whole: does not count"


def _line(row: dict[str, Any]) -> str:
    size = f"{Size(row['bytes'])!s:>10}"
    return (
        f"{row['time']}  {row['asset']:<16} {row['set'][:8]}  {size}  {row['repository']:<10} "
        f"{row['verdict']:<7}  {row['message']}"
    )
