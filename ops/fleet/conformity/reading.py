"""One machine's collected ledger, read once: what its records say up to a moment, for judging conformity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from ops.core import clock
from ops.core.errors import Damaged, UsageError
from ops.core.printable import printable
from ops.core.verdict import Verdict, worst
from ops.evidence.completeness import ROUND, Completed, completed
from ops.evidence.ledger import NAME, digest
from ops.evidence.lines import each, said
from ops.evidence.verification import CLOCKS_APART, verify
from ops.fleet.conformity.facts import Failed, Last, LedgerFacts, Seen, Word
from ops.interfaces.conformity import Proof
from ops.jobs.ledger.attest import ATTESTATION
from ops.jobs.ledger.coverage import held
from ops.policy import HostPolicy
from ops.policy.duty import EARLIEST

_MOST = 300  # letters of a message that are shown
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_GOOD = (Verdict.PASS, Verdict.WARN)
Period = tuple[date | None, date | None]


def of(policy: HostPolicy, folder: Path, signers: Path, at: datetime, period: Period) -> LedgerFacts:
    """Return what a collected ledger says up to a moment; period: first and last day of the acts that are counted."""
    if not (folder / NAME).exists():
        return LedgerFacts(trouble=f"no ledger was collected from {policy.host}")
    found = [one for one in verify(folder, signers, host=policy.host) if one.verdict in {Verdict.FAIL, Verdict.UNKNOWN}]
    if found:
        tampered = worst(one.verdict for one in found) is Verdict.FAIL
        why = f"the ledger of {policy.host} does not verify: {found[0].message}"
        return LedgerFacts(trouble=why, tampered=tampered)
    try:
        reading = _read(policy, folder / NAME, at)
    except (Damaged, OSError) as error:
        return LedgerFacts(trouble=f"the ledger of {policy.host} can't be read: {error}", tampered=True)
    return LedgerFacts(
        head=reading.head,
        checks=reading.checks,
        acts=reading.acts,
        words=_words(reading.words, reading.moments),
        tallies=_tallies(policy, min(at, reading.newest or at), period, reading.done),
        failed=[one for one in [*reading.failed, *reading.failing.values()] if one.last > one.since],
    )


@dataclass
class _Reading:
    """A ledger as it is read, line by line."""

    head: Proof | None = None
    newest: datetime | None = None
    checks: dict[str, Seen] = field(default_factory=dict)
    acts: dict[tuple[str, str, str], Last] = field(default_factory=dict)
    words: list[tuple[int, str, Word]] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    done: list[Completed] = field(default_factory=list)
    failing: dict[str, Failed] = field(default_factory=dict)
    failed: list[Failed] = field(default_factory=list)


def _read(policy: HostPolicy, path: Path, at: datetime) -> _Reading:
    reading = _Reading()
    for line in each(path):
        try:
            _take(reading, policy.host, line, at)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue  # verification names what is no record
    return reading


def _take(reading: _Reading, host: str, line: bytes, at: datetime) -> None:
    """Add what a line says, unless it is of later than the moment that is spoken of."""
    data: Mapping[str, Any] = said(line)
    when = clock.parse(data["when"])
    if when > at:
        return
    proof = Proof(
        what=str(data["act"]),
        host=host,
        sha256=digest(line),
        n=int(data["n"]),
        when=clock.iso(when),
        message=printable(str(data.get("message", "")))[:_MOST],
    )
    reading.head, reading.newest = proof, max(when, reading.newest or when)
    reading.moments.append(when)
    if done := completed(data):
        reading.done.append(done)
    facts = data.get("facts")
    told = facts if isinstance(facts, Mapping) else {}
    if proof.what == ROUND:
        reading.checks = _round(reading.checks, told, proof)
        _failures(reading, when, proof)
    elif proof.what == ATTESTATION and isinstance(told.get("duty"), str):
        word = Word(printable(str(told.get("by", "")))[:_MOST], when, proof, shown=bool(told.get("shown_by")))
        reading.words.append((len(reading.moments) - 1, str(told["duty"]), word))
    verdict = _VERDICTS.get(str(data.get("result")), Verdict.UNKNOWN)
    name = (proof.what, str(data.get("subject", "")), str(told.get("repository", "")) if proof.what == "copy" else "")
    before = reading.acts.get(name)
    good = proof if verdict in _GOOD else before.good if before else None
    reading.acts[name] = Last(proof, verdict, good)


def _round(before: Mapping[str, Seen], told: Mapping[str, Any], proof: Proof) -> dict[str, Seen]:
    """Return what is known of each check after a round; one that a round does not name was not looked at."""
    loud = {str(name): _VERDICTS.get(str(word), Verdict.UNKNOWN) for name, word in dict(told.get("loud", {})).items()}
    verdicts = dict.fromkeys(map(str, told.get("passed", ())), Verdict.PASS) | loud
    return {
        name: Seen(verdict, was.since if (was := before.get(name)) and was.verdict is verdict else proof.when, proof)
        for name, verdict in verdicts.items()
    }


def _failures(reading: _Reading, when: datetime, proof: Proof) -> None:
    """Go on with the failures that a round still has, end those that it has not, begin the new ones."""
    before, reading.failing = reading.failing, {}
    for name, seen in reading.checks.items():
        if seen.verdict is Verdict.FAIL:
            was = before.pop(name, None)
            reading.failing[name] = replace(was, last=when) if was else Failed(name, when, when, proof)
    reading.failed += before.values()


def _words(words: Sequence[tuple[int, str, Word]], moments: Sequence[datetime]) -> dict[str, list[Word]]:
    """Return the attestations of each duty; one is in doubt that has a later record with an earlier time."""
    earliest = _earliest_after(moments)
    found: dict[str, list[Word]] = {}
    for index, duty, word in words:
        later = earliest[index]
        doubt = ""
        if word.when.date() < EARLIEST:
            doubt = f"is of {clock.iso(word.when)}, by a clock that stood wrong"
        elif later is not None and later < word.when - CLOCKS_APART:
            doubt = f"is of {clock.iso(word.when)}, but a later record is of {clock.iso(later)}: a clock stood wrong"
        found.setdefault(duty, []).append(Word(word.by, word.when, word.proof, word.shown, doubt))
    return found


def _earliest_after(moments: Sequence[datetime]) -> list[datetime | None]:
    """Return, for each moment, the earliest of all that come after it in the ledger."""
    found: list[datetime | None] = [None] * len(moments)
    earliest: datetime | None = None
    for index in range(len(moments) - 1, -1, -1):
        found[index] = earliest
        if moments[index].date() >= EARLIEST:
            earliest = moments[index] if earliest is None else min(earliest, moments[index])
    return found


def _tallies(policy: HostPolicy, now: datetime, period: Period, done: Sequence[Completed]) -> Sequence[Any]:
    """Return what became of the acts that were due; nothing where the ledger ends before the period begins."""
    try:
        return held(policy, now + timedelta(seconds=1), period, done).tallies
    except UsageError:
        return ()


def newest(words: Mapping[str, Sequence[Word]], duty: str) -> Iterator[Word]:
    """Yield the attestations of a duty that count, the newest first."""
    yield from sorted(
        (word for word in words.get(duty, ()) if not word.doubt), key=lambda word: word.when, reverse=True
    )
