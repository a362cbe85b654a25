"""A site that conforms to all five packs, as facts: every check passes, every act was done, every duty attested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from ops.core import clock, kinds
from ops.core.schema import decode
from ops.core.verdict import Verdict
from ops.evidence.completeness import Completed
from ops.fleet.conformity import load
from ops.fleet.conformity.facts import (
    Facts,
    HostCheck,
    HostChecks,
    IncidentFacts,
    KnownIncident,
    Last,
    LedgerFacts,
    Seen,
    Word,
)
from ops.fleet.conformity.gather import digest
from ops.fleet.conformity.judge import UsedPack
from ops.fleet.conformity.pack import Pack, subjects
from ops.fleet.inventory import Inventory
from ops.interfaces.conformity import Proof
from ops.jobs.ledger.coverage import held
from ops.policy import HostPolicy
from ops.policy.model import CheckSpec
from ops.policy.packs import BoundDocument, ClauseUse, PackUse

NOW = clock.parse("2026-10-31T12:00:00Z")
SINCE = NOW - timedelta(days=31)
DAY = timedelta(days=1)
SITE = yaml.safe_load("""
version: 1
site: {name: Test hospital, timezone: America/Sao_Paulo}
contacts:
  it_head: {name: Head of IT, phone: "+351 1", mail: it@hospital.example, deputy: dba}
  dba: {name: DBA, phone: "+351 2"}
repositories:
  primary: {kind: rest_server, place: primary, host: backup1}
  offsite: {kind: rest_server, place: offsite, host: offsite1}
  second: {kind: local, place: local, options: {path: /srv/backup}}
  disks:
    kind: removable
    place: removable
    options: {path: /srv/disks, calendar: "day 20, last day", disks: {red: {serial: A1}, blue: {serial: B2}}}
control: {owner: it_head, repository: offsite, rpo: 8d, rto: 4h, retention: {all: 60d}}
hardening: {accounts: {}, ssh: {}}
alarms:
  on_call: [{who: it_head}]
  channels: {sms: {kind: command, options: {argv: [/usr/local/bin/sms]}}}
  fault_classes:
    class_1: {limits: [{after: 30min, what: billing works on its own}, {after: 3h, what: all by hand}]}
  rules: [{checks: ["*"], fault_class: class_1, vendor: dba}]
""")
HIS = yaml.safe_load("""
owner: it_head
summary: Hospital information system
without: After 30 minutes on paper
sources: {database: {kind: postgresql, options: {database: his}}}
repository: primary
schedule: "*-*-* 01:30:00"
rpo: 26h
rto: 1h
retention: {all: 14d, yearly: 31y}
copies:
  offsite: {to: offsite, calendar: "*-*-* 05:00:00"}
  second: {to: second, calendar: "*-*-* 06:00:00"}
  disks: {to: disks, calendar: "day 20, last day"}
drill:
  host: drill1
  every: 31d
  expectations: {patients: {sql: select count(*) from patients, at_least: 1}}
  oldest: {calendar: "*-*-15 05:00:00", removed: {donors: {sql: select id from donors}}}
""")
HOSTS = ("his1", "backup1", "offsite1", "drill1")


def own_pack(demand: str, controls: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pack of a site's own, as its file has it: one clause that a machine decides by these controls."""
    clause = {"kind": "M", "demand": demand, "original": demand, "controls": dict(controls)}
    told = {"version": 1, "title": "Ours", "source": "Test hospital", "language": "en", "complete": True}
    return {**told, "clauses": {"1": clause}}


def packs(uses: Mapping[str, PackUse] | None = None) -> list[UsedPack]:
    """The five packs as they are shipped, each bound to a document that is valid."""
    found = []
    for name in load.shipped():
        pack = load.read(load.SHIPPED / f"{name}.yml", problems := [])
        assert pack is not None
        assert problems == []
        use = (uses or {}).get(name) or PackUse(document=bound(pack))
        found.append(UsedPack(name, pack, use))
    return found


def bound(pack: Pack, **other: Any) -> BoundDocument:
    """A document as a site binds it."""
    told = {"sha256": "a" * 64, "code": pack.code or "X-1", "revision": pack.revision or "1", "approver": "Director"}
    told |= {"approved": "2026-01-01", "valid_until": "2027-01-01", **other}

    return decode(BoundDocument, told, "document")


