"""What the record of one drill says, form aside: one page for signatures, made of what the ledger holds.

What the ledger does not hold is said to be not recorded; nothing is filled in from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.quantity import Size
from ops.core.verdict import Verdict
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

    line: Mapping[str, Any]
    sha256: str
    head: str
    fingerprint: str
    verified: Verdict
    said: str
    signer: str


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
    line, facts = evidence.line, evidence.line.get("facts") or {}
    whole = _whole(evidence, names, line, facts)
    blocks = tuple(
        replace(block, rows=tuple(tuple(_short(cell, LONGEST) for cell in row) for row in block.rows))
        if block.form != "commands"
        else block
        for block in whole.blocks
    )
    return replace(whole, message=_short(whole.message, LONGEST), blocks=blocks)


def _whole(evidence: Evidence, names: Names, line: Mapping[str, Any], facts: Mapping[str, Any]) -> Sheet:
    damaged = line.get("act") == "sabotage"
    title = f"Record of a drill{' with injected damage' if damaged else ''}: {line.get('subject', '')}"
    return Sheet(
        title=title,
        site=names.site,
        verdict=verdict_of(line),
        message=str(line.get("message") or NOT_RECORDED),
        reference=f"Record {line.get('n')} of {evidence.signer}, SHA-256 {evidence.sha256}",
        blocks=(
            Block("What was drilled", "pairs", tuple(_tried(line, facts, names))),
            Block("Measured and required", "pairs", tuple(_measured(facts))),
            Block("Findings", "sentences", tuple(_findings(facts))),
            Block("Timeline", "sentences", tuple(_timeline(facts, names.zone))),
            Block("Not proved by this drill", "sentences", tuple(_sentences(facts.get("not_proved")))),
            Block("Participants", "blanks", (("Name", "Function"),), 2),
            Block("Corrective actions", "blanks", (("Finding and action", "Owner", "Date"),), 3),
            Block("Verification", "pairs", tuple(_vouched(evidence))),
            Block("To verify by hand, in the folder of the ledger", "commands", tuple(_commands(evidence))),
            Block("Signatures", "blanks", (("Name", "Function", "Date", "Signature"),), 2),
        ),
    )


def verdict_of(line: Mapping[str, Any]) -> Verdict:
    """Return the verdict of a record; a word that is none is unknown."""
    try:
        return Verdict(str(line.get("result")))
    except ValueError:
        return Verdict.UNKNOWN


def _tried(line: Mapping[str, Any], facts: Mapping[str, Any], names: Names) -> Iterable[tuple[str, str]]:
    asset, repository = str(line.get("subject", "")), str(facts.get("repository") or NOT_RECORDED)
    yield "Objective", f"prove that {asset} can be restored from {repository} completely, within the RTO and the RPO"
    yield "Scope", " · ".join([f"kind {_told(facts, 'kind')}", f"{len(facts.get('rungs') or [])} proof steps"])
    yield "Method", METHODS.get(str(facts.get("method")), _told(facts, "method"))
    data = f", of {_moment(facts.get('data_time'), names.zone)}" if facts.get("data_time") else ""
    yield "Set", f"{_told(facts, 'set')}{data}, from repository {repository}"
    yield "Sample", f"chosen by {_chooser(line, facts)}; random seed {_told(facts, 'seed')}"
    yield "Run by", f"{line.get('actor') or NOT_RECORDED} on {line.get('host') or NOT_RECORDED}"
    begun, ended = _moment(line.get("started"), names.zone), _moment(line.get("when"), names.zone)
    yield "When", f"{begun} to {ended} ({names.zone})"
    yield "Hardware", _hardware(facts.get("hardware"))
    yield "Restored data kept in", _told(facts, "written")
    yield "Owner", names.owner or "not in this machine's policy"
    if facts.get("sabotage"):
        yield "Damage", str(facts["sabotage"])
    if kept := facts.get("kept"):
        yield "Held for inspection", f"{kept.get('reason')}; approved by {kept.get('approver')}"


METHODS = {
    "restore": "restored from the repository, then started and queried",
    "instant": "started straight from the mounted repository, without restoring first",
    "own_kernel": "restored to a newly built disk, started from it by its own boot loader and kernel, and queried",
    "dump": "the dump was loaded into a throwaway server",
}


def _chooser(line: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return who chose: who is said to, else who asked for the drill, else the unit that ran it by its timer."""
    return str(facts.get("sampled_by") or facts.get("asked_by") or line.get("actor") or NOT_RECORDED)


def _hardware(said: Any) -> str:
    if not isinstance(said, Mapping):
        return NOT_RECORDED
    memory = f"{Size(int(said['memory_bytes']))} of memory" if said.get("memory_bytes") else ""
    cpus = f"{said['cpus']} processors" if said.get("cpus") else ""
    kernel = f"Linux {said['kernel']}" if said.get("kernel") else ""
    return ", ".join(filter(None, [cpus, memory, kernel, str(said.get("machine") or "")])) or NOT_RECORDED


