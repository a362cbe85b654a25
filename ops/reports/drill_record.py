"""What the record of one drill says, form aside: one page for signatures, made of what the ledger holds.

What the ledger does not hold is said to be not recorded; nothing is filled in from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.verdict import Verdict
from ops.interfaces.outcome import DrillFacts, Hardware
from ops.interfaces.record import Record
from ops.reports import figures, times
from ops.reports.catalogue import tr, trn
from ops.reports.figures import span

MOST_FINDINGS = 8  # so much of each stands on the page; the JSON form has all
MOST_SENTENCES = 6
MOST_MOMENTS = 14
LONGEST = 480  # characters of one text
DRILLS = ("drill", "oldest", "recall", "sabotage")


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
    title = (
        tr("Record of a drill with injected damage: {asset}", asset=line.subject)
        if damaged
        else tr("Record of a drill: {asset}", asset=line.subject)
    )
    return Sheet(
        title=title,
        site=names.site,
        verdict=line.verdict,
        message=line.message or _not_recorded(),
        reference=tr(
            "Record {number} of {host}, SHA-256 {digest}", number=line.n, host=evidence.signer, digest=evidence.sha256
        ),
        blocks=(
            Block(tr("What was drilled"), "pairs", tuple(_tried(line, facts, names))),
            Block(tr("Measured and required"), "pairs", tuple(_measured(facts))),
            Block(tr("Findings"), "sentences", tuple(_findings(facts))),
            Block(tr("Timeline"), "sentences", tuple(_timeline(facts, names.zone))),
            Block(tr("Not proved by this drill"), "sentences", tuple(_sentences(facts.not_proved))),
            Block(tr("Participants"), "blanks", ((tr("Name"), tr("Function")),), 2),
            Block(tr("Corrective actions"), "blanks", ((tr("Finding and action"), tr("Owner"), tr("Date")),), 3),
            Block(tr("Verification"), "pairs", tuple(_vouched(evidence))),
            Block(tr("To verify by hand, in the folder of the ledger"), "commands", tuple(_commands(evidence))),
            Block(tr("Signatures"), "blanks", ((tr("Name"), tr("Function"), tr("Date"), tr("Signature")),), 2),
        ),
    )


def _tried(line: Record, facts: DrillFacts, names: Names) -> Iterable[tuple[str, str]]:
    repository = facts.repository or _not_recorded()
    goal = tr(
        "prove that {asset} can be restored from {repository} completely, within the RTO and the RPO",
        asset=line.subject,
        repository=repository,
    )
    yield tr("Objective"), goal
    yield tr("Scope"), _kind_and_steps(facts)
    yield tr("Method"), _method(facts.method)
    yield tr("Set"), _set(facts, names.zone)
    chooser = _chooser(line, facts)
    yield tr("Sample"), tr("chosen by {who}; random seed {seed}", who=chooser, seed=_told(facts.seed))
    yield tr("Run by"), tr("{who} on {host}", who=_told(line.actor), host=_told(line.host))
    begun, ended = _moment(line.started, names.zone), _moment(line.when, names.zone)
    yield tr("When"), tr("{begun} to {ended} ({zone})", begun=begun, ended=ended, zone=names.zone)
    yield tr("Hardware"), _hardware(facts.hardware or Hardware())
    yield tr("Restored data kept in"), _told(facts.written)
    yield tr("Owner"), names.owner or tr("not in this machine's policy")
    if facts.sabotage:
        yield tr("Damage"), facts.sabotage
    if kept := facts.kept:
        yield tr("Held for inspection"), tr("{reason}; approved by {who}", reason=kept.reason, who=kept.approver)


def _kind_and_steps(facts: DrillFacts) -> str:
    steps = trn("{count} proof step", "{count} proof steps", len(facts.rungs))
    return " · ".join([tr("kind {kind}", kind=_told(facts.kind)), steps])


def _method(method: str | None) -> str:
    known = {
        "restore": tr("restored from the repository, then started and queried"),
        "instant": tr("started straight from the mounted repository, without restoring first"),
        "own_kernel": tr(
            "restored to a newly built disk, started from it by its own boot loader and kernel, and queried"
        ),
        "dump": tr("the dump was loaded into a throwaway server"),
    }
    return known.get(method or "", _told(method))


def _set(facts: DrillFacts, zone: str) -> str:
    one, repository = _told(facts.set), _told(facts.repository)
    if not facts.data_time:
        return tr("{set}, from repository {repository}", set=one, repository=repository)
    when = _moment(facts.data_time, zone)
    return tr("{set}, of {when}, from repository {repository}", set=one, when=when, repository=repository)


def _chooser(line: Record, facts: DrillFacts) -> str:
    """Return who chose: who is said to, else who asked for the drill, else the unit that ran it by its timer."""
    return facts.sampled_by or facts.asked_by or line.actor or _not_recorded()


def _hardware(said: Hardware) -> str:
    memory = tr("{size} of memory", size=figures.size(said.memory_bytes)) if said.memory_bytes else ""
    cpus = trn("{count} processor", "{count} processors", said.cpus) if said.cpus else ""
    kernel = f"Linux {said.kernel}" if said.kernel else ""
    return ", ".join(filter(None, [cpus, memory, kernel, said.machine or ""])) or _not_recorded()


def _measured(facts: DrillFacts) -> Iterable[tuple[str, str]]:
    yield tr("Recovery time"), _against(facts.recovery_seconds, facts.rto_seconds, "RTO")
    yield tr("of which"), ", ".join(f"{name} {span(spent)}" for name, spent in facts.parts.items()) or _not_recorded()
    yield (
        tr("Age of the data"),
        _against(facts.data_age_seconds, facts.rpo_seconds, "RPO", judged=not _told_only(facts)),
    )
    if facts.trend and facts.trend.before:
        yield (
            tr("Earlier drills"),
            tr("{number}, median {time}", number=len(facts.trend.before), time=span(facts.trend.median or 0)),
        )
    if (forecast := facts.forecast) is not None:
        size, time = figures.size(forecast.bytes), span(forecast.seconds)
        files = figures.count(forecast.files)
        yield tr("Forecast"), tr("all {files} files, {size}, in about {time}", files=files, size=size, time=time)


def _told_only(facts: DrillFacts) -> bool:
    """Whether the drill did not judge the age: a copy is as old as its calendar lets it be."""
    return any(rung.name == "rpo" and rung.verdict is Verdict.PASS for rung in facts.rungs)


def _against(found: float | None, limit: float | None, name: str, *, judged: bool = True) -> str:
    """Return a time and its limit; one that is not judged may be over the limit and is not called exceeded."""
    measured = _not_recorded() if found is None else span(found)
    required = _not_recorded() if limit is None else span(limit)
    said = {"measured": measured, "name": name, "required": required}
    if found is None or limit is None:
        return tr("{measured}; required ({name}): {required}", **said)
    if found <= limit:
        return tr("{measured}; required ({name}): {required}; met", **said)
    if judged:
        return tr("{measured}; required ({name}): {required}; exceeded", **said)
    return tr("{measured}; required ({name}): {required}; older, as is normal for a copy", **said)


def _findings(facts: DrillFacts) -> Iterable[tuple[str]]:
    bad = [rung for rung in facts.rungs if rung.verdict is not Verdict.PASS]
    bad.sort(key=lambda rung: -rung.verdict.severity)
    for rung in bad[:MOST_FINDINGS]:
        yield (f"{rung.verdict.value.upper()}: {rung.name}: {_told(rung.message)}",)
    if len(bad) > MOST_FINDINGS:
        yield (tr("and {number} more, in the JSON form", number=len(bad) - MOST_FINDINGS),)
    good = [rung.name for rung in facts.rungs if rung.verdict is Verdict.PASS]
    if good:
        yield (trn("{count} passed: {names}", "{count} passed: {names}", len(good), names=", ".join(good)),)
    if not facts.rungs:
        yield (_not_recorded(),)


def _timeline(facts: DrillFacts, zone: str) -> Iterable[tuple[str]]:
    if not facts.timeline:
        yield (_not_recorded(),)
        return
    shown = [f"{_moment(one.when, zone, with_day=False)} {_short(one.what, 60)}" for one in facts.timeline]
    more = [tr("and {number} more", number=len(shown) - MOST_MOMENTS)] if len(shown) > MOST_MOMENTS else []
    yield (" · ".join([*shown[:MOST_MOMENTS], *more]),)


def _sentences(said: Sequence[str] | None) -> Iterable[tuple[str]]:
    if said is None:
        yield (_not_recorded(),)
        return
    for sentence in said[:MOST_SENTENCES]:
        yield (sentence,)
    if len(said) > MOST_SENTENCES:
        yield (tr("and {number} more, in the JSON form", number=len(said) - MOST_SENTENCES),)
    if not said:
        yield (tr("none listed"),)


def _vouched(evidence: Evidence) -> Iterable[tuple[str, str]]:
    yield tr("Record"), tr("number {number} of the ledger of {host}", number=evidence.line.n, host=evidence.signer)
    yield tr("Its SHA-256"), evidence.sha256
    yield tr("Head of the ledger"), evidence.head
    yield tr("Signing key"), evidence.fingerprint or _not_recorded()
    yield tr("Policy at that time"), evidence.line.policy or _not_recorded()
    yield tr("Ledger now"), f"{evidence.verified.value}: {evidence.said}"


def _commands(evidence: Evidence) -> Iterable[tuple[str]]:
    yield (f"sed -n {evidence.line.n}p ledger.jsonl | sha256sum",)
    yield (f"seawall ledger verify --head '{evidence.line.n} {evidence.sha256}'",)
    words = f"ssh-keygen -Y verify -f /etc/seawall/allowed_signers -I {evidence.signer} -n seawall-ledger"
    yield (f"{words} -s ledger.jsonl.head.sig < ledger.jsonl.head",)


def _not_recorded() -> str:
    return tr("not recorded")


def _told(value: str | int | None) -> str:
    return _not_recorded() if value is None or value == "" else str(value)


def _moment(text: str | None, zone: str, *, with_day: bool = True) -> str:
    try:
        moment = clock.parse(text or "").astimezone(ZoneInfo(zone))
    except ValueError:
        return _not_recorded()
    return times.written(moment, "%H:%M:%S") if with_day else f"{moment:%H:%M:%S}"


def _short(text: str, most: int) -> str:
    """Return a text as one line that is no longer than the page can bear."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
