"""The record of a drill, from what the ledger of this machine holds, as a page for signatures or for programs."""

from __future__ import annotations

from pathlib import Path

from ops.core.errors import Damaged, SeawallError, Unavailable
from ops.core.verdict import worst
from ops.evidence.keys import newest
from ops.evidence.ledger import NAME, Head, digest
from ops.evidence.lines import each, said
from ops.evidence.verification import verify
from ops.interfaces.record import read
from ops.jobs.host import own_policy
from ops.policy import HostPolicy
from ops.reports.drill_record import DRILLS, Evidence, Names

FORMATS = ("html", "json")


def rendered(form: str, evidence: Evidence, policy: HostPolicy | None) -> str:
    """Return a record in one of FORMATS; the policy of the machine that drilled says who answers for the asset."""
    from ops.reports import intoto, record_html

    if form == "json":
        return intoto.render(evidence)
    return record_html.render(evidence, _names(evidence.line.subject, policy))


def chosen(directory: Path, asset: str | None, number: int | None) -> bytes:
    """Return the exact bytes of the record that is meant: the newest that fits."""
    found = None
    try:
        for line in each(directory / NAME):
            if line.endswith(b"\n") and _fits(line, asset, number):
                found = line
    except FileNotFoundError as error:
        own_policy.demand_ledgers_server(directory)
        raise Unavailable(f"there is no ledger in {directory}", "the first act creates it") from error
    except PermissionError as error:
        raise Unavailable(f"this account may not read the ledger in {directory}", "run as root") from error
    if found is None:
        meant = " ".join([*([asset] if asset else []), *([f"number {number}"] if number is not None else [])])
        raise Unavailable(
            f"the ledger in {directory} has no record of a drill: {meant}",
            "drills are recorded on the drill host",
        )
    return found


def _fits(line: bytes, asset: str | None, number: int | None) -> bool:
    try:
        told = said(line)
        return (
            told["act"] in DRILLS
            and (asset is None or told["subject"] == asset)
            and (number is None or told["n"] == number)
        )
    except (ValueError, KeyError):
        return False


def evidence_of(directory: Path, line: bytes, signers: Path) -> Evidence:
    """Return a line of a ledger with what proves it; raise Damaged when it is no record, or the ledger has no head."""
    record = read(line, "the record")
    found = verify(directory, signers)
    head = Head.of(directory)
    if head is None:
        raise Damaged(f"the head of the ledger in {directory} can't be read", "seawall ledger verify")
    return Evidence(
        line=record,
        sha256=digest(line),
        head=str(head).strip(),
        fingerprint=newest(signers, record.host),
        verified=worst(finding.verdict for finding in found),
        said=found[0].message,
        signer=record.host,
    )


def own_policy_if_any() -> HostPolicy | None:
    """Return the policy of this machine; a ledger is read where there is none, too."""
    try:
        return own_policy.read()
    except (SeawallError, OSError, ValueError):
        return None


def _names(asset: str, policy: HostPolicy | None) -> Names:
    if policy is None:
        return Names(site="")
    drilled = policy.drills.get(asset)
    kept = drilled.asset if drilled else policy.assets.get(asset)
    contact = policy.contacts.get(kept.owner) if kept else None
    owner = contact.name if contact else kept.owner if kept else ""
    return Names(policy.site.name, policy.site.timezone, owner)
