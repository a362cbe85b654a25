"""Conformity in a terminal: each pack, and under it each clause with how it stands, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from ops.core.printable import printable
from ops.interfaces.conformity import ClauseStatus, Conformity, Standing
from ops.reports.conformity.words import acts, binding, counts, dated, standing, verdict_of
from ops.reports.status.text import word

_WIDTH = 18  # of a clause's number; longer ones push what follows aside
_INDENT = " " * 9


def render(report: Conformity, *, colours: bool) -> str:
    """Given a report, return its lines."""
    return "\n".join(printable(line) if not colours else line for line in _lines(report, colours))


def _lines(report: Conformity, colours: bool) -> Iterator[str]:
    yield dated(report)
    for finding in report.findings:
        yield f"{word('warn', colours)}  {printable(finding)}"
    for pack in report.packs:
        yield ""
        yield f"{word(pack.verdict.value, colours)}  {pack.name}: {pack.title}"
        yield f"{_INDENT}{binding(pack)}"
        yield f"{_INDENT}{counts(pack)}"
        yield from (f"{word('warn', colours)}  {printable(finding)}" for finding in pack.findings)
        for clause in pack.clauses:
            yield from _clause(clause, colours)


def _clause(clause: ClauseStatus, colours: bool) -> Iterator[str]:
    mark = word(verdict_of(clause).value, colours)
    yield f"{mark}  {clause.number:<{_WIDTH}} {clause.kind:<2}  {standing(clause)}: {printable(clause.demand)}"
    if clause.standing is not Standing.MET:
        yield f"{_INDENT}  {printable(clause.message)}"
        if clause.todo:
            yield f"{_INDENT}  -> {printable(clause.todo)}"
    if clause.acts.expected:
        yield f"{_INDENT}  {acts(clause)}"
