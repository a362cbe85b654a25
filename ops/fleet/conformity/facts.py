"""What is known of a site when its conformity is judged: plain facts, whoever found them, and no more than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
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
class LedgerFacts:
    """What a machine's collected ledger says up to a moment.

    trouble: why nothing in it can be believed; empty where it verifies. tampered: whether that is because it was
    changed, rather than not there. head: of the lines that were read. checks: by name. acts: by act, subject and, for
    a copy, repository. words: by duty, the oldest first. tallies: of the acts that were due in the period.
    """

    trouble: str = ""
    tampered: bool = False
    head: Proof | None = None
    checks: Mapping[str, Seen] = field(default_factory=dict)
    acts: Mapping[tuple[str, str, str], Last] = field(default_factory=dict)
    words: Mapping[str, Sequence[Word]] = field(default_factory=dict)
    tallies: Sequence[Tally] = ()


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

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(next(iter(self.policies.values())).site.timezone if self.policies else "UTC")
