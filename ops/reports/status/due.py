"""What is due next: by machines, and by persons."""

from __future__ import annotations

from collections.abc import Sequence

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import Due, FleetStatus
from ops.reports.catalogue import tr, trn
from ops.reports.duties import DutyLine, lines
from ops.reports.status.model import Glance
from ops.reports.times import Times

MOST_DUTIES = 3
URGENT = ("overdue", "soon", "unknown")


def glance(status: FleetStatus, times: Times) -> Glance:
    """Return the duties of persons that can't wait, and what machines do next of each kind of act."""
    urgent = lines((duty for duty in status.duties if duty.standing in URGENT), times)
    kinds = list(dict.fromkeys(one.kind for one in status.due))  # in the order in which they are due
    said = [_duty(duty) for duty in urgent[:MOST_DUTIES]]
    said += [_next(kind, [one for one in status.due if one.kind == kind], times) for kind in kinds]
    loud = any(duty.verdict is not Verdict.PASS for duty in status.duties)
    every = [_duty(duty) for duty in lines(status.duties, times)]
    every += [tr("{act}, on {host}", act=_next(one.kind, [one], times), host=one.who) for one in status.due]
    shown = tuple(said or [tr("Nothing is due.")])
    return Glance("due", tr("Due next"), loud, shown, tuple(every), tr("Everything that is due"))


def _duty(duty: DutyLine) -> str:
    return f"{duty.about}: {duty.when} ({duty.who})"


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
