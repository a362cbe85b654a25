"""What is due next: by machines, and by persons."""

from __future__ import annotations

from collections.abc import Sequence

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import Due, FleetStatus
from ops.reports.catalogue import tr, trn
from ops.reports.status.model import Glance
from ops.reports.times import Times

MOST_DUTIES = 3


def glance(status: FleetStatus, times: Times) -> Glance:
    """Return what is due next of each kind of act, and the duties of persons."""
    duties = [one for one in status.due if one.kind == "duty"]
    acts = {kind: [one for one in status.due if one.kind == kind] for kind in ("backup", "copy", "drill")}
    lines = [_duty(one, times) for one in _worst_first(duties)[:MOST_DUTIES]]
    lines += [_next(kind, dues, times) for kind, dues in acts.items() if dues]
    loud = any(one.verdict is not Verdict.PASS for one in duties)
    every = tuple(_line(one, times) for one in status.due)
    return Glance(
        "due", tr("Due next"), loud, tuple(lines or [tr("Nothing is due.")]), every, tr("Everything that is due")
    )


def _worst_first(duties: Sequence[Due]) -> list[Due]:
    return sorted(duties, key=lambda one: (-one.verdict.severity, one.when, one.what))


def _next(kind: str, dues: Sequence[Due], times: Times) -> str:
    """Return the first acts of a kind, which are due in the same moment."""
    first = min(one.when for one in dues)
    names = [one.what for one in dues if one.when == first]
    acts = _several(kind, len(names)) if len(names) > 1 else _single(kind, names[0])
    return tr("{when}: {acts}", when=times.when(first), acts=acts)


def _single(kind: str, name: str) -> str:
    return {
        "backup": tr("backup of {name}", name=name),
        "copy": tr("copy of {name}", name=name),
        "drill": tr("drill of {name}", name=name),
    }[kind]


def _several(kind: str, count: int) -> str:
    return {
        "backup": trn("{count} backup", "{count} backups", count),
        "copy": trn("{count} copy", "{count} copies", count),
        "drill": trn("{count} drill", "{count} drills", count),
    }[kind]


def _duty(one: Due, times: Times) -> str:
    said = f"{one.what} ({one.who})" if one.who else one.what
    if not one.when:
        return tr("due at once: {duty}", duty=said)
    if one.verdict is not Verdict.PASS:
        return tr("overdue since {day}: {duty}", day=times.when(one.when)[:10], duty=said)
    return tr("by {day}: {duty}", day=times.when(one.when)[:10], duty=said)


def _line(one: Due, times: Times) -> str:
    if one.kind == "duty":
        return _duty(one, times)
    said = _next(one.kind, [one], times)
    return tr("{act}, on {host}", act=said, host=one.who) if one.who else said
