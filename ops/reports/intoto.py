"""The record of a drill as an in-toto statement with a test result, for programs that read evidence.

The format knows no `unknown`: what could not be looked at stands among the failed, never among the passed, and
again in `unknownTests`, a further field that other readers pass over.
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.core.printable import as_json
from ops.core.schema import Plain
from ops.core.verdict import Verdict
from ops.interfaces.outcome import DrillFacts
from ops.reports.drill_record import Evidence

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
RESULTS = {Verdict.PASS: "PASSED", Verdict.WARN: "WARNED", Verdict.FAIL: "FAILED", Verdict.UNKNOWN: "FAILED"}


def render(evidence: Evidence) -> str:
    """Given a record and what vouches for it, return the statement as indented JSON."""
    return as_json(statement(evidence), indent=2) + "\n"


def statement(evidence: Evidence) -> Mapping[str, Plain]:
    """Return the statement as plain data."""
    line, facts = evidence.line, evidence.facts
    named = {verdict: [rung.name for rung in facts.rungs if rung.verdict is verdict] for verdict in Verdict}
    policy: list[Plain] = [{"name": "policy.json", "digest": {"sha256": line.policy}}] if line.policy else []
    return {
        "_type": STATEMENT,
        "subject": [_subject(evidence, facts)],
        "predicateType": PREDICATE,
        "predicate": {
            "result": RESULTS[line.verdict],
            "configuration": policy,
            "passedTests": named[Verdict.PASS],
            "warnedTests": named[Verdict.WARN],
            "failedTests": [*named[Verdict.FAIL], *named[Verdict.UNKNOWN]],
            "unknownTests": named[Verdict.UNKNOWN],
            "record": line.written(),
            "ledger": {
                "sha256": evidence.sha256,
                "head": evidence.head,
                "key": evidence.fingerprint,
                "verdict": evidence.verified.value,
            },
        },
    }


def _subject(evidence: Evidence, facts: DrillFacts) -> Plain:
    """The set by its manifest, where the record knows the manifest's digest; else the record itself."""
    if facts.set and facts.manifest_sha256:
        return {"name": f"set {facts.set}", "digest": {"sha256": facts.manifest_sha256}}
    name = f"record {evidence.line.n} of {evidence.signer}"
    return {"name": name, "digest": {"sha256": evidence.sha256}}
