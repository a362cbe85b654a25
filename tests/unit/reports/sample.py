"""A fleet with good, bad and unknown things, as `seawall status --json` gives it."""

from __future__ import annotations

import copy
import json
from typing import Any

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import AssetFinding, AssetStatus, FleetStatus, MachineStatus
from ops.interfaces.state import State, written
from ops.interfaces.status_answer import read
from tests.states import state

NOW = "2026-11-22T14:05:00Z"


def typed(plain: dict[str, Any]) -> FleetStatus:
    """Return plain data of a fleet as what reports are made of."""
    return FleetStatus(
        time=plain["time"],
        site=plain["site"].get("name", ""),
        timezone=plain["site"].get("timezone", ""),
        verdict=Verdict(plain["verdict"]),
        machines={name: _machine(name, told) for name, told in plain["machines"].items()},
        assets={name: _asset(told) for name, told in plain["assets"].items()},
    )


def _machine(host: str, told: dict[str, Any]) -> MachineStatus:
    if "checks" not in told:
        return MachineStatus(verdict=Verdict(told["verdict"]), message=told["message"])
    gaps = {"gaps": written(state("gaps", {"finished": NOW, "gaps": [], **told["gaps"]}))} if told.get("gaps") else {}
    common = {"version": 1, "host": host, "time": NOW, "seawall": "", "policy_digest": ""}
    answer = read(json.dumps({**common, **told, **gaps}).encode(), "its answer")
    return MachineStatus(verdict=answer.verdict, told=answer)


def _asset(told: dict[str, Any]) -> AssetStatus:
    copies = {name: _state("copy", one) for name, one in told.get("copies", {}).items()}
    findings = tuple(AssetFinding(**{**one, "verdict": Verdict(one["verdict"])}) for one in told.get("findings", ()))
    states = {"backup": _state("backup", told.get("backup")), "drill": _state("drill", told.get("drill"))}
    away = {"away": tuple(name for name in copies if name in {"offsite", "removable"})}
    to = {"copies_to": {name: name for name in copies}}
    return AssetStatus(
        **{**told, **states, **away, **to, "copies": copies, "findings": findings, "verdict": Verdict(told["verdict"])}
    )


def _state(kind: str, told: dict[str, Any] | None) -> State | None:
    return None if told is None else state(kind, told)


def fleet() -> dict[str, Any]:
    """Return a fresh copy of the sample."""
    return copy.deepcopy(FLEET)


def healthy() -> dict[str, Any]:
    """Return the sample with only what is good in it."""
    status = fleet()
    status["verdict"] = "pass"
    status["assets"] = {"his": status["assets"]["his"]}
    status["machines"] = {name: status["machines"][name] for name in ("his1", "drill1")}
    return status


def _check(name: str, kind: str, verdict: str, message: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "verdict": verdict, "message": message, "figures": {}, **more}


