"""The record of a drill as an in-toto statement with a test result, for programs that read evidence.

The format knows no `unknown`: what could not be looked at stands among the failed, never among the passed, and
again in `unknownTests`, a further field that other readers pass over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ops.core.verdict import Verdict
from ops.reports.drill_record import Evidence, verdict_of

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
RESULTS = {Verdict.PASS: "PASSED", Verdict.WARN: "WARNED", Verdict.FAIL: "FAILED", Verdict.UNKNOWN: "FAILED"}


def render(evidence: Evidence) -> str:
    """Given a record and what vouches for it, return the statement as indented JSON."""
    return json.dumps(statement(evidence), indent=2, ensure_ascii=False) + "\n"


def statement(evidence: Evidence) -> Mapping[str, Any]:
    """Return the statement as plain data."""
    line, facts = evidence.line, evidence.line.get("facts") or {}
    rungs = facts.get("rungs") or []
    named = {
        verdict: [str(rung.get("name")) for rung in rungs if verdict_of({"result": rung.get("verdict")}) is verdict]
        for verdict in Verdict
    }
    policy = [{"name": "policy.json", "digest": {"sha256": str(line["policy"])}}] if line.get("policy") else []
    return {
        "_type": STATEMENT,
        "subject": [_subject(evidence, facts)],
        "predicateType": PREDICATE,
        "predicate": {
            "result": RESULTS[verdict_of(line)],
            "configuration": policy,
            "passedTests": named[Verdict.PASS],
            "warnedTests": named[Verdict.WARN],
            "failedTests": [*named[Verdict.FAIL], *named[Verdict.UNKNOWN]],
            "unknownTests": named[Verdict.UNKNOWN],
            "record": dict(line),
            "ledger": {
                "sha256": evidence.sha256,
                "head": evidence.head,
                "key": evidence.fingerprint,
                "verdict": evidence.verified.value,
            },
        },
    }


def _subject(evidence: Evidence, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The set by its manifest, where the record knows the manifest's digest; else the record itself."""
    if facts.get("set") and facts.get("manifest_sha256"):
        return {"name": f"set {facts['set']}", "digest": {"sha256": str(facts["manifest_sha256"])}}
    name = f"record {evidence.line.get('n')} of {evidence.signer}"
    return {"name": name, "digest": {"sha256": evidence.sha256}}
