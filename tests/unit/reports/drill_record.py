"""The record of a drill as the ledger holds it, with all that a drill may tell."""

import json
from typing import Any

from ops.core.verdict import Verdict
from ops.interfaces.record import read
from ops.reports.drill_record import Evidence, Names

NAMES = Names("Hospital São Lucas", "America/Sao_Paulo", "Head of IT")
RUNGS = [
    {"name": "archive", "verdict": "pass", "message": "database was loaded completely"},
    {"name": "structure", "verdict": "pass", "message": "214 definitions, as in the manifest"},
    {"name": "volume", "verdict": "pass", "message": "240,000 rows in 41 tables, as in the manifest"},
    {"name": "rto", "verdict": "pass", "message": "recovered in 8.1s of 1h"},
    {"name": "rpo", "verdict": "pass", "message": "the data are 2h 30min old; RPO 1d 2h"},
]


def record(**facts: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "n": 41,
        "when": "2026-11-22T07:00:12Z",
        "host": "drill1",
        "actor": "unit:seawall-drill-his",
        "act": "drill",
        "subject": "his",
        "result": "pass",
        "message": "set 7c1f2a90 from offsite restored in 8.1s (RTO 1h), 5 proof steps pass",
        "started": "2026-11-22T07:00:00Z",
        "policy": "ab" * 32,
        "facts": {
            "set": "7c1f2a90-8f3c-4f5e-9d39-6d1f0b6c1a55",
            "repository": "offsite",
            "data_time": "2026-11-22T04:30:02Z",
            "data_age_seconds": 9015.0,
            "recovery_seconds": 8.1,
            "parts": {"find": 0.9, "fetch": 3.2, "start": 1.1, "restore": 2.9, "prove": 2.0},
            "rungs": RUNGS,
            "rto_seconds": 3600,
            "rpo_seconds": 93600,
            **facts,
        },
        "previous": "cd" * 32,
    }


TOLD = {
    "kind": "machine",
    "method": "instant",
    "seed": 2874419210,
    "asked_by": "person:claudia",
    "hardware": {"cpus": 8, "memory_bytes": 33 << 30, "kernel": "6.12.48", "machine": "x86_64"},
    "not_proved": ["the kernel, the boot loader and the layout of the disks", "programs that need a licence server"],
    "timeline": [{"when": "2026-11-22T07:00:01Z", "what": "find"}, {"when": "2026-11-22T07:00:04Z", "what": "start"}],
    "trend": {"before": [7.9, 8.4], "median": 8.15, "ratio": 0.99},
}


def evidence(line: dict[str, Any] | None = None) -> Evidence:
    return Evidence(
        line=read(json.dumps(line or record(**TOLD)).encode(), "the record"),
        sha256="12" * 32,
        head=f"57 {'34' * 32}",
        fingerprint="SHA256:Q0Uo5rbpX1dWzBGlBbF0IYpPpoV8v9XbY1C4B2hU5sE",
        verified=Verdict.PASS,
        said="57 records of drill1, 2026-10-01T03:00:00Z to 2026-11-22T07:00:12Z: complete and signed",
        signer="drill1",
    )
