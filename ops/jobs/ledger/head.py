"""Showing where the ledger ends, so that it is noted where nobody of this machine can change it."""

from __future__ import annotations

import json
from pathlib import Path
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import SeawallError, Unavailable
from ops.core.verdict import worst
from ops.evidence.keys import newest
from ops.evidence.ledger import NAME, Head
from ops.evidence.reader import read, signer
from ops.evidence.verification import verify
from ops.jobs import settings

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


def noted(text: str) -> Head:
    """Return the head that a person noted elsewhere; raise ArgumentTypeError."""
    from argparse import ArgumentTypeError

    try:
        return Head.read(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no head; expected the number of a record and its SHA-256") from error


def show(directory: Path, signers: Path, *, paper: bool, plain: bool) -> int:
    """Show the head of a ledger, on request as a page; the exit code is the verdict on the ledger."""
    head = Head.of(directory)
    if head is None:
        raise Unavailable(f"there is no head of a ledger in {directory}", "it is made by the first act")
    host = signer(read(directory / NAME)[0])
    verdict = worst(finding.verdict for finding in verify(directory, signers))
    known = {
        "n": head.n,
        "sha256": head.sha256,
        "fingerprint": newest(signers, host),
        "verdict": verdict.value,
    }
    if plain:
        print(json.dumps({"version": 1, "host": host, "time": clock.iso(clock.now()), **known}))
    elif paper:
        print(PAPER.format(**known | _around(host), line=LINE), end="")
    else:
        print(f"{str(head).strip()}\n{known['fingerprint'] or 'no key is listed for ' + host}")
    return verdict.exit_code


def _around(host: str) -> dict[str, str]:
    """Return what stands on the page beside the head: the site, the machine, the time by the site's clocks."""
    try:
        site = settings.policy().site
        name, zone = site.name, site.timezone
    except (SeawallError, OSError):
        name, zone = "", "UTC"
    when = f"{clock.now().astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} ({zone})"
    return {"site": name, "host": host, "when": when, "rule": "=" * (len("Head of the ledger of ") + len(host))}
