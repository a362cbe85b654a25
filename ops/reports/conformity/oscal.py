"""Conformity as assessment results in OSCAL 1.1.2: the same facts give the same bytes.

OSCAL knows satisfied and not-satisfied only: what nobody looked at is not satisfied, with the reason `not-examined`,
and an exception is not satisfied, with a risk whose deviation was approved until its end.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator

from ops.core.schema import Plain, encode
from ops.interfaces.conformity import ClauseStatus, Conformity, ControlStatus, PackStatus, Standing

OSCAL = "1.1.2"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:seawall:conformity")
PROPERTIES = "urn:seawall:conformity"  # whose names the properties are
_REASONS = {
    Standing.MET: "pass",
    Standing.NOT_MET: "fail",
    Standing.NOT_LOOKED_AT: "not-examined",
    Standing.EXCUSED: "excused",
}
_MOST = 2_000  # letters of a remark
_NO_TOKEN = re.compile(r"[^\w.-]+")


def render(report: Conformity) -> str:
    """Given a report, return the assessment results as JSON."""
    seed = hashlib.sha256(json.dumps(encode(report), sort_keys=True).encode()).hexdigest()
    plan = _uuid(seed, "plan")
    results: dict[str, Plain] = {
        "uuid": _uuid(seed, "results"),
        "metadata": {
            "title": f"Conformity of {_line(report.site) or 'a site'}",
            "last-modified": report.time,
            "version": report.time,
            "oscal-version": OSCAL,
        },
        "import-ap": {
            "href": f"#{plan}",
            "remarks": "The plan is the packs of clauses that the site's policy turns on.",
        },
        "results": [_result(pack, report, seed) for pack in report.packs],
        "back-matter": {"resources": [{"uuid": plan, "title": "Packs of clauses", "description": _plan(report)}]},
    }
    return json.dumps({"assessment-results": results}, indent=1, ensure_ascii=False) + "\n"


def _plan(report: Conformity) -> str:
    return "; ".join(f"{pack.name}: {pack.title}" for pack in report.packs) or "no pack"


def _result(pack: PackStatus, report: Conformity, seed: str) -> dict[str, Plain]:
    tokens = dict(zip((clause.number for clause in pack.clauses), _tokens(pack), strict=True))
    controls: list[Plain] = [{"control-id": token} for token in tokens.values()]
    observations: list[Plain] = []
    findings: list[Plain] = []
    risks: list[Plain] = []
    for clause in pack.clauses:
        mark = f"{seed}/{pack.name}/{clause.number}"
        observed = [_observation(control, report, f"{mark}/{control.name}") for control in clause.controls]
        observations += observed
        risk = _risk(clause, mark) if clause.standing is Standing.EXCUSED else None
        risks += [risk] if risk else []
        findings.append(_finding(clause, tokens[clause.number], mark, observed, risk))
    found: dict[str, Plain] = {
        "uuid": _uuid(seed, f"result/{pack.name}"),
        "title": _line(pack.title),
        "description": _described(pack),
        "start": report.since,
        "end": report.until,
        "props": [_property("pack", pack.name), _property("bound", "yes" if pack.bound else "no")],
        "reviewed-controls": {"control-selections": [{"include-controls": controls}]},
        "observations": observations,
        "findings": findings,
    }
    return found | ({"risks": risks} if risks else {})


def _described(pack: PackStatus) -> str:
    bound = f"bound to {pack.code} {pack.revision}, SHA-256 {pack.document}" if pack.bound else "a template, not bound"
    return "; ".join([bound, *([] if pack.complete else ["source incomplete"]), *pack.findings])


def _observation(control: ControlStatus, report: Conformity, mark: str) -> dict[str, Plain]:
    evidence: list[Plain] = [
        {"description": f"{proof.what} {proof.n or ''} {proof.host} {proof.when}: SHA-256 {proof.sha256}"}
        for proof in control.proofs
    ]
    found: dict[str, Plain] = {
        "uuid": _uuid(mark, "observation"),
        "title": control.name,
        "description": control.asks,
        "props": [_property("standing", control.standing.value)],
        "methods": ["EXAMINE" if control.asks.startswith(("duty", "document", "policy")) else "TEST"],
        "collected": report.time,
        "remarks": _remark(control.message, control.todo),
    }
    return found | ({"relevant-evidence": evidence} if evidence else {})


def _finding(
    clause: ClauseStatus, token: str, mark: str, observed: list[dict[str, Plain]], risk: dict[str, Plain] | None
) -> dict[str, Plain]:
    met = clause.standing is Standing.MET
    state = "satisfied" if met else "not-satisfied"
    found: dict[str, Plain] = {
        "uuid": _uuid(mark, "finding"),
        "title": _line(clause.number),
        "description": clause.demand,
        "props": [_property("kind", clause.kind), _property("counts", "yes" if clause.counts else "no")],
        "target": {
            "type": "objective-id",
            "target-id": token,
            "status": {
                "state": state,
                "reason": _REASONS[clause.standing],
                "remarks": _remark(clause.message, clause.todo),
            },
        },
        "related-observations": [{"observation-uuid": one["uuid"]} for one in observed],
    }
    return found | ({"related-risks": [{"risk-uuid": risk["uuid"]}]} if risk else {})


def _risk(clause: ClauseStatus, mark: str) -> dict[str, Plain]:
    return {
        "uuid": _uuid(mark, "risk"),
        "title": f"{_line(clause.number)} is excused",
        "description": clause.demand,
        "statement": clause.message[:_MOST],
        "status": "deviation-approved",
        "deadline": f"{clause.until}T23:59:59Z",
    }


def _tokens(pack: PackStatus) -> Iterator[str]:
    """Yield a token for each clause, as OSCAL demands of the id of a control; each is another one."""
    seen: set[str] = set()
    for place, clause in enumerate(pack.clauses, 1):
        token = f"{pack.name}_{_NO_TOKEN.sub('-', clause.number).strip('-')}"
        token = token if token[0].isalpha() else f"c-{token}"
        token = token if token not in seen else f"{token}_{place}"
        seen.add(token)
        yield token


def _property(name: str, value: str) -> dict[str, Plain]:
    return {"name": name, "ns": PROPERTIES, "value": _line(value)}


def _line(text: str) -> str:
    return " ".join(text.split())


def _remark(message: str, todo: str) -> str:
    return (f"{message}; next: {todo}" if todo else message)[:_MOST]


def _uuid(seed: str, about: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{seed}/{about}"))
