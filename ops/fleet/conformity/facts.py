"""What is known of a site when its conformity is judged: plain facts, whoever found them, and no more than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ops.core.verdict import Verdict
from ops.evidence.completeness import Tally
from ops.interfaces.conformity import Proof
from ops.policy import HostPolicy


@dataclass(frozen=True)
class Seen:
    """What the newest round of checks said of a check. since: the first of the rounds in a row that said so."""

    verdict: Verdict
    since: str
    proof: Proof


@dataclass(frozen=True)
class Last:
    """The newest record of an act on one subject, and the newest good one."""

    newest: Proof
    verdict: Verdict
    good: Proof | None = None


@dataclass(frozen=True)
class Word:
    """An attestation of a duty. doubt: why it does not count; empty where it does."""

    by: str
    when: datetime
    proof: Proof
    shown: bool = False
    doubt: str = ""


@dataclass(frozen=True)
class Failed:
    """A check that failed in several rounds in a row. since, last: the first and the last record that says so."""

    check: str
    since: datetime
    last: datetime
    proof: Proof


@dataclass(frozen=True)
class LedgerFacts:
    """What a machine's collected ledger says up to a moment.

    trouble: why nothing in it can be believed; empty where it verifies. tampered: whether that is because it was
    changed, rather than not there. head: of the lines that were read. checks: by name. acts: by act, subject and, for
    a copy, repository. words: by duty, the oldest first. tallies: of the acts that were due in the period. failed:
    checks that failed in more than one round.
    """

    trouble: str = ""
    tampered: bool = False
    head: Proof | None = None
    checks: Mapping[str, Seen] = field(default_factory=dict)
    acts: Mapping[tuple[str, str, str], Last] = field(default_factory=dict)
    words: Mapping[str, Sequence[Word]] = field(default_factory=dict)
    tallies: Sequence[Tally] = ()
    failed: Sequence[Failed] = ()


@dataclass(frozen=True)
class KnownIncident:
    """An incident, as it was known at the moment that is spoken of.

    affected: names of the policy. limit: after its discovery, the first limit of its class; None where it has none.
    closed: None while it is open. proofs: the records that opened and closed it.
    """

    number: int
    affected: frozenset[str]
    discovered: datetime
    opened: datetime
    limit: timedelta | None
    closed: datetime | None
    proofs: tuple[Proof, ...]


@dataclass(frozen=True)
class IncidentFacts:
    """What the control machine's ledger says of incidents up to a moment.

    trouble: why nothing is known of them; empty where that ledger verifies. broken: whether that is because it is
    there and does not verify; changed: because it was changed. head: of the lines that were read.
    """

    trouble: str = "nobody looked for incidents"
    broken: bool = False
    changed: bool = False
    head: Proof | None = None
    incidents: Sequence[KnownIncident] = ()


@dataclass(frozen=True)
class HostCheck:
    """The verdict of one host check. subject: what it is about, such as accounts."""

    host: str
    subject: str
    name: str
    about: str
    verdict: Verdict
    message: str


@dataclass(frozen=True)
class HostChecks:
    """The newest results of the host checks. trouble: why there are none to be believed."""

    when: datetime | None = None
    sha256: str = ""
    checks: Sequence[HostCheck] = ()
    trouble: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything that judging needs. at: the moment that is spoken of; since, until: the period of acts."""

    at: datetime
    since: datetime
    until: datetime
    policies: Mapping[str, HostPolicy]
    policy_sha256: str
    ledgers: Mapping[str, LedgerFacts]
    host_checks: HostChecks
    incidents: IncidentFacts = IncidentFacts()

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(next(iter(self.policies.values())).site.timezone if self.policies else "UTC")