HIS_BACKUP = {
    "version": 1,
    "kind": "backup",
    "asset": "his",
    "host": "his1",
    "verdict": "pass",
    "started": "2026-11-22T04:38:00Z",
    "finished": "2026-11-22T04:41:10Z",
    "message": "312 tables, 204118 rows",
    "last_good": {
        "time": "2026-11-22T04:38:02Z",
        "set": "6c1f",
        "bytes": 734003200,
        "added_bytes": 1048576,
        "seconds": 190.2,
        "rows": 204118,
    },
}
HIS_DRILL = {
    "version": 1,
    "kind": "drill",
    "asset": "his",
    "host": "drill1",
    "verdict": "pass",
    "message": "proven",
    "last_good": {
        "time": "2026-11-15T07:00:00Z",
        "repository": "offsite",
        "data_age_seconds": 95000,
        "recovery_seconds": 424.0,
        "parts": {"find": 2.1, "fetch": 61.0, "restore": 288.0, "start": 3.9, "prove": 69.0},
        "rungs": [
            {"name": "set whole", "verdict": "pass", "message": "dump, manifest and roles found"},
            {"name": "row counts", "verdict": "pass", "message": "312 tables as in the manifest"},
            {"name": "sequences", "verdict": "pass", "message": "41 at or above the manifest"},
            {"name": "schema digest", "verdict": "pass", "message": "as in the manifest"},
            {"name": "some_patients", "verdict": "pass", "message": "48211, at least 1000"},
            {"name": "newest admission", "verdict": "warn", "message": "25 h old, at most 24 h"},
        ],
    },
}
FLEET: dict[str, Any] = {
    "version": 1,
    "time": NOW,
    "site": {"name": "Hospital São Lucas", "timezone": "America/Sao_Paulo"},
    "verdict": "fail",
    "assets": {
        "his": {
            "host": "his1",
            "owner": "Head of IT",
            "summary": "Hospital information system",
            "rpo_seconds": 93600,
            "rto_seconds": 3600,
            "backup": HIS_BACKUP,
            "copies": {
                "offsite": {
                    "verdict": "pass",
                    "last_good": {
                        "time": "2026-11-20T04:38:00Z",
                        "copied": "2026-11-20T05:20:00Z",
                        "repository": "offsite",
                        "set": "6c1e",
                    },
                }
            },
            "drill_host": "drill1",
            "drill_every_seconds": 2678400,
            "drill": HIS_DRILL,
            "verdict": "pass",
            "message": "",
            "findings": [
                {"about": "backup", "verdict": "pass", "message": "last good backup 9h 26min old; RPO 1d 2h"},
                {"about": "copy offsite", "verdict": "pass", "message": "copied 2d 8h ago, data 2d 9h old"},
                {"about": "drill", "verdict": "pass", "message": "last good drill 7d 7h ago"},
            ],
        },
        "pacs": {
            "host": "pacs1",
            "owner": "Radiology IT",
            "summary": "Picture archive, 4.1 million images",
            "rpo_seconds": 172800,
            "rto_seconds": 28800,
            "backup": {
                "verdict": "fail",
                "message": "backup1:8000 cannot be reached",
                "last_good": {"time": "2026-11-19T23:10:00Z", "bytes": 5497558138880},
            },
            "copies": {
                "offsite": None,
                "removable": {
                    "verdict": "pass",
                    "last_good": {
                        "time": "2026-11-10T23:00:00Z",
                        "copied": "2026-11-11T08:00:00Z",
                        "repository": "removable",
                    },
                },
            },
            "drill_host": "drill1",
            "drill_every_seconds": 2678400,
            "drill": None,
            "verdict": "fail",
            "message": "",
            "findings": [
                {
                    "about": "backup",
                    "verdict": "fail",
                    "message": "last good backup 2d 14h old, older than the RPO of "
                    "2d; latest attempt: fail: backup1:8000 cannot be reached: connection refused",
                },
                {"about": "copy offsite", "verdict": "warn", "message": "none yet, first due 2026-11-30"},
                {"about": "copy removable", "verdict": "pass", "message": "copied 11d 6h ago, data 11d 15h old"},
                {"about": "drill", "verdict": "fail", "message": "never drilled; it was due 2026-11-02"},
            ],
        },
        "laboratory": {
            "host": "lab1",
            "owner": "Laboratory",
            "summary": "Analysers and their results",
            "rpo_seconds": 14400,
            "rto_seconds": 7200,
            "backup": None,
            "copies": {"offsite": None},
            "drill_host": None,
            "drill_every_seconds": None,
            "drill": None,
            "verdict": "unknown",
            "message": "backup: lab1 gave no status",
            "findings": [{"about": "backup", "verdict": "unknown", "message": "lab1 gave no status"}],
        },
    },
    "machines": {
        "his1": {
            "version": 1,
            "host": "his1",
            "seawall": "0.1.0",
            "verdict": "pass",
            "health_time": "2026-11-22T14:00:00Z",
            "ledger": {"lines": 418, "head": "ab" * 32},
            "checks": [
                _check("root_disk", "disk", "pass", "/: 61% free (112 GiB); /: 97% of inodes free"),
                _check("memory", "memory", "pass", "54% of 31.1 GiB available"),
                _check("units", "units", "pass", "postgresql@15-main.service active; no failed units"),
                _check("ups", "ups", "pass", "rack: on mains, charge 100%"),
                _check("backup_age_his", "backup_age", "pass", "last good backup 9h 26min old", asset="his"),
            ],
        },
        "pacs1": {
            "version": 1,
            "host": "pacs1",
            "seawall": "0.1.0",
            "verdict": "fail",
            "health_time": "2026-11-22T14:00:00Z",
            "ledger": {"lines": 203, "head": "cd" * 32},
            "gaps": {
                "gaps": [{"name": "postgresql:5432/trial", "words": "a PostgreSQL database", "size": "214 MiB"}],
                "excused": [
                    {
                        "name": "path:/mnt/pictures",
                        "words": "a network volume (nfs4)",
                        "size": "",
                        "until": "2027-03-31",
                        "reason": "its operator backs it up",
                    }
                ],
            },
            "checks": [
                _check("gaps", "gaps", "warn", "not covered by any asset: postgresql:5432/trial"),
                _check("archive_disk", "disk", "warn", "/srv/archive: 11% free (4.2 TiB)"),
                _check("units", "units", "pass", "orthanc.service active; no failed units"),
                _check("ups", "ups", "fail", "rack: on battery and the battery is low, charge 8%, runtime 3min 20s"),
                _check("memory", "memory", "pass", "38% of 62.6 GiB available"),
                _check("policy", "policy", "warn", "policy differs: run playbooks/site.yml"),
                _check(
                    "backup_age_pacs",
                    "backup_age",
                    "fail",
                    "last good backup 2d 14h old, older than the RPO of "
                    "2d; latest attempt: fail: backup1:8000 cannot be reached: connection refused",
                    asset="pacs",
                ),
            ],
        },
        "backup1": {
            "version": 1,
            "host": "backup1",
            "seawall": "0.1.0",
            "verdict": "unknown",
            "health_time": "2026-11-22T14:00:00Z",
            "ledger": None,
            "checks": [
                _check("backup_disk", "disk", "pass", "/srv/seawall: 44% free (9.3 TiB)"),
                _check("ups", "ups", "unknown", "upsd on 127.0.0.1 cannot be reached: Connection refused"),
            ],
        },
        "drill1": {
            "version": 1,
            "host": "drill1",
            "seawall": "0.1.0",
            "verdict": "pass",
            "health_time": "2026-11-22T14:00:00Z",
            "ledger": {"lines": 31, "head": "ef" * 32},
            "checks": [
                _check("root_disk", "disk", "pass", "/: 72% free (310 GiB)"),
                _check("units", "units", "pass", "no failed units"),
            ],
        },
        "lab1": {"verdict": "unknown", "message": "does not answer: Could not connect (timed out)"},
    },
}
