"""What the control machine's ledger says of incidents up to a moment, for judging conformity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from ops.core import clock
from ops.core.errors import Damaged, UsageError
from ops.core.printable import printable
from ops.evidence.ledger import NAME, digest
from ops.evidence.lines import each, said
from ops.fleet.conformity.facts import IncidentFacts, KnownIncident
from ops.fleet.control_machine.identity import demanded
from ops.fleet.incidents.book import Incident, ledger_of, opened
from ops.interfaces.conformity import Proof
from ops.interfaces.incident import CLOSED, OPENED
from ops.policy import HostPolicy

_MOST = 300  # letters of a message that are shown


def known(inventory: Path, policies: Mapping[str, HostPolicy], at: datetime) -> IncidentFacts:
    """Return the incidents of a site as they were at a moment, or why nothing is known of them."""
    try:
        host = demanded(policies).host
    except UsageError:
        return IncidentFacts(trouble="the policy names no control machine, so no incident can be recorded")
    book = opened(inventory, host)
    if book.broken:
        why = book.troubles[0].replace("this machine", host)
        return IncidentFacts(trouble=why, broken=True, changed=book.changed)
    try:
        head = _head(ledger_of(inventory) / NAME, host, at)
    except (OSError, Damaged, ValueError, KeyError, TypeError) as error:
        return IncidentFacts(trouble=f"the ledger of {host} can't be read: {printable(str(error))}", broken=True)
    if head is None:
        return IncidentFacts(trouble=f"{host} has no ledger that says whether there were incidents")
    found = [_known(one, host, at) for one in book.incidents.values() if clock.parse(one.opened) <= at]
    return IncidentFacts(trouble="", head=head, incidents=found)


def _head(path: Path, host: str, at: datetime) -> Proof | None:
    """Return the newest record of a ledger that is not later than a moment; None where there is none."""
    found = None
    for line in each(path) if path.exists() else ():
        data = said(line)
        if clock.parse(str(data["when"])) <= at:
            found = _proof(str(data["act"]), host, int(str(data["n"])), str(data["when"]), digest(line), "")
    return found


def _known(one: Incident, host: str, at: datetime) -> KnownIncident:
    proofs = [_proof(OPENED, host, one.number, one.opened, one.sha256, one.text)]
    closing = one.closing if one.closing and clock.parse(one.closing.when) <= at else None
    if closing:
        proofs.append(_proof(CLOSED, host, closing.n, closing.when, closing.sha256, closing.facts.cause))
    return KnownIncident(
        number=one.number,
        affected=frozenset(one.facts.affected),
        discovered=one.discovered,
        opened=clock.parse(one.opened),
        limit=min((timedelta(seconds=limit.after) for limit in one.facts.limits), default=None),
        closed=clock.parse(closing.when) if closing else None,
        proofs=tuple(proofs),
    )


def _proof(act: str, host: str, n: int, when: str, sha256: str, text: str) -> Proof:
    message = printable(" ".join(text.split()))[:_MOST]
    return Proof(what=act, host=host, sha256=sha256, n=n, when=clock.iso(clock.parse(when)), message=message)
