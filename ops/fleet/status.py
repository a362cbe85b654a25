"""The status of the fleet: what the policy wants, joined with what every machine says of itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops.core import clock
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.ledger import Head
from ops.fleet import inventory
from ops.fleet.ledgers import heads, signers
from ops.fleet.ssh.text import first_line
from ops.jobs.status import VERSION, describe
from ops.policy import HostPolicy
from ops.policy.compile import document, document_digest

if TYPE_CHECKING:
    from ops.fleet.facts.status import Said
    from ops.fleet.ssh.ask import Answer

LEDGER = "ledger"
NOT_NOTED = (Verdict.FAIL, Verdict.UNKNOWN)
NO_AGENT = "has no agent: there is no command seawall; run playbooks/site.yml"

Plain = dict[str, Any]


def collect(path: Path | None) -> Plain:
    """Ask every machine of an inventory; return the status of the fleet as plain data."""
    machines = inventory.read(path)
    policies = machines.policies()
    place = heads.place(machines.path)
    seen = heads.read(place)
    anchors = {host: heads.newest(seen, host) for host in machines.variables}
    answers = _ask(machines, anchors)
    found = {host: _anchored(answer, anchors[host]) for host, answer in answers.items()}
    heads.note(place, seen, {host: head for host, status in found.items() if (head := _head(status))})
    found = _keys(signers.place(machines.path), found)
    return join(policies, found)


def _ask(machines: inventory.Inventory, anchors: Mapping[str, Head | None]) -> dict[str, Answer[Said]]:
    """Ask every machine for its status, and for its ledger where a head of it is known: one command for each."""
    from ops.fleet.facts.status import Status
    from ops.fleet.ssh.ask import ask

    known = {host: {"head": str(anchor).strip()} for host, anchor in anchors.items() if anchor}
    return ask(machines, Status, known)


def _anchored(answer: Answer[Said], anchor: Head | None) -> Plain:
    """Return the status in a machine's answer, with what its ledger said to the head that was seen of it before."""
    if answer.fact is None:
        return _unknown(answer.trouble)
    status = read(answer.fact.status)
    if anchor is None or "checks" not in status:
        return status
    return _with(status, heads.judged(answer.fact.ledger, anchor))


def _keys(place: Path, found: Mapping[str, Plain]) -> dict[str, Plain]:
    """Judge the keys that the machines' ledgers are signed with; note the first one of each."""
    told = {host: str((status.get("ledger") or {}).get("key", "")) for host, status in found.items()}
    judged = {host: signers.judged(place, host, told[host]) for host in found if found[host].get("ledger")}
    signers.note(place, told)
    return {host: _with(status, finding) if (finding := judged.get(host)) else status for host, status in found.items()}


def _with(status: Plain, finding: Finding) -> Plain:
    """Return a status with what was found of its machine's ledger."""
    entry = _entry(LEDGER, LEDGER, finding.verdict, finding.message)
    verdict = worst([Verdict(status["verdict"]), finding.verdict])
    return {**status, "checks": [*status["checks"], entry], "verdict": verdict.value}


def _head(status: Plain) -> Head | None:
    """Return the head that a machine tells; none where its ledger is not to be believed."""
    told = status.get("ledger")
    if not told or any(entry["name"] == LEDGER and entry["verdict"] in NOT_NOTED for entry in status["checks"]):
        return None
    try:
        return Head.read(f"{told['lines']} {told['head']}")
    except (ValueError, KeyError, TypeError):
        return None


def read(said: str) -> Plain:
    """Return the status that a machine said, or why there is none; other programs may have said something before it."""
    lines = [line for line in said.splitlines() if line.strip()]
    try:
        status = dict(json.loads(next((line for line in lines if line.startswith("{")), "")))
        Verdict(status["verdict"])
        for entry in status["checks"]:
            Verdict(entry["verdict"])
            str(entry["name"] + entry["kind"] + entry["message"])
        if status["version"] != VERSION:
            return _unknown(f"speaks version {status['version']} of the status, not {VERSION}")
    except (ValueError, KeyError, TypeError, RecursionError):
        if any("not found" in line for line in lines):
            return _unknown(NO_AGENT)
        return _unknown(f"answers no status: {first_line(said).removeprefix('seawall status: ')}")
    return status


