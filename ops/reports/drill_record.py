"""What the record of one drill says, form aside: one page for signatures, made of what the ledger holds.

What the ledger does not hold is said to be not recorded; nothing is filled in from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.quantity import Size
from ops.core.verdict import Verdict
from ops.interfaces.outcome import DrillFacts, Hardware
from ops.interfaces.record import Record
from ops.reports.status_view import span

NOT_RECORDED = "not recorded"
MOST_FINDINGS = 8  # so much of each stands on the page; the JSON form has all
MOST_SENTENCES = 6
MOST_MOMENTS = 14
LONGEST = 480  # characters of one text
DRILLS = ("drill", "sabotage")


@dataclass(frozen=True)
class Evidence:
    """A record of the ledger and what vouches for it.

    line: the record. sha256: of its exact bytes. head: the ledger's end. fingerprint: of the key that signs it.
    verified: what verifying the whole ledger said just now. signer: the machine, as the list of signers names it.
    """

    line: Record
    sha256: str
    head: str
    fingerprint: str
    verified: Verdict
    said: str
    signer: str

    @property
    def facts(self) -> DrillFacts:
        """The facts of the drill; raise Damaged when the record holds something else in their place."""
        found = self.line.outcome()
        return found if isinstance(found, DrillFacts) else DrillFacts()


@dataclass(frozen=True)
class Names:
    """What the policy calls things now: the site, its zone, who answers for the asset."""

    site: str
    zone: str = "UTC"
    owner: str = ""


@dataclass(frozen=True)
class Block:
    """A part of the page: pairs of label and text, plain sentences, a form to fill in by hand, or commands."""

    heading: str
    form: Literal["pairs", "sentences", "blanks", "commands"]
    rows: tuple[tuple[str, ...], ...]
    empty: int = 0  # blanks: so many rows below the headings


@dataclass(frozen=True)
class Sheet:
    """The whole page. reference: which record it is, for the foot of each sheet of paper."""

    title: str
    site: str
    verdict: Verdict
    message: str
    reference: str
    blocks: tuple[Block, ...]


def page_of(evidence: Evidence, names: Names) -> Sheet:
    """Given a record of a drill, return its page; what is too long for paper is cut short."""
    whole = _whole(evidence, names)
    blocks = tuple(
        replace(block, rows=tuple(tuple(_short(cell, LONGEST) for cell in row) for row in block.rows))
        if block.form != "commands"
        else block
        for block in whole.blocks
    )
    return replace(whole, message=_short(whole.message, LONGEST), blocks=blocks)


def _whole(evidence: Evidence, names: Names) -> Sheet:
    line, facts = evidence.line, evidence.facts
    damaged = line.act == "sabotage"
    title = f"Record of a drill{' with injected damage' if damaged else ''}: {line.subject}"
    return Sheet(
        title=title,
        site=names.site,
        verdict=line.verdict,
        message=line.message or NOT_RECORDED,
        reference=f"Record {line.n} of {evidence.signer}, SHA-256 {evidence.sha256}",
        blocks=(
            Block("What was drilled", "pairs", tuple(_tried(line, facts, names))),
            Block("Measured and required", "pairs", tuple(_measured(facts))),
            Block("Findings", "sentences", tuple(_findings(facts))),
            Block("Timeline", "sentences", tuple(_timeline(facts, names.zone))),
            Block("Not proved by this drill", "sentences", tuple(_sentences(facts.not_proved))),
            Block("Participants", "blanks", (("Name", "Function"),), 2),
            Block("Corrective actions", "blanks", (("Finding and action", "Owner", "Date"),), 3),
            Block("Verification", "pairs", tuple(_vouched(evidence))),
            Block("To verify by hand, in the folder of the ledger", "commands", tuple(_commands(evidence))),
            Block("Signatures", "blanks", (("Name", "Function", "Date", "Signature"),), 2),
        ),
    )


def _tried(line: Record, facts: DrillFacts, names: Names) -> Iterable[tuple[str, str]]:
    repository = facts.repository or NOT_RECORDED
    goal = f"prove that {line.subject} can be restored from {repository} completely, within the RTO and the RPO"
    yield "Objective", goal
    yield "Scope", " · ".join([f"kind {_told(facts.kind)}", f"{len(facts.rungs)} proof steps"])
    yield "Method", METHODS.get(facts.method or "", _told(facts.method))
    data = f", of {_moment(facts.data_time, names.zone)}" if facts.data_time else ""
    yield "Set", f"{_told(facts.set)}{data}, from repository {repository}"
    yield "Sample", f"chosen by {_chooser(line, facts)}; random seed {_told(facts.seed)}"
    yield "Run by", f"{_told(line.actor)} on {_told(line.host)}"
    begun, ended = _moment(line.started, names.zone), _moment(line.when, names.zone)
    yield "When", f"{begun} to {ended} ({names.zone})"
    yield "Hardware", _hardware(facts.hardware or Hardware())
    yield "Restored data kept in", _told(facts.written)
    yield "Owner", names.owner or "not in this machine's policy"
    if facts.sabotage:
        yield "Damage", facts.sabotage
    if kept := facts.kept:
        yield "Held for inspection", f"{kept.reason}; approved by {kept.approver}"


METHODS = {
    "restore": "restored from the repository, then started and queried",
    "instant": "started straight from the mounted repository, without restoring first",
    "own_kernel": "restored to a newly built disk, started from it by its own boot loader and kernel, and queried",
    "dump": "the dump was loaded into a throwaway server",
}


def _chooser(line: Record, facts: DrillFacts) -> str:
    """Return who chose: who is said to, else who asked for the drill, else the unit that ran it by its timer."""
    return facts.sampled_by or facts.asked_by or line.actor or NOT_RECORDED


def _hardware(said: Hardware) -> str:
    memory = f"{Size(said.memory_bytes)} of memory" if said.memory_bytes else ""
    cpus = f"{said.cpus} processors" if said.cpus else ""
    kernel = f"Linux {said.kernel}" if said.kernel else ""
    return ", ".join(filter(None, [cpus, memory, kernel, said.machine or ""])) or NOT_RECORDED


def _measured(facts: DrillFacts) -> Iterable[tuple[str, str]]:
    yield "Recovery time", _against(facts.recovery_seconds, facts.rto_seconds, "RTO")
    yield "of which", ", ".join(f"{name} {span(spent)}" for name, spent in facts.parts.items()) or NOT_RECORDED
    aged = _against(facts.data_age_seconds, facts.rpo_seconds, "RPO")
    yield "Age of the data", aged.replace("exceeded", "older, as is normal for a copy") if _told_only(facts) else aged
    if facts.trend and facts.trend.before:
        yield "Earlier drills", f"{len(facts.trend.before)}, median {span(facts.trend.median or 0)}"
    if (forecast := facts.forecast) is not None:
        yield "Forecast", f"all {forecast.files:,} files, {Size(forecast.bytes)}, in about {span(forecast.seconds)}"


def _told_only(facts: DrillFacts) -> bool:
    """Whether the drill did not judge the age: a copy is as old as its calendar lets it be."""
    return any(rung.name == "rpo" and rung.verdict is Verdict.PASS for rung in facts.rungs)


def _against(found: float | None, limit: float | None, name: str) -> str:
    measured = NOT_RECORDED if found is None else span(found)
    required = NOT_RECORDED if limit is None else span(limit)
    kept = ""
    if found is not None and limit is not None:
        kept = "; met" if found <= limit else "; exceeded"
    return f"{measured}; required ({name}): {required}{kept}"


def _findings(facts: DrillFacts) -> Iterable[tuple[str]]:
    bad = [rung for rung in facts.rungs if rung.verdict is not Verdict.PASS]
    bad.sort(key=lambda rung: -rung.verdict.severity)
    for rung in bad[:MOST_FINDINGS]:
        yield (f"{rung.verdict.value.upper()}: {rung.name}: {_told(rung.message)}",)
    if len(bad) > MOST_FINDINGS:
        yield (f"and {len(bad) - MOST_FINDINGS} more, in the JSON form",)
    good = [rung.name for rung in facts.rungs if rung.verdict is Verdict.PASS]
    if good:
        yield (f"{len(good)} passed: {', '.join(good)}",)
    if not facts.rungs:
        yield (NOT_RECORDED,)


def _timeline(facts: DrillFacts, zone: str) -> Iterable[tuple[str]]:
    if not facts.timeline:
        yield (NOT_RECORDED,)
        return
    shown = [f"{_moment(one.when, zone, '%H:%M:%S')} {_short(one.what, 60)}" for one in facts.timeline]
    more = [f"and {len(shown) - MOST_MOMENTS} more"] if len(shown) > MOST_MOMENTS else []
    yield (" · ".join([*shown[:MOST_MOMENTS], *more]),)


def _sentences(said: Sequence[str] | None) -> Iterable[tuple[str]]:
    if said is None:
        yield (NOT_RECORDED,)
        return
    for sentence in said[:MOST_SENTENCES]:
        yield (sentence,)
    if len(said) > MOST_SENTENCES:
        yield (f"and {len(said) - MOST_SENTENCES} more, in the JSON form",)
    if not said:
        yield ("none listed",)


def _vouched(evidence: Evidence) -> Iterable[tuple[str, str]]:
    yield "Record", f"number {evidence.line.n} of the ledger of {evidence.signer}"
    yield "Its SHA-256", evidence.sha256
    yield "Head of the ledger", evidence.head
    yield "Signing key", evidence.fingerprint or NOT_RECORDED
    yield "Policy at that time", evidence.line.policy or NOT_RECORDED
    yield "Ledger now", f"{evidence.verified.value}: {evidence.said}"


def _commands(evidence: Evidence) -> Iterable[tuple[str]]:
    yield (f"sed -n {evidence.line.n}p ledger.jsonl | sha256sum",)
    yield (f"seawall ledger verify --head '{evidence.line.n} {evidence.sha256}'",)
    words = f"ssh-keygen -Y verify -f /etc/seawall/allowed_signers -I {evidence.signer} -n seawall-ledger"
    yield (f"{words} -s ledger.jsonl.head.sig < ledger.jsonl.head",)


def _told(value: str | int | None) -> str:
    return NOT_RECORDED if value is None or value == "" else str(value)


def _moment(text: str | None, zone: str, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    try:
        moment: datetime = clock.parse(text or "")
    except ValueError:
        return NOT_RECORDED
    return f"{moment.astimezone(ZoneInfo(zone)):{form}}"


def _short(text: str, most: int) -> str:
    """Return a text as one line that is no longer than the page can bear."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
