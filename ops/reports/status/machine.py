"""What is shown of a machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import MachineStatus
from ops.reports.catalogue import tr, trn
from ops.reports.status.asset import loud
from ops.reports.status.brief import few
from ops.reports.status.gaps import gaps
from ops.reports.status.model import Asset, Line, Machine
from ops.reports.times import Times


def shown(name: str, machine: MachineStatus, assets: Iterable[Asset], times: Times) -> Machine:
    """Return what is shown of a machine; what is seen of an asset stands with the asset, and is only pointed to.

    assets: all that are shown; the owners of those on the machine are whom to call about it.
    """
    call = "; ".join(dict.fromkeys(one.call for one in assets if one.host == name and one.call))
    told = machine.told
    if told is None:
        return Machine(name, machine.verdict, machine.message, "", (), (), (), (), call)
    lines = [Line(entry.verdict, entry.name, entry.message) for entry in told.checks if not entry.asset]
    pointed = {
        entry.asset: Line(entry.verdict, entry.asset, tr("see the asset"))
        for entry in sorted(told.checks, key=lambda entry: entry.verdict.severity)
        if entry.asset and entry.verdict is not Verdict.PASS
    }
    every = sorted([*lines, *pointed.values()], key=lambda line: -line.verdict.severity)
    known = [f"Seawall {told.seawall}"] if told.seawall else []
    looked = [tr("checked at {time}", time=times.when(told.health_time))] if told.health_time else []
    records = [trn("{count} record", "{count} records", told.ledger.lines)] if told.ledger else []
    return Machine(
        name=name,
        verdict=machine.verdict,
        message=machine.message,
        tally=_tally(every),
        checks=few(every),
        troubles=few(loud(lines)),
        facts=(*known, *looked, *records),
        gaps=gaps(told.gaps),
        call=call,
    )


def _tally(checks: Sequence[Line]) -> str:
    good = sum(check.verdict is Verdict.PASS for check in checks)
    return tr("{good} of {all} pass", good=good, all=len(checks)) if checks else ""
