"""The steps of a restore, one after the other: one that fails ends none of the others, and the end says which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ops.core import clock
from ops.core.announce import announce
from ops.core.errors import SeawallError
from ops.core.quantity import span
from ops.core.verdict import Finding, Verdict, worst
from ops.interfaces.outcome import RestoreFacts, Rung
from ops.jobs.restore.act import HOW_TO_ACCEPT, Act, Done, wrong
from ops.jobs.restore.execution import carry_out
from ops.jobs.restore.plan import Step
from ops.jobs.run.job import Outcome


@dataclass
class _Ends:
    """How the steps ended, by label."""

    done: dict[str, Done] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def each(act: Act, steps: Sequence[Step]) -> Outcome:
    """Carry out all steps; raise SeawallError when there is nothing to restore, or when the only one fails."""
    started = clock.now()
    ends = _Ends()
    for number, step in enumerate(steps):
        try:
            ends.done[step.label] = carry_out(act, step)
        except SeawallError as error:
            if not act.several:
                raise
            ends.failed[step.label] = _reason(error)
            announce(f"{step.label}: could not be restored: {_reason(error)}")
            if gone := _unreachable(act):
                ends.failed |= {later.label: f"not tried: {gone}" for later in steps[number + 1 :]}
                break
            continue
        _announce(step, ends.done[step.label])
    if not any(finding.configured for done in ends.done.values() for _, finding in done.findings) and not ends.failed:
        raise SeawallError("there was nothing to restore")
    outcome = _outcome(act, steps, ends, round((clock.now() - started).total_seconds(), 1), clock.iso(started))
    if outcome.code == 0:
        act.finished.forget()
    return outcome


def _unreachable(act: Act) -> str:
    """Return why the repository cannot be reached, so that no further step is tried; nothing when it can."""
    try:
        act.source.place.reach()
    except SeawallError as error:
        return _reason(error)
    return ""


def _reason(error: SeawallError) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines())


def _announce(step: Step, done: Done) -> None:
    for name, finding in done.findings:
        word = finding.verdict.value if finding.configured else "-"
        announce(f"{step.label}: {word:<7} {name}: {finding.message}")


def _outcome(act: Act, steps: Sequence[Step], ends: _Ends, seconds: float, started: str) -> Outcome:
    source = act.source
    rungs = [(label, *rung) for label, done in ends.done.items() for rung in done.findings]
    facts = RestoreFacts(
        time=started,
        set=source.which.id,
        repository=source.place.repository.name,
        data_time=clock.iso(source.which.time),
        seconds=seconds,
        bytes=sum(step.bytes for step in steps if step.label in ends.done),
        parts=tuple(ends.done),
        in_place=any(step.live for step in steps),
        rungs=tuple(_rung(label, name, seen) for label, name, seen in rungs if seen.configured),
        failed=tuple(ends.failed),
        accepted=(accepted := tuple(label for label, done in ends.done.items() if done.accepted)),
        accepted_by=act.acceptance.by if accepted else "",
    )
    verdict = worst([Verdict.FAIL] * bool(ends.failed) + [_verdict(done) for done in ends.done.values()])
    good = verdict in {Verdict.PASS, Verdict.WARN}
    return Outcome(verdict, _message(act, ends, seconds), facts if good else None, facts)


def _rung(label: str, name: str, finding: Finding) -> Rung:
    return Rung(part=label, name=name, verdict=finding.verdict)


def _verdict(done: Done) -> Verdict:
    """Return what a step is worth: differences that a person accepted are only told."""
    if done.accepted:
        return Verdict.WARN
    return worst(finding.verdict for _, finding in done.findings if finding.configured)


def _message(act: Act, ends: _Ends, seconds: float) -> str:
    """Return which parts are restored, where and how, and which are not, and why."""
    count = f": {len(ends.done)} of {len(ends.done) + len(ends.failed)} parts" if ends.failed else ""
    head = f"set {act.source.which.id[:8]}{count} restored in {span(seconds)}"
    by = f" (accepted by {act.acceptance.by})"
    differences = [
        f"{label} {difference}{by if done.accepted else ''}"
        for label, done in ends.done.items()
        for difference in wrong(done.findings)
    ]
    failed = [f"{label} is NOT restored: {reason}" for label, reason in ends.failed.items()]
    again = ["once the cause is removed, the same command goes on with what is not restored"] if ends.failed else []
    unaccepted = any(not done.matches and not done.accepted for done in ends.done.values())
    sentences = [done.sentence for done in ends.done.values()]
    # What went wrong comes first: the words of a state and a record are cut off behind some length.
    return "; ".join([head, *failed, *differences, *sentences, *again, *([HOW_TO_ACCEPT] if unaccepted else [])])
