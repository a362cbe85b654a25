"""A hospital with fifty assets, as the control machine joins it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ops.core import clock
from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import (
    AssetFinding,
    AssetStatus,
    Before,
    Due,
    DutyStatus,
    FleetStatus,
    MachineStatus,
    Person,
    Room,
)
from ops.interfaces.outcome import BackupFacts, CopyFacts, DrillFacts, Rung
from ops.interfaces.state import ActState, CheckResult
from ops.interfaces.status_answer import LedgerEnd, StatusAnswer

NOW = datetime.fromisoformat("2026-11-22T14:05:00+00:00")
_NAMES = (
    "his lis pacs ris pharmacy billing agenda documents wards theatres icu_monitors blood_bank pathology microbiology "
    "radiotherapy dialysis cardiology endoscopy maternity emergency triage archive_letters archive_images dictation "
    "referrals laboratory_devices ecg spirometry telephone directory mail intranet website payroll personnel rosters "
    "accounts purchasing stores kitchen laundry sterilisation maintenance access_cards cameras network_settings "
    "firewall certificates monitoring tickets"
)
NAMES = tuple(_NAMES.split())
OWNER = Person(
    name="Head of IT", phone="+351 239 000 101", deputy="Database administrator", deputy_phone="+351 239 000 102"
)


DUTY = DutyStatus(
    name="fire_doors",
    host="",
    what="Open and close each fire door of the server room",
    who="Facility manager",
    standing="later",
    verdict=Verdict.PASS,
    phone="+351 239 000 103",
    due="2027-02-20",
    done="2026-11-20T18:00:00Z",
    by="ana",
    on="docs1",
)


def ago(**span: float) -> str:
    return clock.iso(NOW - timedelta(**span))


def healthy() -> FleetStatus:
    """Return fifty assets of which each is as it should be."""
    hosts = [f"srv{number:02}" for number in range(1, 11)]
    machines = {host: _machine(host) for host in (*hosts, "backup1", "drill1")}
    return FleetStatus(
        time=clock.iso(NOW),
        site="Hospital São Lucas",
        timezone="America/Sao_Paulo",
        verdict=Verdict.PASS,
        machines=machines,
        assets={name: _asset(number, name, hosts[number % 10]) for number, name in enumerate(NAMES)},
        due=_due(),
        rooms=(
            Room(
                host="backup1",
                path="/srv/seawall",
                free_bytes=9_300 << 30,
                days=64,
                bytes_per_day=12 << 30,
                full=clock.iso(NOW + timedelta(days=775)),
            ),
        ),
        before=Before(
            time=ago(hours=23),
            assets=dict.fromkeys(NAMES, Verdict.PASS),
            machines=dict.fromkeys(machines, Verdict.PASS),
        ),
    )


def troubled() -> FleetStatus:
    """Return the same with what goes wrong in a year: a copy late, a drill that failed, a machine that is silent."""
    status = healthy()
    assets, machines = dict(status.assets), dict(status.machines)
    assets["his"] = _with(
        replace(assets["his"], copies={"offsite": _copy("his", days=11)}),
        AssetFinding(about="copy offsite", verdict=Verdict.FAIL, message="copied 11d ago, late: it was due 2026-11-20"),
    )
    assets["pacs"] = _with(
        replace(
            assets["pacs"],
            drill=replace(assets["pacs"].drill, verdict=Verdict.FAIL, message="sequences: 3 below the manifest"),
        ),
        AssetFinding(
            about="drill",
            verdict=Verdict.FAIL,
            message="latest drill: fail: sequences: 3 below the manifest; last good drill 9d ago",
        ),
    )
    assets["agenda"] = replace(assets["agenda"], away=(), copies={})
    assets["kitchen"] = replace(assets["kitchen"], drill=None, drill_host=None, away=(), copies={})
    assets["laundry"] = _with(
        replace(assets["laundry"], copies={"offsite": None}),
        AssetFinding(about="copy offsite", verdict=Verdict.WARN, message="none yet, first due 2026-11-30"),
    )
    message = "does not answer: Could not connect (timed out)"
    machines["srv07"] = MachineStatus(verdict=Verdict.UNKNOWN, message=message)
    return replace(
        status,
        verdict=Verdict.FAIL,
        assets=assets,
        machines=machines,
        duties=(DUTY, replace(DUTY, name="ups", standing="overdue", verdict=Verdict.WARN, due="2026-11-10")),
        rooms=(
            replace(status.rooms[0], free_bytes=410 << 30, full=clock.iso(NOW + timedelta(days=34))),
            Room(host="offsite1", path="/srv/seawall", free_bytes=2 << 40, days=3),
        ),
    )


def _with(asset: AssetStatus, finding: AssetFinding) -> AssetStatus:
    findings = (finding, *(one for one in asset.findings if one.about != finding.about))
    return replace(asset, findings=findings, verdict=finding.verdict)


def _machine(host: str) -> MachineStatus:
    checks = (
        CheckResult(name="root_disk", kind="disk", verdict=Verdict.PASS, message="/: 61% free (112 GiB)"),
        CheckResult(name="memory", kind="memory", verdict=Verdict.PASS, message="54% of 31.1 GiB available"),
        CheckResult(name="units", kind="units", verdict=Verdict.PASS, message="ssh.service active; no failed units"),
        CheckResult(name="ups", kind="ups", verdict=Verdict.PASS, message="rack: on mains, charge 100%"),
    )
    told = StatusAnswer(
        host=host,
        time=clock.iso(NOW),
        seawall="0.1.0",
        policy_digest="",
        verdict=Verdict.PASS,
        checks=checks,
        health_time=ago(minutes=4),
        ledger=LedgerEnd(lines=418, head="ab" * 32),
    )
    return MachineStatus(verdict=Verdict.PASS, told=told)


def _asset(number: int, name: str, host: str) -> AssetStatus:
    database = number % 3 != 2
    backup = BackupFacts(
        time=ago(hours=9, minutes=number),
        repository="primary",
        bytes=(number + 1) * 734_003_200,
        rows=number * 41_118 if database else 0,
        files=0 if database else 12_124,
    )
    return AssetStatus(
        host=host,
        owner=OWNER.name,
        summary=f"{name.replace('_', ' ').capitalize()} of all departments",
        rpo_seconds=93_600,
        rto_seconds=3_600 * (1 + number % 8),
        verdict=Verdict.PASS,
        backup=ActState(kind="backup", verdict=Verdict.PASS, finished=ago(hours=8), last_good=backup),
        copies={"offsite": _copy(name, hours=8)},
        repository="primary",
        copies_to={"offsite": "offsite"},
        drill_host="drill1",
        drill_every_seconds=2_678_400,
        drill=_drill(number),
        findings=tuple(
            AssetFinding(about=about, verdict=Verdict.PASS, message="as it should be")
            for about in ("backup", "copy offsite", "drill")
        ),
        away=("offsite",),
        person=OWNER,
    )


def _copy(name: str, **span: float) -> ActState:
    facts = CopyFacts(time=ago(**span), copied=ago(**span), repository="offsite")
    return ActState(kind="copy", verdict=Verdict.PASS, asset=name, finished=ago(**span), last_good=facts)


def _drill(number: int) -> ActState:
    rungs = [
        Rung(name=name, verdict=Verdict.PASS, message="as in the manifest")
        for name in ("archive", "structure", "roles", "extensions", "volume", "sequences", "rto", "rpo")
    ]
    facts = DrillFacts(
        time=ago(days=1 + number % 28),
        repository="offsite",
        data_age_seconds=95_000,
        recovery_seconds=64.0 + 61 * number,
        parts={"find": 2.1, "fetch": 21.0, "restore": 38.0 + 50 * number, "start": 3.9, "prove": 11.0 * number},
        rungs=tuple(rungs),
    )
    return ActState(kind="drill", verdict=Verdict.PASS, finished=ago(days=1 + number % 28), last_good=facts)


def _due() -> tuple[Due, ...]:
    acts = [Due(kind="backup", what=name, when=ago(hours=-12), who="srv01") for name in NAMES]
    acts += [Due(kind="copy", what=f"{name} to offsite", when=ago(days=-8), who="srv01") for name in NAMES]
    acts += [
        Due(kind="drill", what=name, when=ago(days=-number % 7 - 7), who="drill1") for number, name in enumerate(NAMES)
    ]
    return tuple(sorted(acts, key=lambda one: (one.when, one.kind, one.what)))
