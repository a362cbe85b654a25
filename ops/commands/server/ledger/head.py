"""Show where the ledger ends, so that it is noted where nobody of this machine can change it."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import SeawallError
from ops.jobs.host import own_policy
from ops.jobs.ledger.head import end_of

LINE = "_" * 40
PAPER = """\
{site}

Head of the ledger of {host}
{rule}

Date                {when}
Number of records   {n}
SHA-256             {sha256}
Signing key         {fingerprint}
Verified now        {verdict}

To be kept outside IT. The ledger must hold this record for ever; in a month, a year or at an audit:

    seawall ledger verify --head '{n} {sha256}'

Read from the screen and compared by

Name and function   {line}

Signature           {line}

Date                {line}
"""


def execute(directory: Path, signers: Path, *, paper: bool, as_json: bool) -> int:
    """Show the head of a ledger, on request as a page; the exit code is the verdict on the ledger."""
    end = end_of(directory, signers)
    known = {"n": end.head.n, "sha256": end.head.sha256, "fingerprint": end.fingerprint, "verdict": end.verdict.value}
    if as_json:
        print(json.dumps({"version": 1, "host": end.host, "time": clock.iso(clock.now()), **known}))
    elif paper:
        print(PAPER.format(**known | _around(end.host), line=LINE), end="")
    else:
        print(f"{str(end.head).strip()}\n{end.fingerprint or 'no key is listed for ' + end.host}")
    return end.verdict.exit_code


def _around(host: str) -> dict[str, str]:
    """Return what stands on the page beside the head: the site, the machine, the time by the site's clocks."""
    try:
        site = own_policy.read().site
        name, zone = site.name, site.timezone
    except (SeawallError, OSError):
        name, zone = "", "UTC"
    when = f"{clock.now().astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} ({zone})"
    return {"site": name, "host": host, "when": when, "rule": "=" * (len("Head of the ledger of ") + len(host))}
