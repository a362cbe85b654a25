"""Conformity as one self-contained HTML page, which can be printed: each clause in English and in its own language."""

from __future__ import annotations

from ops.interfaces.conformity import ClauseStatus, Conformity, PackStatus
from ops.reports import environment
from ops.reports.catalogue import tr
from ops.reports.conformity import words
from ops.reports.times import stamp


def render(report: Conformity) -> str:
    """Given a report, return the page."""
    packs = [_pack(pack, report.timezone) for pack in report.packs]
    template = environment().get_template("conformity.html.j2")
    return template.render(report=report, dated=words.dated(report), packs=packs)


def _pack(pack: PackStatus, zone: str) -> dict[str, object]:
    return {
        "name": pack.name,
        "title": pack.title,
        "language": pack.language.replace("_", "-"),
        "verdict": pack.verdict.value,
        "binding": words.binding(pack),
        "counts": words.counts(pack),
        "ours": pack.words_are_ours,
        "findings": pack.findings,
        "clauses": [_clause(clause, zone) for clause in pack.clauses],
    }


def _clause(clause: ClauseStatus, zone: str) -> dict[str, object]:
    return {
        "told": clause,
        "kind": words.kind(clause),
        "standing": words.standing(clause),
        "verdict": words.verdict_of(clause).value,
        "since": _moment(clause.since, zone),
        "acts": words.acts(clause) if clause.acts.expected else "",
        "proofs": [_proof(proof, zone) for control in clause.controls for proof in control.proofs],
        "more": sum(control.more for control in clause.controls),
    }


def _proof(proof: object, zone: str) -> str:
    told: dict[str, object] = vars(proof)
    if told["n"]:
        return tr(
            "record {number} of {host}, {when}: {sha256}",
            number=told["n"],
            host=told["host"],
            when=_moment(str(told["when"]), zone),
            sha256=told["sha256"],
        )
    return f"{told['message']}: {told['sha256']}"


def _moment(text: str, zone: str) -> str:
    return stamp(text, zone) if "T" in text else text
