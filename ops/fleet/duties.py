"""How the duties of a site stand: what the policy asks of people, joined with what every machine's ledger attests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ops.core import clock
from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import DutyStatus, MachineStatus
from ops.interfaces.status_answer import Attested
from ops.policy import HostPolicy
from ops.policy.duty import judge

SKEW = timedelta(minutes=5)  # what two clocks may differ before a time counts as lying in the future


Machines = Mapping[str, MachineStatus]


def join(policies: Mapping[str, HostPolicy], machines: Machines, now: datetime) -> tuple[DutyStatus, ...]:
    """Return how every duty stands, given what each machine told; those of the site come first.

    A duty of the site may be attested on any machine, one of a machine only there. One that looks overdue while such a
    machine tells nothing is unknown: it may have been attested there.
    """
    site = next(iter(policies.values()), None)
    asked = [_status(site, name, "", machines, now) for name in site.site_duties] if site else []
    own = [_status(policy, name, host, machines, now) for host, policy in policies.items() for name in policy.duties]
    return (*asked, *own)


def _status(policy: HostPolicy, name: str, host: str, machines: Machines, now: datetime) -> DutyStatus:
    """Return how a duty stands. host: whose it is; empty for one of the site."""
    duty = policy.duties[name] if host else policy.site_duties[name]
    mine = {host: machines[host]} if host else machines
    attested = _newest(name, mine, now)
    due = judge(duty, clock.parse(attested.when) if attested else None, now, policy.site.timezone)
    silences = [] if due.verdict is Verdict.PASS else _silences(name, mine, now)
    contact = policy.contacts[duty.who]
    return DutyStatus(
        name=name,
        host=host,
        what=duty.what,
        who=contact.name,
        phone=contact.phone,
        standing=due.standing.value,
        verdict=Verdict.UNKNOWN if silences else due.verdict,
        due=str(due.day or ""),
        until=str(duty.until or ""),
        done=attested.when if attested else "",
        by=attested.by if attested else "",
        message="; ".join(silences),
    )


def _newest(name: str, machines: Machines, now: datetime) -> Attested | None:
    """Return the newest attestation of a duty whose time can be believed."""
    told = [status.told.duties or {} for status in machines.values() if status.told]
    found = [duties[name] for duties in told if name in duties and _believed(duties[name], now)]
    return max(found, key=lambda attested: clock.parse(attested.when), default=None)


def _silences(name: str, machines: Machines, now: datetime) -> list[str]:
    """Return why it can't be said that a duty was not done, for each machine that keeps it from being said."""
    found = []
    for host, status in machines.items():
        if status.told is None:
            found.append(f"{host} gave no status")
        elif status.told.duties is None:
            found.append(f"{host} does not say what was attested there")
        elif name in status.told.duties and not _believed(status.told.duties[name], now):
            found.append(f"{host} has an attestation from the future; compare the clocks")
    return found


def _believed(attested: Attested, now: datetime) -> bool:
    """Return whether an attestation has a time, which is not in the future."""
    try:
        return clock.parse(attested.when) <= now + SKEW
    except ValueError:
        return False
