"""The status of the fleet: what the policy wants, joined with what every machine says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core import clock
from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.ledger import Head
from ops.fleet import duties, inventory
from ops.fleet.ledgers import heads, signers
from ops.fleet.ssh.text import first_line
from ops.interfaces import status_answer
from ops.interfaces.fleet_status import AssetFinding, AssetStatus, FleetStatus, MachineStatus
from ops.interfaces.state import CheckResult, State
from ops.jobs.status import owner_of
from ops.policy import HostPolicy
from ops.policy.compile import document, document_digest

if TYPE_CHECKING:
    from ops.fleet.facts.status import Said
    from ops.fleet.ssh.ask import Answer

LEDGER = "ledger"
NOT_NOTED = (Verdict.FAIL, Verdict.UNKNOWN)
NO_AGENT = "has no agent: there is no command seawall; run playbooks/site.yml"


def collect(path: Path | None) -> FleetStatus:
    """Ask every machine of an inventory; return the status of the fleet."""
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


def _anchored(answer: Answer[Said], anchor: Head | None) -> MachineStatus:
    """Return the status in a machine's answer, with what its ledger said to the head that was seen of it before."""
    if answer.fact is None:
        return _unknown(answer.trouble)
    status = read(answer.fact.status)
    return status if anchor is None else _with(status, LEDGER, heads.judged(answer.fact.ledger, anchor))


def _keys(place: Path, found: Mapping[str, MachineStatus]) -> dict[str, MachineStatus]:
    """Judge the keys that the machines' ledgers are signed with; note the first one of each."""
    told = {host: status.told.ledger.key for host, status in found.items() if status.told and status.told.ledger}
    judged = {host: signers.judged(place, host, key) for host, key in told.items()}
    signers.note(place, told)
    return {
        host: _with(status, LEDGER, finding) if (finding := judged.get(host)) else status
        for host, status in found.items()
    }


def _with(status: MachineStatus, name: str, finding: Finding) -> MachineStatus:
    """Return a status with what the control machine found of that machine; one that told nothing stays as it is."""
    if status.told is None:
        return status
    entry = CheckResult(name=name, kind=name, verdict=finding.verdict, message=finding.message)
    verdict = worst([status.verdict, finding.verdict])
    told = replace(status.told, checks=(*status.told.checks, entry), verdict=verdict)
    return MachineStatus(verdict=verdict, told=told)


def _head(status: MachineStatus) -> Head | None:
    """Return the head that a machine tells; none where its ledger is not to be believed."""
    told = status.told
    if told is None or told.ledger is None:
        return None
    if any(entry.name == LEDGER and entry.verdict in NOT_NOTED for entry in told.checks):
        return None
    try:
        return Head.read(f"{told.ledger.lines} {told.ledger.head}")
    except ValueError:
        return None


def read(said: str) -> MachineStatus:
    """Return the status that a machine said, or why there is none; other programs may have said something before it."""
    lines = [line for line in said.split("\n") if line.strip()]
    answer = next((line for line in lines if line.startswith("{")), "")
    if not answer:
        if any("not found" in line for line in lines):
            return _unknown(NO_AGENT)
        return _unknown(f"answers no status: {first_line(said).removeprefix('seawall status: ')}")
    try:
        told = status_answer.read(answer.encode("utf-8", "replace"), "its answer")
    except Damaged as error:
        hint = f" ({error.hint})" if error.hint else ""
        return _unknown(f"answers no status: {first_line(error.message)}{hint}")
    return MachineStatus(verdict=told.verdict, told=told)


def _unknown(reason: str) -> MachineStatus:
    return MachineStatus(verdict=Verdict.UNKNOWN, message=reason)


def join(policies: Mapping[str, HostPolicy], machines: Mapping[str, MachineStatus]) -> FleetStatus:
    """Given what the policy wants and what each machine said, return the status of the fleet."""
    judged = {host: _judged(status, policies[host]) for host, status in machines.items()}
    assets = {name: _asset(name, host, policies, judged) for host, policy in policies.items() for name in policy.assets}
    site = next(iter(policies.values())).site if policies else None
    now = clock.now()
    asked = duties.join(policies, machines, now)
    return FleetStatus(
        time=clock.iso(now),
        site=site.name if site else "",
        timezone=site.timezone if site else "",
        verdict=worst(
            [
                *(one.verdict for one in judged.values()),
                *(one.verdict for one in assets.values()),
                *(one.verdict for one in asked),
            ]
        ),
        machines=judged,
        assets=assets,
        duties=asked,
    )


def _judged(status: MachineStatus, policy: HostPolicy) -> MachineStatus:
    """Add what only the control machine can see: whether the machine has the policy that stands here."""
    if status.told is None or status.told.policy_digest == document_digest(document(policy)):
        return status
    return _with(status, "policy", Finding(Verdict.WARN, "policy differs: run playbooks/site.yml"))


def _asset(
    name: str, host: str, policies: Mapping[str, HostPolicy], machines: Mapping[str, MachineStatus]
) -> AssetStatus:
    """Join what an asset's own machine and its drill host say of it."""
    asset = policies[host].assets[name]
    own = told.assets.get(name) if (told := machines[host].told) else None
    driller = asset.drill.host if asset.drill else None
    findings = [*_silences(host, driller, machines), *_findings(name, machines)]
    if not findings:
        findings.append(AssetFinding(about="asset", verdict=Verdict.UNKNOWN, message=f"{host} does not know it"))
    findings.sort(key=lambda finding: -finding.verdict.severity)
    loud = [f"{part.about}: {part.message}" for part in findings if part.verdict is not Verdict.PASS]
    return AssetStatus(
        host=host,
        owner=owner_of(policies[host], asset),
        summary=asset.summary,
        rpo_seconds=asset.rpo.seconds,
        rto_seconds=asset.rto.seconds,
        backup=own.backup if own else None,
        copies={copy: own.copies.get(copy) if own else None for copy in asset.copies},
        drill_host=driller,
        drill_every_seconds=asset.drill.every.seconds if asset.drill else None,
        drill=_drill(name, driller, machines),
        verdict=worst(finding.verdict for finding in findings),
        message="; ".join(loud),
        findings=tuple(findings),
    )


def _drill(name: str, driller: str | None, machines: Mapping[str, MachineStatus]) -> State | None:
    """Return what an asset's drill host says of its drill."""
    status = machines.get(driller) if driller else None
    answer = status.told.drills.get(name) if status and status.told else None
    return answer.state if answer else None


def _findings(name: str, machines: Mapping[str, MachineStatus]) -> list[AssetFinding]:
    """Collect every check of every machine that is about an asset."""
    return [
        AssetFinding(
            about=f"copy {entry.copy}" if entry.copy else entry.kind.removesuffix("_age"),
            verdict=entry.verdict,
            message=entry.message,
        )
        for status in machines.values()
        if status.told
        for entry in status.told.checks
        if entry.asset == name
    ]


def _silences(host: str, driller: str | None, machines: Mapping[str, MachineStatus]) -> list[AssetFinding]:
    """What cannot be known of an asset because a machine gave no status."""
    return [
        AssetFinding(about=about, verdict=Verdict.UNKNOWN, message=f"{machine} gave no status")
        for about, machine in (("backup", host), ("drill", driller))
        if machine and (machine not in machines or machines[machine].told is None)
    ]
