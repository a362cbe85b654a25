"""The yearly validation protocol as one page to print and to sign: scope, tests, clauses, deviations, conclusion."""

from __future__ import annotations

from ops.core.verdict import Verdict
from ops.interfaces.conformity import ClauseStatus, PackStatus, Standing
from ops.interfaces.validation import Deviation, Protocol, Trial
from ops.reports import environment
from ops.reports.catalogue import tr
from ops.reports.conformity import words
from ops.reports.times import day, stamp


def render(protocol: Protocol) -> str:
    """Given a protocol, return its page, in the language of the rendering."""
    report = protocol.conformity
    zone = report.timezone
    template = environment().get_template("validation.html.j2")
    return template.render(
        site=report.site,
        since=stamp(protocol.since, zone),
        until=stamp(protocol.until, zone),
        verdict=protocol.verdict.value,
        conclusion=conclusion(protocol),
        protocol=protocol,
        trials=[_trial(one, zone) for one in protocol.trials],
        packs=[_pack(one, zone) for one in report.packs],
        deviations=[_deviation(one) for one in protocol.deviations],
    )


def conclusion(protocol: Protocol) -> str:
    """Return what follows from all of it, in one sentence."""
    excused = sum(pack.count(Standing.EXCUSED) for pack in protocol.conformity.packs)
    match protocol.verdict:
        case Verdict.FAIL:
            return tr(
                "The validation found demands that are not met: the deviations must be mended, and validated anew."
            )
        case Verdict.UNKNOWN:
            return tr("Not everything was looked at, so the validation is not complete: see the deviations.")
    if excused or protocol.verdict is Verdict.WARN:
        return tr("Every demand is met or excused; the deviations are named with their reasons.")
    return tr("Every demand is met, and every test passed.")


def _trial(trial: Trial, zone: str) -> dict[str, str]:
    counted = ""
    if trial.expected is not None:
        counted = tr(
            "{expected} expected, {done} done, {missing} missing, {failed} not good",
            expected=trial.expected,
            done=trial.done or 0,
            missing=trial.missing or 0,
            failed=trial.failed or 0,
        )
    evidence = tr(
        "record {number} of {host}, {when}: {sha256}",
        number=trial.n,
        host=trial.host,
        when=stamp(trial.when, zone),
        sha256=trial.sha256,
    )
    return {
        "what": f"{trial.act} {trial.subject}",
        "when": stamp(trial.when, zone),
        "verdict": trial.verdict.value,
        "message": trial.message,
        "counted": counted,
        "evidence": evidence,
    }


def _pack(pack: PackStatus, zone: str) -> dict[str, object]:
    return {
        "title": pack.title,
        "name": pack.name,
        "binding": words.binding(pack),
        "counts": words.counts(pack),
        "clauses": [_clause(clause, zone) for clause in pack.clauses],
    }


def _clause(clause: ClauseStatus, zone: str) -> dict[str, object]:
    whens = [proof.when for control in clause.controls for proof in control.proofs if "T" in proof.when]
    return {
        "number": clause.number,
        "demand": clause.demand,
        "tests": [control.asks for control in clause.controls],
        "when": stamp(max(whens), zone) if whens else "",
        "standing": words.standing(clause),
        "verdict": words.verdict_of(clause).value,
        "digests": [control.digest for control in clause.controls if control.digest],
    }


def _deviation(one: Deviation) -> dict[str, str]:
    until = tr("excused until {day}", day=day(one.until)) if one.until else ""
    what = one.what or tr("Evidence")
    return {"what": what, "verdict": one.verdict.value, "reason": one.reason, "todo": one.todo, "until": until}
