"""Conformity in MITRE's Heimdall Data Format, as execution results: the same facts give the same bytes.

It knows passed, failed, skipped and error: what nobody looked at is skipped, with the reason, and never passed.
"""

from __future__ import annotations

import hashlib
import json

from ops.core.schema import Plain
from ops.interfaces.conformity import ClauseStatus, Conformity, ControlStatus, PackStatus, Standing

RELEASE = "1"
_IMPACT = {"R": 0.1, "-": 0.0}
_USUAL = 0.7
_STATUS = {Standing.MET: "passed", Standing.NOT_MET: "failed"}


def render(report: Conformity) -> str:
    """Given a report, return the execution results as JSON."""
    told: dict[str, Plain] = {
        "platform": {"name": "seawall", "release": RELEASE, "target_id": report.site},
        "version": RELEASE,
        "statistics": {},
        "profiles": [_profile(pack, report) for pack in report.packs],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _profile(pack: PackStatus, report: Conformity) -> dict[str, Plain]:
    told: dict[str, Plain] = {
        "name": pack.name,
        "title": pack.title,
        "version": pack.revision or "0",
        "summary": "; ".join(pack.findings) or ("bound" if pack.bound else "a template, not bound"),
        "supports": [],
        "attributes": [],
        "groups": [],
        "controls": [_control(pack, clause, report) for clause in pack.clauses],
        "status": "loaded",
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
    return {**told, "sha256": digest}


def _control(pack: PackStatus, clause: ClauseStatus, report: Conformity) -> dict[str, Plain]:
    found: dict[str, Plain] = {
        "id": f"{pack.name}/{clause.number}",
        "title": clause.demand,
        "desc": clause.original,
        "descriptions": [{"label": "next", "data": clause.todo}] if clause.todo else [],
        "impact": _IMPACT.get(clause.kind, _USUAL),
        "tags": {"kind": clause.kind, "standing": clause.standing.value, "since": clause.since},
        "refs": [],
        "code": "\n".join(f"{control.name}: {control.asks}" for control in clause.controls),
        "source_location": {"ref": f"{pack.name}.yml", "line": 0},
        "results": [_result(control, report) for control in clause.controls],
    }
    excused: dict[str, Plain] = {
        "justification": clause.message,
        "expiration_date": clause.until,
        "skipped_due_to_waiver": False,
    }
    return found | ({"waiver_data": excused} if clause.standing is Standing.EXCUSED else {})


def _result(control: ControlStatus, report: Conformity) -> dict[str, Plain]:
    status = _STATUS.get(control.standing, "skipped")
    evidence = ", ".join(f"{proof.what} {proof.n or ''} {proof.host} {proof.sha256}" for proof in control.proofs)
    found: dict[str, Plain] = {
        "status": status,
        "code_desc": f"{control.name}: {control.asks}",
        "start_time": report.time,
        "run_time": 0.0,
    }
    message = "; ".join(filter(None, [control.message, evidence]))
    return found | ({"skip_message": f"not looked at: {message}"} if status == "skipped" else {"message": message})
