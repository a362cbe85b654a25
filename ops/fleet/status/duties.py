"""How the duties of a site stand: what the policy asks of people, joined with what every machine's ledger attests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ops.core import clock
from ops.core.verdict import Verdict
from ops.fleet.status.answer import LEDGER, NOT_NOTED
from ops.interfaces.fleet_status import DutyStatus, MachineStatus
from ops.interfaces.status_answer import Attested, StatusAnswer
from ops.policy import HostPolicy
from ops.policy.duty import EARLIEST, Duty, Standing, judge

Machines = Mapping[str, MachineStatus]


def join(policies: Mapping[str, HostPolicy], machines: Machines, now: datetime) -> tuple[DutyStatus, ...]:
    """Return how every duty stands, given what each machine told; those of the site come first.

    A duty of the site may be attested on any machine, one of a machine only there. Only a record in a signed ledger
    counts, of which nothing says that it was tampered with. A duty that looks overdue while such a machine tells
    nothing, or nothing to be believed, is unknown: it may have been attested there.
    """
    site = next(iter(policies.values()), None)
    asked = [_status(site, name, "", machines, now) for name in site.site_duties] if site else []
    own = [_status(policy, name, host, machines, now) for host, policy in policies.items() for name in policy.duties]
    return (*asked, *own)


def _status(policy: HostPolicy, name: str, host: str, machines: Machines, now: datetime) -> DutyStatus:
    """Return how a duty stands. host: whose it is; empty for one of the site."""
    duty = policy.duties[name] if host else policy.site_duties[name]
    contact = policy.contacts[duty.who]
    status = DutyStatus(
        name=name,
        host=host,
        what=duty.what,
        who=contact.name,
        phone=contact.phone,
        standing=Standing.UNKNOWN.value,
        verdict=Verdict.UNKNOWN,
        until=str(duty.until or ""),
    )
    try:
        return _judged(status, duty, {host: machines[host]} if host else machines, now, policy.site.timezone)
    except Exception as error:  # noqa: BLE001 -- one duty that can't be judged must not take the others' status away
        return replace(status, message=f"can't be judged: {str(error) or type(error).__name__}")


def _judged(status: DutyStatus, duty: Duty, machines: Machines, now: datetime, zone: str) -> DutyStatus:
    """Add how a duty stands. machines: on which it may have been attested."""
    host, attested = _newest(status.name, machines, now) or ("", None)
    due = judge(duty, clock.parse(attested.when) if attested else None, now, zone)
    silences = [] if due.verdict is Verdict.PASS else _silences(status.name, machines, now)
    return replace(
        status,
        standing=due.standing.value,
        verdict=Verdict.UNKNOWN if silences else due.verdict,
        due=str(due.day or ""),
        done=attested.when if attested else "",
        by=attested.by if attested else "",
        on=host,
        message="; ".join(silences),
    )


def _newest(name: str, machines: Machines, now: datetime) -> tuple[str, Attested] | None:
    """Return the newest attestation of a duty that can be believed, with the machine that tells it."""
    found = [
        (host, status.told.duties[name])
        for host, status in machines.items()
        if status.told and status.told.duties and name in status.told.duties and not _doubt(name, status.told, now)
    ]
    return max(found, key=lambda one: clock.parse(one[1].when), default=None)


def _silences(name: str, machines: Machines, now: datetime) -> list[str]:
    """Return why it can't be said that a duty was not done, for each machine that keeps it from being said."""
    found = []
    for host, status in machines.items():
        if status.told is None:
            found.append(f"{host} gave no status")
        elif status.told.duties is None:
            found.append(f"{host} does not say what was attested there")
        elif name in status.told.duties and (doubt := _doubt(name, status.told, now)):
            found.append(f"{host} has an attestation {doubt}")
    return found


def _doubt(name: str, told: StatusAnswer, now: datetime) -> str:
    """Return why what a machine tells of a duty's attestation is not believed; empty where it is."""
    attested = (told.duties or {})[name]
    return _unsigned(attested, told) or _untimely(attested, now)


def _unsigned(attested: Attested, told: StatusAnswer) -> str:
    """Return why an attestation is no record of a ledger that can be believed."""
    if told.ledger is None:
        return "but shows no signed ledger"
    if not 1 <= attested.n <= told.ledger.lines:
        return f"as record {attested.n}, but its signed ledger has {told.ledger.lines}"
    bad = [entry.message for entry in told.checks if entry.name == LEDGER and entry.verdict in NOT_NOTED]
    return f"in a ledger that can't be believed: {'; '.join(bad)}" if bad else ""


def _untimely(attested: Attested, now: datetime) -> str:
    """Return why an attestation can't be known to have been made when its record says so."""
    told = attested.when
    try:
        when = clock.parse(told)
    except ValueError:
        return "without a time; attest it again"
    if when > now + clock.SKEW:
        return f"from the future ({told}); compare the clocks"
    if when.date() < EARLIEST:
        return f"of {told}, by a clock that stood wrong; set it and attest the duty again"
    if attested.overtaken:
        return f"of {told}, but a later record of {attested.overtaken}: a clock stood wrong; attest the duty again"
    return ""
