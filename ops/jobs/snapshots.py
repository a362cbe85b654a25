"""List the sets of this machine's assets, as the repository has them, with a verdict for each."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from ops.core import clock
from ops.core.quantity import Size
from ops.jobs import places, settings
from ops.jobs.backup import chosen
from ops.restic.sets import Set, sets


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
        place = places.own(policy, repository)
        place.reach()
        listed = sets(place.repository.snapshots())
        found += [_row(one, repository) for one in reversed(listed) if one.asset in names]
    print(json.dumps(found, indent=2) if options.json else "\n".join(map(_line, found)) or "no sets yet")
    return 0


def _row(one: Set, repository: str) -> dict[str, Any]:
    return {
        "asset": one.asset,
        "repository": repository,
        "set": one.id,
        "time": clock.iso(one.time),
        "bytes": sum(snapshot.bytes for snapshot in one.parts.values()),
        "verdict": "pass" if one.complete else "fail",
        "parts": sorted(one.parts),
    }


def _line(row: dict[str, Any]) -> str:
    word = "whole" if row["verdict"] == "pass" else "not whole: does not count"
    size = f"{Size(row['bytes'])!s:>10}"
    return f"{row['time']}  {row['asset']:<16} {row['set'][:8]}  {size}  {row['repository']}  {word}"
