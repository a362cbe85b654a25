"""What the policy wants, joined with what every machine says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ops.core import clock
from ops.core.verdict import Finding, Verdict, worst
from ops.fleet.status import clocks, duties
from ops.fleet.status.answer import with_finding
from ops.fleet.status.crowded import NAME as SPREAD
from ops.fleet.status.crowded import crowded
from ops.interfaces.fleet_status import AssetFinding, AssetStatus, FleetStatus, MachineStatus, Person
from ops.interfaces.joined import OLDEST
from ops.interfaces.state import State
from ops.interfaces.status_answer import StatusAnswer
from ops.jobs.status import owner_of
from ops.policy import HostPolicy
from ops.policy.compile import document, document_digest
from ops.policy.model import AWAY, Asset

BACKUP, DRILL = "backup", "drill"
MOST_NAMED = 5


def join(
    policies: Mapping[str, HostPolicy],
    machines: Mapping[str, MachineStatus],
    handed: Mapping[str, datetime] | None = None,
) -> FleetStatus:
    """Given what the policy wants and what each machine said, return the status of the fleet.

    handed: when those machines said it that were not asked just now.
    """
    now, handed = clock.now(), handed or {}
    judged = {
        host: _judged(clocks.judged_anew(status, policies[host], now, handed.get(host)), policies[host])
        for host, status in machines.items()
    }
    for keeper, finding in crowded(policies, judged).items():
        if keeper in judged:
            judged[keeper] = with_finding(judged[keeper], SPREAD, finding)
    assets = {name: _asset(name, host, policies, judged) for host, policy in policies.items() for name in policy.assets}
    site = next(iter(policies.values())).site if policies else None
    asked = duties.join(policies, machines, now)
    return FleetStatus(
        time=clock.iso(now),
        site=site.name if site else "",
        timezone=site.timezone if site else "",
        language=site.language if site else "",
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
    """Add what only the control machine can see: whether the machine has the policy that stands here, and obeys it."""
    if status.told is None:
        return status
    if status.told.policy_digest != document_digest(document(policy)):
        return with_finding(status, "policy", Finding(Verdict.WARN, "policy differs: run playbooks/site.yml"))
    silent = sorted(set(policy.checks) - {check.name for check in status.told.checks})
    if silent and status.verdict in {Verdict.PASS, Verdict.WARN}:  # else it says itself why nothing is known
        more = f" and {len(silent) - MOST_NAMED} more" if len(silent) > MOST_NAMED else ""
        words = f"says nothing of checks that its policy has: {', '.join(silent[:MOST_NAMED])}{more}"
        return with_finding(status, "policy", Finding(Verdict.UNKNOWN, words))
    return status


def _asset(
    name: str, host: str, policies: Mapping[str, HostPolicy], machines: Mapping[str, MachineStatus]
) -> AssetStatus:
    """Join what an asset's own machine and its drill host say of it."""
    asset = policies[host].assets[name]
    own = told.assets.get(name) if (told := machines[host].told) else None
    driller = asset.drill.host if asset.drill else None
    findings = sorted(_findings(name, host, asset, machines), key=lambda finding: -finding.verdict.severity)
    loud = [f"{part.about}: {part.message}" for part in findings if part.verdict is not Verdict.PASS]
    return AssetStatus(
        host=host,
        owner=owner_of(policies[host], asset),
        summary=asset.summary,
        rpo_seconds=asset.rpo.seconds,
        rto_seconds=asset.rto.seconds,
        backup=own.backup if own else None,
        copies={copy: own.copies.get(copy) if own else None for copy in asset.copies},
        repository=asset.repository,
        copies_to={name: copy.to for name, copy in asset.copies.items()},
        drill_host=driller,
        drill_every_seconds=asset.drill.every.seconds if asset.drill else None,
        drill=_drill(name, driller, machines),
        verdict=worst(finding.verdict for finding in findings),
        message="; ".join(loud),
        findings=tuple(findings),
        away=tuple(name for name, copy in asset.copies.items() if _away(policies[host], copy.to)),
        backup_away=_away(policies[host], asset.repository),
        person=_person(policies[host], asset),
        log=own.log if own else None,
    )


def _away(policy: HostPolicy, repository: str) -> bool:
    return policy.repositories[repository].place in AWAY


def _person(policy: HostPolicy, asset: Asset) -> Person:
    """Return who answers for an asset, and who stands in for them."""
    owner = policy.contacts.get(asset.owner)
    deputy = policy.contacts.get(owner.deputy) if owner and owner.deputy else None
    return Person(
        name=owner_of(policy, asset),
        phone=owner.phone if owner else "",
        deputy=deputy.name if deputy else "",
        deputy_phone=deputy.phone if deputy else "",
    )


def _drill(name: str, driller: str | None, machines: Mapping[str, MachineStatus]) -> State | None:
    """Return what an asset's drill host says of its drill."""
    status = machines.get(driller) if driller else None
    answer = status.told.drills.get(name) if status and status.told else None
    return answer.state if answer else None


def _findings(name: str, host: str, asset: Asset, machines: Mapping[str, MachineStatus]) -> Iterator[AssetFinding]:
    """Yield what is seen of an asset: of its drill on its drill host, of all else on its own; others can't know it."""
    acts = [BACKUP, *(f"copy {copy}" for copy in asset.copies)]
    own = _told(machines.get(host))
    seen = [one for one in _about(name, own) if one.about not in {DRILL, OLDEST}]
    yield from seen
    if own is None:
        yield _unknown(BACKUP, f"{host} gave no status")
    elif missing := [act for act in acts if act not in {one.about for one in seen}]:
        yield from (_unknown(act, f"{host} does not know it") for act in (missing if seen else ["asset"]))
    if asset.drill:
        wanted = (DRILL, OLDEST) if asset.drill.oldest else (DRILL,)
        yield from _of_drill(name, asset.drill.host, _told(machines.get(asset.drill.host)), wanted)


def _of_drill(name: str, driller: str, told: StatusAnswer | None, wanted: Sequence[str]) -> Iterator[AssetFinding]:
    seen = [one for one in _about(name, told) if one.about in wanted]
    yield from seen
    for about in wanted:
        if about not in {one.about for one in seen}:
            yield _unknown(about, f"{driller} gave no status" if told is None else f"{driller} does not know it")


def _told(status: MachineStatus | None) -> StatusAnswer | None:
    return status.told if status else None


def _about(name: str, told: StatusAnswer | None) -> Iterator[AssetFinding]:
    """Yield every check that a machine made of an asset."""
    for entry in told.checks if told else ():
        if entry.asset == name:
            about = f"copy {entry.copy}" if entry.copy else entry.kind.removesuffix("_age")
            if entry.kind == "drill_age" and entry.copy:
                about = OLDEST
            yield AssetFinding(about=about, verdict=entry.verdict, message=entry.message)


def _unknown(about: str, message: str) -> AssetFinding:
    return AssetFinding(about=about, verdict=Verdict.UNKNOWN, message=message)