def _measured(facts: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield "Recovery time", _against(facts.get("recovery_seconds"), facts.get("rto_seconds"), "RTO")
    parts = facts.get("parts") or {}
    yield "of which", ", ".join(f"{name} {span(float(spent))}" for name, spent in parts.items()) or NOT_RECORDED
    aged = _against(facts.get("data_age_seconds"), facts.get("rpo_seconds"), "RPO")
    yield "Age of the data", aged.replace("exceeded", "older, as is normal for a copy") if _told_only(facts) else aged
    if trend := facts.get("trend"):
        yield "Earlier drills", f"{len(trend.get('before') or [])}, median {span(float(trend.get('median', 0)))}"
    if forecast := facts.get("forecast"):
        yield "Forecast", str(forecast)


def _told_only(facts: Mapping[str, Any]) -> bool:
    """Whether the drill did not judge the age: a copy is as old as its calendar lets it be."""
    return any(rung.get("name") == "rpo" and rung.get("verdict") == Verdict.PASS for rung in facts.get("rungs") or [])


def _against(found: Any, limit: Any, name: str) -> str:
    measured = NOT_RECORDED if found is None else span(float(found))
    required = NOT_RECORDED if limit is None else span(float(limit))
    kept = ""
    if found is not None and limit is not None:
        kept = "; met" if float(found) <= float(limit) else "; exceeded"
    return f"{measured}; required ({name}): {required}{kept}"


def _findings(facts: Mapping[str, Any]) -> Iterable[tuple[str]]:
    rungs = facts.get("rungs") or []
    bad = [rung for rung in rungs if rung.get("verdict") != Verdict.PASS.value]
    bad.sort(key=lambda rung: -verdict_of({"result": rung.get("verdict")}).severity)
    for rung in bad[:MOST_FINDINGS]:
        yield (f"{str(rung.get('verdict')).upper()}: {rung.get('name')}: {rung.get('message')}",)
    if len(bad) > MOST_FINDINGS:
        yield (f"and {len(bad) - MOST_FINDINGS} more, in the JSON form",)
    good = [str(rung.get("name")) for rung in rungs if rung.get("verdict") == Verdict.PASS.value]
    if good:
        yield (f"{len(good)} passed: {', '.join(good)}",)
    if not rungs:
        yield (NOT_RECORDED,)


def _timeline(facts: Mapping[str, Any], zone: str) -> Iterable[tuple[str]]:
    told = facts.get("timeline") or []
    if not told:
        yield (NOT_RECORDED,)
        return
    shown = [f"{_moment(one.get('when'), zone, '%H:%M:%S')} {_short(str(one.get('what')), 60)}" for one in told]
    more = [f"and {len(shown) - MOST_MOMENTS} more"] if len(shown) > MOST_MOMENTS else []
    yield (" · ".join([*shown[:MOST_MOMENTS], *more]),)


def _sentences(said: Sequence[Any] | None) -> Iterable[tuple[str]]:
    if said is None:
        yield (NOT_RECORDED,)
        return
    for sentence in said[:MOST_SENTENCES]:
        yield (str(sentence),)
    if len(said) > MOST_SENTENCES:
        yield (f"and {len(said) - MOST_SENTENCES} more, in the JSON form",)
    if not said:
        yield ("none listed",)


def _vouched(evidence: Evidence) -> Iterable[tuple[str, str]]:
    yield "Record", f"number {evidence.line.get('n')} of the ledger of {evidence.signer}"
    yield "Its SHA-256", evidence.sha256
    yield "Head of the ledger", evidence.head
    yield "Signing key", evidence.fingerprint or NOT_RECORDED
    yield "Policy at that time", str(evidence.line.get("policy") or NOT_RECORDED)
    yield "Ledger now", f"{evidence.verified.value}: {evidence.said}"


def _commands(evidence: Evidence) -> Iterable[tuple[str]]:
    yield (f"sed -n {evidence.line.get('n')}p ledger.jsonl | sha256sum",)
    yield (f"seawall ledger verify --head '{evidence.line.get('n')} {evidence.sha256}'",)
    words = f"ssh-keygen -Y verify -f /etc/seawall/allowed_signers -I {evidence.signer} -n seawall-ledger"
    yield (f"{words} -s ledger.jsonl.head.sig < ledger.jsonl.head",)


def _told(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return NOT_RECORDED if value is None or value == "" else str(value)


def _moment(text: Any, zone: str, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    try:
        moment: datetime = clock.parse(str(text))
    except ValueError:
        return NOT_RECORDED
    return f"{moment.astimezone(ZoneInfo(zone)):{form}}"


def _short(text: str, most: int) -> str:
    """Return a text as one line that is no longer than the page can bear."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
