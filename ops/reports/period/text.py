"""What a report tells of its period and of this day, as text: for terminals, and for mail that is read as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.reports.catalogue import tr, trn
from ops.reports.columns import aligned
from ops.reports.period.model import PeriodView, Row, Signature
from ops.reports.status.model import Trouble, View, Work

MOST = 60  # of a person's troubles, or of the rows of acts; how many more there are is said


def blocks(shown: View) -> list[str]:
    """Return what stands before all else in a report; nothing where only the status is shown."""
    if shown.period is None:
        return []
    found = [_works(shown.works)] if shown.works else []
    found.append(_sums(shown.period))
    if shown.period.loud:
        found.append(_rows(shown.period.loud))
    if shown.period.signatures or shown.period.sign:
        found.append(_signatures(shown.period.signatures, shown.period.sign))
    return found


def _works(works: Sequence[Work]) -> str:
    lines = [tr("What needs a person today")]
    for work in works:
        lines += ["", f"  {work.call}"]
        lines += [line for trouble in work.troubles[:MOST] for line in _trouble(trouble)]
        if (more := len(work.troubles) - MOST) > 0:
            lines.append(f"    {trn('{count} more', '{count} more', more)}")
    return "\n".join(lines)


def _trouble(trouble: Trouble) -> Iterator[str]:
    for line in trouble.lines:
        what = f"{trouble.about}, {line.about}" if line.about else trouble.about
        yield f"    {line.verdict.value:<7}  {what}: {line.message}"


def _sums(period: PeriodView) -> str:
    head = tr("Expected and done, {span}", span=period.span)
    if not period.sums:
        return "\n".join([head, f"  {tr('Nothing was due.')}", *(f"  {note}" for note in period.notes)])
    rows = [["", "", tr("Due"), tr("In time"), tr("Late"), tr("Missing"), tr("Not known"), tr("Attempts that failed")]]
    rows += [
        [one.verdict.value, one.what, one.expected, one.on_time, one.late, one.missing, one.unknown, one.failed]
        for one in period.sums
    ]
    return "\n".join([head, *(f"  {line}" for line in aligned(rows)), *(f"  {note}" for note in period.notes)])


def _rows(rows: Sequence[Row]) -> str:
    shown = [[row.verdict.value, row.about, row.act, row.tally] for row in rows[:MOST]]
    lines = [f"  {line}" for line in aligned(shown)]
    if (more := len(rows) - MOST) > 0:
        lines.append(f"  {trn('{count} more', '{count} more', more)}")
    return "\n".join(lines)


def _signatures(signatures: Sequence[Signature], sign: str) -> str:
    lines = [tr("Signed off")]
    lines += [f"  {one.verdict.value:<7}  {one.day}  {one.told}" for one in signatures]
    if sign:
        lines.append(f"  {tr('Whoever has read this page says so, on any machine that has a ledger:')}")
        lines += ["", " " * 8 + f'sudo seawall ledger attest {sign} --statement "read" --file report.html']
    return "\n".join(lines)
