"""The status of the fleet as a table for a terminal, the worst on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.core.verdict import Verdict
from ops.interfaces.fleet_period import Period
from ops.interfaces.fleet_status import FleetStatus
from ops.reports.catalogue import tr
from ops.reports.columns import aligned, padded
from ops.reports.columns import width as wide
from ops.reports.duties import DutyLine
from ops.reports.period import text as of_period
from ops.reports.status.model import Act, Asset, Glance, Line, Machine, View
from ops.reports.status.view import view

COLOURS = {Verdict.PASS: "32", Verdict.WARN: "33", Verdict.FAIL: "31;1", Verdict.UNKNOWN: "35"}
WIDTH = max(len(verdict.value) for verdict in Verdict)
NOTHING = "-"
LOUD = "!"


def render(status: FleetStatus, period: Period | None = None, *, colours: bool = False) -> str:
    """Given the status of the fleet, and what is to be told of a period, return the table."""
    shown = view(status, period)
    blocks = [_head(shown, colours), *of_period.blocks(shown), _glances(shown.glances)]
    if shown.assets:
        blocks.append(_assets(shown.assets, colours))
    if shown.duties:
        blocks.append(_duties(shown.duties, colours))
    if shown.machines:
        blocks.append(_machines(shown.machines, colours))
    return "\n\n".join(blocks)


def word(verdict: str, colours: bool) -> str:
    """Return a verdict's word, as wide as the widest, in its colour where colours are wanted."""
    padded = f"{verdict:<{WIDTH}}"
    return f"\x1b[{COLOURS[Verdict(verdict)]}m{padded}\x1b[0m" if colours else padded


def _head(shown: View, colours: bool) -> str:
    title = f"{shown.period.title}, {shown.period.span}\n" if shown.period else ""
    return (
        f"{title}{shown.site}, {shown.time} {shown.zone}\n"
        f"{word(shown.verdict, colours)}  {shown.headline}\n"
        f"{' ' * WIDTH}  {'; '.join(shown.counts)}"
    )


def _glances(glances: Sequence[Glance]) -> str:
    """Return what stands beside the verdict; what wants attention is marked."""
    width = max(wide(one.title) for one in glances)
    return "\n".join(
        f"{LOUD if one.loud and not number else '':<{WIDTH}}  {padded('' if number else one.title, width)}  {line}"
        for one in glances
        for number, line in enumerate(one.lines)
    )


def _assets(assets: Sequence[Asset], colours: bool) -> str:
    rows = [
        (tr("ASSET"), tr("ON"), tr("LAST BACKUP"), tr("RPO"), tr("COPIES"), tr("LAST DRILL"), tr("RECOVERY"), tr("RTO"))
    ]
    rows += [
        (
            asset.name,
            asset.host,
            _ago(asset.backup),
            asset.age.limit,
            ", ".join(f"{copy.name} {_ago(copy)}" for copy in asset.copies) or NOTHING,
            _ago(asset.drill.act) if asset.drill else NOTHING,
            (asset.drill.recovery.text if asset.drill else "") or NOTHING,
            asset.drill.recovery.limit if asset.drill else NOTHING,
        )
        for asset in assets
    ]
    head, *lines = aligned(rows)
    return "\n".join([f"{' ' * WIDTH}  {head}", *_with_troubles(assets, lines, colours)])


def _with_troubles(assets: Sequence[Asset], lines: Sequence[str], colours: bool) -> Iterator[str]:
    for asset, line in zip(assets, lines, strict=True):
        yield f"{word(asset.verdict, colours)}  {line}"
        yield from (_trouble(trouble) for trouble in asset.troubles)
        if asset.troubles and asset.call:
            yield f"{' ' * WIDTH}    {asset.call}"


def _ago(act: Act) -> str:
    return tr("{time} ago", time=act.age) if act.age else NOTHING


def _duties(duties: Sequence[DutyLine], colours: bool) -> str:
    rows = [(tr("DUTY"), tr("DUE"), tr("WHO"), tr("LAST DONE"))]
    rows += [(duty.about, duty.when, duty.who, duty.done) for duty in duties]
    head, *lines = aligned(rows)
    text = [f"{' ' * WIDTH}  {head}"]
    for duty, line in zip(duties, lines, strict=True):
        text.append(f"{word(duty.verdict, colours)}  {line}")
        if duty.trouble:
            text.append(_trouble(Line(duty.verdict, duty.what, duty.trouble)))
    return "\n".join(text)


def _machines(machines: Sequence[Machine], colours: bool) -> str:
    rows = [(tr("MACHINE"), tr("CHECKS"), "")]
    rows += [(machine.name, machine.tally or NOTHING, machine.message) for machine in machines]
    head, *lines = aligned(rows)
    text = [f"{' ' * WIDTH}  {head}"]
    for machine, line in zip(machines, lines, strict=True):
        text.append(f"{word(machine.verdict, colours)}  {line}")
        text.extend(_trouble(check) for check in machine.checks if check.verdict is not Verdict.PASS)
        if machine.call and (machine.message or machine.troubles):
            text.append(f"{' ' * WIDTH}    {machine.call}")
        text.extend(f"{' ' * WIDTH}      {gap.name}: {gap.words}" for gap in machine.gaps if not gap.excused)
    return "\n".join(text)


def _trouble(line: Line) -> str:
    return f"{' ' * WIDTH}    {line.verdict.value}: {line.about}: {line.message}"
