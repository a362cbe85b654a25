"""Alarms: whether there is whom they call and what they name, and whether a channel can reach them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ops.core import kinds
from ops.core.errors import Problem
from ops.core.kinds import nearest
from ops.policy.alarms import Alarms, channel
from ops.policy.model import HostPolicy, Written
from ops.policy.rules import names

PACKAGE = "ops.alarms.channels"


def judge(written: Written) -> Iterator[Problem]:
    """Yield what is wrong with a host's alarms; the checks that rules name may be those of other hosts."""
    if alarms := written.alarms:
        yield from _people(alarms, written)
        yield from _names(alarms)


def of_host(policy: HostPolicy) -> Iterator[Problem]:
    """Yield what a machine refuses of the alarms that were rendered for it: what could not be obeyed."""
    if policy.alarms:
        yield from _names(policy.alarms)


def _people(alarms: Alarms, written: Written) -> Iterator[Problem]:
    path = "policy.alarms"
    mailed = [name for name, spec in alarms.channels.items() if spec.kind == "mail"]
    for index, one in enumerate(alarms.on_call):
        where = f"{path}.on_call[{index}].who"
        yield from names.known(where, "contact", one.who, written.contacts)
        for who in _called(one.who, written):
            if mailed and not written.contacts[who].mail:
                yield Problem(where, f"{who} has no mail address, so {mailed[0]} can't reach them; add `mail`")
    for index, rule in enumerate(alarms.rules):
        if rule.vendor is not None:
            yield from names.known(f"{path}.rules[{index}].vendor", "contact", rule.vendor, written.contacts)


def _called(who: str, written: Written) -> list[str]:
    """Return a contact and those who stand in for them, as far as there are such."""
    found: list[str] = []
    while who in written.contacts and who not in found:
        found.append(who)
        who = written.contacts[who].deputy or ""
    return found


def _names(alarms: Alarms) -> Iterator[Problem]:
    path = "policy.alarms"
    yield from _channels(f"{path}.channels", alarms)
    for name, one in alarms.fault_classes.items():
        yield from names.formed(f"{path}.fault_classes.{name}", name)
        for index, limit in enumerate(one.limits):
            yield from names.one_line(f"{path}.fault_classes.{name}.limits[{index}].what", limit.what)
    for index, rule in enumerate(alarms.rules):
        yield from _rule(f"{path}.rules[{index}]", rule.checks, (rule.fault_class, rule.warning_class), alarms)
    for name, window in alarms.maintenance.items():
        yield from names.formed(f"{path}.maintenance.{name}", name)
        yield from _rule(f"{path}.maintenance.{name}", window.checks, (), alarms)


def _channels(path: str, alarms: Alarms) -> Iterator[Problem]:
    for name, spec in alarms.channels.items():
        yield from names.formed(f"{path}.{name}", name)
        if spec.kind in kinds.kinds(PACKAGE):
            kind = channel(spec)
            if not isinstance(spec.options, kind.options):
                continue  # what is wrong with them has been told
            for problem in kind.refused(spec.options):
                yield Problem(f"{path}.{name}.options", problem)
    if all(spec.kind == "ping" for spec in alarms.channels.values()):
        yield Problem(path, "has only channels that say that all is well; add one that tells people")


def _rule(path: str, checks: Collection[str], classes: Collection[str | None], alarms: Alarms) -> Iterator[Problem]:
    if not checks:
        yield Problem(f"{path}.checks", 'names no checks; write names, kinds, or "*" for all')
    known = sorted(alarms.fault_classes)
    for name in classes:
        if name is not None and name not in known:
            listed = ", ".join(known) or "none"
            yield Problem(path, f"there is no fault class {name!r}{nearest(name, known)}; known: {listed}")
