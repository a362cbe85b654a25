"""Write the record of a drill as one page for signatures, from what the ledger of this machine holds.

  seawall record his                                 the newest drill of an asset, as HTML
  seawall record his --format pdf --output his.pdf   the same, ready to print and sign
  seawall record --number 41 --format json           a record by its number, as an in-toto test result

A fact that the drill did not record stands on the page as `not recorded`. What the page holds: docs/records.md
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.verdict import worst
from ops.evidence.keys import newest
from ops.evidence.ledger import NAME, Head, digest
from ops.evidence.verification import verify
from ops.jobs import settings
from ops.reports.drill_record import DRILLS, Evidence, Names

FORMATS = ("html", "pdf", "json")


def arguments(parser: ArgumentParser) -> None:
    """Add the words that `seawall record` understands."""
    parser.add_argument("asset", nargs="?", help="the asset whose newest drill is meant")
    parser.add_argument("--number", type=int, metavar="N", help="the number of the record in the ledger")
    parser.add_argument("--format", choices=FORMATS, default="html", help="how it is written (default: html)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to (default: the terminal)")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="where the ledger lies")
    parser.add_argument("--signers", type=Path, metavar="FILE", help="who may sign, as ssh-keygen lists them")


def execute(options: Namespace) -> int:
    """Write one record; the exit code says whether it could be written, not how the drill ended."""
    if not options.asset and options.number is None:
        raise UsageError("which drill? Name its asset, or the number of its record", "seawall record ASSET")
    form = "json" if options.json else options.format
    directory = options.directory or settings.state() / "ledger"
    line = _chosen(directory, options.asset, options.number)
    evidence = _evidence(directory, line, options.signers or settings.etc() / "allowed_signers")
    page = _rendered(form, evidence)
    if options.output:
        _write(options.output, page)
        print(f"record {evidence.line['n']}: {options.output}")
        return 0
    if form == "pdf" and sys.stdout.isatty():
        raise UsageError("a PDF is nothing for a terminal", "give a file with --output")
    sys.stdout.buffer.write(page)
    sys.stdout.flush()
    return 0


def _write(path: Path, data: bytes) -> None:
    """Write a page, readable for its writer alone until somebody hands it on."""
    path.touch(mode=0o600)
    path.write_bytes(data)


def _rendered(form: str, evidence: Evidence) -> bytes:
    from ops.reports import intoto, record_html, record_pdf

    if form == "json":
        return intoto.render(evidence).encode()
    names = _names(str(evidence.line.get("subject", "")))
    return record_pdf.render(evidence, names) if form == "pdf" else record_html.render(evidence, names).encode()


def _chosen(directory: Path, asset: str | None, number: int | None) -> bytes:
    """Return the exact bytes of the record that is meant: the newest that fits."""
    found = None
    try:
        with (directory / NAME).open("rb") as file:
            for line in file:
                if line.endswith(b"\n") and _fits(line, asset, number):
                    found = line
    except FileNotFoundError as error:
        raise Unavailable(f"there is no ledger in {directory}", "it is made by the first act") from error
    except PermissionError as error:
        raise Unavailable(f"the ledger in {directory} may not be read by this account", "run as root") from error
    if found is None:
        meant = " ".join([*([asset] if asset else []), *([f"number {number}"] if number is not None else [])])
        raise Unavailable(
            f"the ledger in {directory} has no record of a drill: {meant}",
            "drills are recorded on the machine that drills: the drill host",
        )
    return found


def _fits(line: bytes, asset: str | None, number: int | None) -> bool:
    try:
        said = json.loads(line)
        return (
            said["act"] in DRILLS
            and (asset is None or said["subject"] == asset)
            and (number is None or said["n"] == number)
        )
    except (ValueError, TypeError, KeyError):
        return False


def _evidence(directory: Path, line: bytes, signers: Path) -> Evidence:
    said: dict[str, Any] = json.loads(line)
    found = verify(directory, signers)
    head = Head.of(directory)
    if head is None:
        raise Damaged(f"the head of the ledger in {directory} can't be read", "seawall ledger verify")
    signer = str(said.get("host", ""))
    return Evidence(
        line=said,
        sha256=digest(line),
        head=str(head).strip(),
        fingerprint=newest(signers, signer),
        verified=worst(finding.verdict for finding in found),
        said=found[0].message,
        signer=signer,
    )


def _names(asset: str) -> Names:
    """Return what the policy of this machine says; a ledger is read where there is none, too."""
    try:
        policy = settings.policy()
    except (SeawallError, OSError, ValueError):
        return Names(site="")
    drilled = policy.drills.get(asset)
    kept = drilled.asset if drilled else policy.assets.get(asset)
    contact = policy.contacts.get(kept.owner) if kept else None
    owner = contact.name if contact else kept.owner if kept else ""
    return Names(policy.site.name, policy.site.timezone, owner)