def _unknown(reason: str) -> Plain:
    return {"verdict": Verdict.UNKNOWN.value, "message": reason}


def join(policies: Mapping[str, HostPolicy], machines: Mapping[str, Plain]) -> Plain:
    """Given what the policy wants and what each machine said, return the status of the fleet."""
    judged = {host: _judged(status, policies[host]) for host, status in machines.items()}
    assets = {name: _asset(name, host, policies, judged) for host, policy in policies.items() for name in policy.assets}
    verdicts = [Verdict(part["verdict"]) for part in (*judged.values(), *assets.values())]
    site = next(iter(policies.values())).site if policies else None
    return {
        "version": VERSION,
        "time": clock.iso(clock.now()),
        "site": {"name": site.name, "timezone": site.timezone} if site else {},
        "verdict": worst(verdicts).value,
        "machines": judged,
        "assets": assets,
    }


def _judged(status: Plain, policy: HostPolicy) -> Plain:
    """Add what only the control machine can see: whether the machine has the policy that stands here."""
    if "checks" not in status or status.get("policy_digest") == document_digest(document(policy)):
        return status
    drift = _entry("policy", "policy", Verdict.WARN, "policy differs: run playbooks/site.yml")
    verdict = worst([Verdict(status["verdict"]), Verdict.WARN])
    return {**status, "checks": [*status["checks"], drift], "verdict": verdict.value}


def _asset(name: str, host: str, policies: Mapping[str, HostPolicy], machines: Mapping[str, Plain]) -> Plain:
    """Join what an asset's own machine and its drill host say of it."""
    asset = policies[host].assets[name]
    own = machines[host].get("assets", {}).get(name) or {}
    driller = asset.drill.host if asset.drill else None
    drill = machines.get(driller, {}).get("drills", {}).get(name) or {} if driller else {}
    findings = [*_silences(host, driller, machines), *_findings(name, machines)]
    if not findings:
        findings.append({"about": "asset", "verdict": Verdict.UNKNOWN.value, "message": f"{host} does not know it"})
    findings.sort(key=lambda finding: -Verdict(finding["verdict"]).severity)
    verdict = worst(Verdict(finding["verdict"]) for finding in findings)
    loud = [f"{part['about']}: {part['message']}" for part in findings if part["verdict"] != Verdict.PASS]
    return {
        "host": host,
        **describe(policies[host], asset),
        "backup": own.get("backup"),
        "copies": {copy: (own.get("copies") or {}).get(copy) for copy in asset.copies},
        "drill_host": driller,
        "drill_every_seconds": asset.drill.every.seconds if asset.drill else None,
        "drill": drill.get("state"),
        "verdict": verdict.value,
        "message": "; ".join(loud),
        "findings": findings,
    }


def _findings(name: str, machines: Mapping[str, Plain]) -> list[Plain]:
    """Collect every check of every machine that is about an asset."""
    return [
        {
            "about": f"copy {entry['copy']}" if entry.get("copy") else entry["kind"].removesuffix("_age"),
            "verdict": entry["verdict"],
            "message": entry["message"],
        }
        for status in machines.values()
        for entry in status.get("checks", [])
        if entry.get("asset") == name
    ]


def _silences(host: str, driller: str | None, machines: Mapping[str, Plain]) -> list[Plain]:
    """What cannot be known of an asset because a machine gave no status."""
    silent = []
    for about, machine in (("backup", host), ("drill", driller)):
        if machine and "checks" not in machines.get(machine, {}):
            silent.append({"about": about, "verdict": Verdict.UNKNOWN.value, "message": f"{machine} gave no status"})
    return silent


def _entry(name: str, kind: str, verdict: Verdict, message: str) -> Plain:
    return {"name": name, "kind": kind, "verdict": verdict.value, "message": message, "figures": {}}
