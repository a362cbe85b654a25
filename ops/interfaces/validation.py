"""The yearly validation protocol: what was validated, by which tests, with which results; its page is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ops.core.schema import Plain, encode
from ops.core.verdict import Verdict, worst
from ops.interfaces.conformity import Conformity, Standing

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class System:
    """A thing that the policy protects. kinds: of its sources; release: of Debian, empty where nobody knows."""

    name: str
    summary: str
    owner: str
    host: str
    kinds: tuple[str, ...]
    release: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The newest test of one sort on one thing. act, subject: such as the drill of an asset; host: that made it.

    n, sha256: of its record in that machine's ledger. expected, done, missing, failed: in the period, by the policy's
    calendar; None where it has none.
    """

    act: str
    subject: str
    host: str
    verdict: Verdict
    when: str
    n: int
    sha256: str
    message: str
    expected: int | None = None
    done: int | None = None
    missing: int | None = None
    failed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """What is not as it must be, or was not looked at. until: the last day of an exception; empty without one."""

    what: str
    verdict: Verdict
    reason: str
    todo: str = ""
    until: str = ""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A protocol. since, until: the period; seawall: the version that made it; policy_sha256: of the whole policy."""

    since: str
    until: str
    seawall: str
    policy_sha256: str
    systems: tuple[System, ...]
    trials: tuple[Trial, ...]
    conformity: Conformity

    @property
    def deviations(self) -> tuple[Deviation, ...]:
        """Everything that keeps the validation from being whole, with its reason; exceptions are among it."""
        return (*self._of_evidence(), *self._of_trials(), *self._of_clauses())

    @property
    def verdict(self) -> Verdict:
        """The worst of all; what was not looked at is unknown, and so is a protocol without clauses or tests."""
        found = [self.conformity.verdict, *(one.verdict for one in self.deviations if not one.until)]
        empty = not (self.trials and self.systems and any(pack.clauses for pack in self.conformity.packs))
        return worst([*found, *([Verdict.UNKNOWN] if empty else [])])

    def written(self) -> dict[str, Plain]:
        """Return it as plain data, for programs."""
        told = {**encode(self), "conformity": self.conformity.written()}
        deviations: list[Plain] = [encode(one) for one in self.deviations]
        return {"version": VERSION, **told, "deviations": deviations, "verdict": self.verdict.value}

    def _of_evidence(self) -> Iterator[Deviation]:
        for finding in self.conformity.findings:
            yield Deviation(what="", verdict=Verdict.UNKNOWN, reason=finding)
        for pack in self.conformity.packs:
            for finding in pack.findings:
                yield Deviation(what=pack.name, verdict=Verdict.WARN, reason=finding)

    def _of_trials(self) -> Iterator[Deviation]:
        for trial in self.trials:
            if trial.verdict is not Verdict.PASS:
                yield Deviation(what=f"{trial.act} {trial.subject}", verdict=trial.verdict, reason=trial.message)
            if trial.missing or trial.failed:
                words = f"{trial.missing or 0} missing, {trial.failed or 0} not good, of {trial.expected or 0} expected"
                yield Deviation(what=f"{trial.act} {trial.subject}", verdict=Verdict.WARN, reason=words)

    def _of_clauses(self) -> Iterator[Deviation]:
        verdicts = {Standing.NOT_MET: Verdict.FAIL, Standing.NOT_LOOKED_AT: Verdict.UNKNOWN}
        for pack in self.conformity.packs:
            for clause in pack.clauses:
                if clause.standing is Standing.MET or not clause.counts:
                    continue
                yield Deviation(
                    what=f"{pack.name}: {clause.number}",
                    verdict=verdicts.get(clause.standing, Verdict.WARN),
                    reason=clause.message,
                    todo=clause.todo,
                    until=clause.until,
                )