def policies(**asset: Any) -> dict[str, HostPolicy]:
    """The policy of the site, as an inventory gives it, with a check of every kind on the server."""
    duties = {name: {**duty, "who": "it_head"} for name, duty in load.duties(packs(), {}).items()}
    site = {**SITE, "duties": duties}
    variables: dict[str, Any] = {host: {"policy__all": site} for host in HOSTS}
    variables["his1"]["policy__host"] = {"assets": {"his": {**HIS, **asset}}}
    groups = {"all": HOSTS, "servers": ("his1",), "postgresql_hosts": ("his1",), "drill_hosts": ("drill1",)}
    groups["backup_hosts"] = ("backup1", "offsite1")
    made = Inventory(Path(), variables, groups).policies()
    every = {kind: CheckSpec(kind) for kind in kinds.kinds("ops.health")}
    return {**made, "his1": replace(made["his1"], checks={**every, **made["his1"].checks})}


def facts(of: Mapping[str, HostPolicy] | None = None, **changes: Any) -> Facts:
    """All facts of the site; changes: other values of them."""
    of = of or policies()
    made = Facts(
        at=NOW,
        since=SINCE,
        until=NOW,
        policies=of,
        policy_sha256=digest(of),
        ledgers={host: ledger(policy) for host, policy in of.items()},
        host_checks=HostChecks(
            NOW - DAY, "b" * 64, [host_check(subject, host) for subject in subjects() for host in of]
        ),
        incidents=IncidentFacts(trouble="", head=proof("incident-closed", "control"), incidents=[incident()]),
    )
    return replace(made, **changes)


def incident(number: int = 3, opened: timedelta = 5 * DAY, after: timedelta = DAY / 48) -> KnownIncident:
    """One that was opened so long ago, so long after its discovery, and closed a day later."""
    proofs = tuple(proof(act, "control", opened) for act in ("incident-opened", "incident-closed"))
    at = NOW - opened
    return KnownIncident(number, frozenset({"his"}), at - after, at, DAY / 24, at + DAY, proofs)


def host_check(subject: str, host: str = "his1", verdict: Verdict = Verdict.PASS) -> HostCheck:
    return HostCheck(host, subject, f"what the policy wants of {subject}", "", verdict, "")


def proof(what: str, host: str, ago: timedelta = DAY) -> Proof:
    return Proof(what=what, host=host, sha256="c" * 64, n=7, when=clock.iso(NOW - ago), message="good")


def ledger(policy: HostPolicy, missed: frozenset[tuple[str, str]] = frozenset()) -> LedgerFacts:
    """The ledger of a machine that did all that it had to; missed: acts and where they go that it never did."""
    host = policy.host
    checks = {name: Seen(Verdict.PASS, "2026-10-01T00:00:00Z", proof("check", host)) for name in policy.checks}
    acts, done = {}, []
    for act, asset, to, calendar in _due(policy):
        if (act, to) in missed:
            continue
        acts[(act, asset, to if act == "copy" else "")] = Last(proof(act, host), Verdict.PASS, proof(act, host))
        moments = [moment for moment in calendar.after(SINCE - DAY, 64) if moment <= NOW]
        done += [Completed(act, asset, to, moment, good=True) for moment in moments]
    for name in ("disc", "disc-read", "recall", "roll-back-drill"):
        acts[(name, "his", "")] = Last(proof(name, host), Verdict.PASS, proof(name, host))
    last = NOW - timedelta(hours=1)
    return LedgerFacts(
        head=proof("check", host, timedelta(hours=1)),
        checks=checks,
        acts=acts,
        words={name: [Word("ana", NOW - DAY, proof("attestation", host), shown=True)] for name in policy.site_duties},
        tallies=held(policy, last, (None, None), sorted(done, key=lambda one: one.began)).tallies,
    )


def _due(policy: HostPolicy) -> list[tuple[str, str, str, Any]]:
    found = []
    for name, asset in policy.assets.items():
        found.append(("backup", name, asset.repository, asset.schedule))
        found += [("copy", name, copy.to, copy.calendar) for copy in asset.copies.values()]
    for name, drilled in policy.drills.items():
        if drill := drilled.asset.drill:
            found.append(("drill", name, "", drill.calendar))
            found += [("oldest", name, "", drill.oldest.calendar)] if drill.oldest else []
    return found


def excusing(number: str, **excuse: str) -> PackUse:
    """A use of a pack that excuses a clause."""

    told = {"reason": "the disks are ordered", "owner": "it_head", "approver": "dba", "until": "2026-12-31", **excuse}
    return PackUse(clauses={number: decode(ClauseUse, {"excuse": told}, "clause")})
