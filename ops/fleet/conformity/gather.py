"""Everything that judging needs, gathered on the control machine: no machine is asked, collected ledgers are read."""

from __future__ import annotations

import calendar
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ops.core import clock
from ops.core.errors import UsageError
from ops.fleet.conformity import host_results, incidents, reading
from ops.fleet.conformity.facts import Facts
from ops.fleet.inventory import Inventory
from ops.fleet.ledgers import collect, signers
from ops.policy import HostPolicy
from ops.policy.compile import document, document_digest

DAYS = timedelta(days=31)  # of acts that are counted when nobody names a period
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)
_SPAN = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)", re.ASCII)


def gather(inventory: Inventory, at: date | None, period: str | None) -> Facts:
    """Return what is known of a site at the end of a day, now without one; raise UsageError for a wrong time."""
    policies = inventory.policies()
    zone = zone_of(policies)
    now = clock.now()
    if at and at > now.astimezone(zone).date():
        raise UsageError(f"{at} has not come yet, so nobody knows how it ends", "name an earlier --at, or leave it out")
    moment = min(now, end_of(at, zone)) if at else now
    days = days_of(period) if period else (None, None)
    first, last = days
    since = datetime.combine(first, time(), zone).astimezone(UTC) if first else moment - DAYS
    until = min(moment, end_of(last, zone)) if last else moment
    if since >= until:
        raise UsageError(f"the period begins on {first}, after what is spoken of ends", "name an earlier --period")
    home, listed = collect.place(inventory.path), signers.place(inventory.path)
    return Facts(
        at=moment,
        since=since,
        until=until,
        policies=policies,
        policy_sha256=digest(policies),
        ledgers={host: reading.of(policy, home / host, listed, moment, days) for host, policy in policies.items()},
        host_checks=host_results.noted(inventory.path, moment),
        incidents=incidents.known(inventory.path, policies, moment),
    )


def digest(policies: Mapping[str, HostPolicy]) -> str:
    """Return the SHA-256 of a site's whole policy."""
    text = json.dumps({host: document_digest(document(policy)) for host, policy in policies.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def zone_of(policies: Mapping[str, HostPolicy]) -> ZoneInfo:
    """Return the zone of a site's days."""
    return ZoneInfo(next(iter(policies.values())).site.timezone if policies else "UTC")


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the last second of a day."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)


def days_of(text: str) -> tuple[date, date]:
    """Return the first and the last day that a period names: a month, or two days; raise UsageError."""
    try:
        if found := _MONTH.fullmatch(text):
            year, month = int(found[1]), int(found[2])
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        if found := _SPAN.fullmatch(text):
            return date.fromisoformat(found[1]), date.fromisoformat(found[2])
    except (ValueError, calendar.IllegalMonthError):
        pass
    raise UsageError(f"{text!r} is no period", "write a month such as 2026-10, or days such as 2026-10-01/2026-12-31")
