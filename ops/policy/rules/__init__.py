"""Demands that no single value can break: names that must exist, relations that must hold, promises that can be kept.

`site`, `contacts`, `repositories`, `control`, `assets` (with `paths`, `drills`, `questions`, `retention` and `spans`),
`checks`, `exceptions`, `duties`, `packs`, `incidents`, `alarms`, `exports`, `power`, `standby`, `firewall` and
`reports` judge one host's policy, `across` and `quotas` all of them together, `notes` says what is allowed and yet
deserves a word. Kinds say themselves which groups, sources and values they need.
"""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.errors import Problem
from ops.policy.model import VERSION, Written
from ops.policy.rules import (
    alarms,
    assets,
    checks,
    contacts,
    control,
    duties,
    exceptions,
    exports,
    firewall,
    incidents,
    names,
    packs,
    power,
    reports,
    repositories,
    site,
    standby,
)
from ops.policy.surroundings import Surroundings


def judge(host: str, written: Written, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with one host's policy, given the inventory that it is written into.

    written: with the options of every kind decoded; those that could not be are left out of it.
    """
    if written.version != VERSION:
        yield Problem("policy.version", f"unknown version {written.version}; this Seawall supports {VERSION}")
    yield from names.of_host(host)
    yield from site.judge(written.site)
    yield from contacts.judge(written)
    yield from repositories.judge(written, around)
    yield from assets.judge(host, written, around)
    yield from exceptions.judge(written)
    yield from duties.judge(written)
    yield from checks.judge(host, written, around)
    yield from alarms.judge(written)
    yield from exports.judge(written)
    yield from power.judge(written.power or {}, around)
    yield from standby.judge(written, around)
    if written.reports:
        yield from reports.judge(written.reports, written)
    yield from packs.judge(written)
    if written.incidents:
        yield from incidents.judge(written.incidents)
    yield from firewall.judge(written, around)
    if written.control:
        yield from control.judge(written.control, written, around)
