"""What the collected ledgers tell of incidents: failed checks that ask for one, and who said that they see to an alarm.

No machine is asked. A check only proposes; a person opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.printable import printable
from ops.core.verdict import Verdict
from ops.evidence.ledger import NAME
from ops.evidence.lines import each
from ops.evidence.verification import verify
from ops.fleet.conformity import reading
from ops.fleet.conformity.facts import Seen
from ops.fleet.incidents.book import Book, Incident
from ops.fleet.incidents.names import named
from ops.fleet.incidents.write import Site
from ops.fleet.ledgers import collect, signers
from ops.interfaces.record import read
from ops.jobs.alarms import plan
from ops.jobs.alarms.ack import ACT
from ops.policy import HostPolicy

_ACK = f'"act":"{ACT}"'.encode()
_MOST = 20  # acknowledgements of one alarm
# Of what fails, what is known of the kind of incident; of all else a person says it.
_KINDS = {
    "ups": "power",
    "ups_battery": "power",
    "postgresql_server": "database",
    "mariadb_server": "database",
    "antivirus": "virus",
    "interface": "interface",
    "updates": "update",
}


@dataclass(frozen=True)
class Proposal:
    """A failed check that the policy gives a fault class. since: when it failed first; seen: when last; in UTC."""

    host: str
    check: str
    class_: str
    since: str
    seen: str
    command: str


@dataclass(frozen=True)
class Proposals:
    """What asks for an incident, and of which machines nobody knows whether anything does: by name, why."""

    found: tuple[Proposal, ...]
    unknown: dict[str, str]


def proposals(site: Site, book: Book) -> Proposals:
    """Return what the collected ledgers propose; what an open incident names already is not proposed again."""
    open_ = [frozenset(one.facts.affected) for one in book.incidents.values() if not one.closing]
    home, listed = collect.place(site.path), signers.place(site.path)
    found: list[Proposal] = []
    unknown: dict[str, str] = {}
    for host, policy in site.policies.items():
        if policy.alarms is None:
            continue
        told = reading.of(policy, home / host, listed, clock.now(), (None, None))
        if told.trouble:
            unknown[host] = printable(told.trouble)
            continue
        failed = {name: seen for name, seen in told.checks.items() if seen.verdict is Verdict.FAIL}
        found += [
            one
            for one in _proposed(policy, failed)
            if not any(named(one.host, one.check, names, site.policies) for names in open_)
        ]
    return Proposals(tuple(found), unknown)


def _proposed(policy: HostPolicy, failed: dict[str, Seen]) -> Iterator[Proposal]:
    """Yield what some failed checks of a machine ask for; those without a fault class ask for nothing."""
    assert policy.alarms is not None  # noqa: S101 -- looked at before
    for name, seen in failed.items():
        rule = plan.rule_of(policy, policy.alarms, name)
        if name not in policy.checks or rule is None or rule.fault_class is None:
            continue
        kind = _KINDS.get(policy.checks[name].kind, "KIND")
        words = f"seawall incident open --class {rule.fault_class} --kind {kind} --affected {policy.host},{name}"
        yield Proposal(policy.host, name, rule.fault_class, seen.since, seen.proof.when, f"{words} TEXT")


@dataclass(frozen=True)
class Acknowledged:
    """Somebody said that they see to the alarm. when: of the record; until: as they said; both in UTC."""

    when: str
    n: int
    by: str
    until: str
    text: str


def acknowledgements(site: Site, incident: Incident) -> tuple[list[Acknowledged], str]:
    """Return who acknowledged the alarm of an incident, the earliest first, and why that is not known.

    What the machine's collected ledger says counts only where that verifies.
    """
    host, _, number = incident.facts.alarm.partition("/")
    home = collect.place(site.path) / host
    if not number:
        return [], ""
    if host not in site.policies or not (home / NAME).exists():
        return [], f"who acknowledged the alarm is not known: no ledger was collected from {printable(host)}"
    for one in verify(home, signers.place(site.path), host=host):
        if one.verdict in {Verdict.FAIL, Verdict.UNKNOWN}:
            return [], f"the ledger of {host} does not verify: {printable(one.message)}"
    try:
        told = (_acknowledged(line, f"incident {number}") for line in each(home / NAME) if _ACK in line)
        return [one for one in told if one][-_MOST:], ""
    except (OSError, Damaged) as error:
        return [], f"the ledger of {host} can't be read: {printable(str(error))}"


def _acknowledged(line: bytes, subject: str) -> Acknowledged | None:
    try:
        record = read(line, "a record")
        clock.parse(record.when)
    except (Damaged, ValueError):
        return None
    if record.act != ACT or record.subject != subject:
        return None
    facts = record.facts if isinstance(record.facts, dict) else {}
    by, until = (printable(str(facts.get(name, "")))[:120] for name in ("by", "until"))
    return Acknowledged(record.when, record.n, by, until, printable(record.message)[:300])
