"""What a machine answered, understood and judged against what the control machine has seen of it before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ops.core.errors import Damaged
from ops.core.verdict import Finding, Verdict, worst
from ops.evidence.keys import all_listed
from ops.evidence.ledger import Head
from ops.fleet.key_sheet import ids
from ops.fleet.ledgers import heads, signers
from ops.fleet.ssh.text import first_line
from ops.fleet.status import clocks
from ops.interfaces import status_answer
from ops.interfaces.fleet_status import MachineStatus
from ops.interfaces.state import CheckResult

if TYPE_CHECKING:
    from ops.fleet.facts.status import Said
    from ops.fleet.ssh.ask import Answer

LEDGER = "ledger"
KEYS = "keys"
NOT_NOTED = (Verdict.FAIL, Verdict.UNKNOWN)
SEEN_FIRST = "seen for the first time: where it ends was noted as the machine told it"
NO_AGENT = "has no agent: there is no command seawall; run playbooks/site.yml"


def anchored(answer: Answer[Said], anchor: Head | None) -> MachineStatus:
    """Return the status in a machine's answer, with what its ledger said to the head that was seen of it before."""
    if answer.fact is None:
        return _unknown(answer.trouble)
    status = clocks.compared(read(answer.fact.status), answer.asked, answer.answered)
    if anchor is None:
        return status
    return with_finding(status, LEDGER, _held(heads.judged(answer.fact.ledger, anchor), status, anchor))


def _held(finding: Finding, status: MachineStatus, anchor: Head) -> Finding:
    """Return what a ledger said to a head that was seen before; none that ends before that head still holds it."""
    told = status.told.ledger if status.told else None
    if finding.verdict is not Verdict.PASS or (told and told.lines > anchor.n):
        return finding
    if told and (told.lines, told.head) == (anchor.n, anchor.sha256):
        return finding
    end = f"ends with record {told.lines}" if told else "has no end"
    return Finding(Verdict.FAIL, f"says that its ledger holds record {anchor.n}, seen before, but shows one that {end}")


def keys(place: Path, found: Mapping[str, MachineStatus]) -> dict[str, MachineStatus]:
    """Judge the keys that the machines' ledgers are signed with; note the first one of each."""
    told = {host: status.told.ledger.key for host, status in found.items() if status.told and status.told.ledger}
    known = all_listed(place)
    judged = {host: signers.judged(place, host, key, known.get(host, [])) for host, key in told.items()}
    fresh = signers.note(place, told)
    seen = {host: signers.as_told(Finding(Verdict.PASS, SEEN_FIRST), key) for host, key in fresh.items()}
    return {
        host: with_finding(status, LEDGER, finding) if (finding := judged.get(host) or seen.get(host)) else status
        for host, status in found.items()
    }


def key_ids(place: Path, found: Mapping[str, MachineStatus]) -> dict[str, MachineStatus]:
    """Judge with which keys the machines open their repositories; note the first one of each."""
    known = ids.read(place)
    told = {host: status.told.keys for host, status in found.items() if status.told}
    judged = {host: ids.judged(known.get(host, {}), keys, place.name) for host, keys in told.items()}
    ids.note(place, known, told)
    return {
        host: with_finding(status, KEYS, finding) if (finding := judged.get(host)) else status
        for host, status in found.items()
    }


def with_finding(status: MachineStatus, name: str, finding: Finding) -> MachineStatus:
    """Return a status with what the control machine found of that machine; one that told nothing stays as it is."""
    if status.told is None:
        return status
    entry = CheckResult(name=name, kind=name, verdict=finding.verdict, message=finding.message)
    verdict = worst([status.verdict, finding.verdict])
    told = replace(status.told, checks=(*status.told.checks, entry), verdict=verdict)
    return MachineStatus(verdict=verdict, told=told)


def head(status: MachineStatus) -> Head | None:
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
    verdict = worst([told.verdict, *(check.verdict for check in told.checks)])  # whatever it calls itself
    return MachineStatus(verdict=verdict, told=replace(told, verdict=verdict))


def _unknown(reason: str) -> MachineStatus:
    return MachineStatus(verdict=Verdict.UNKNOWN, message=reason)
