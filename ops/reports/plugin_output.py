"""Checks in the form of a monitoring plugin: a line, what stands behind it, and the figures as performance data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.core.printable import printable
from ops.core.verdict import Verdict, worst
from ops.interfaces.state import CheckResult

WORDS = {Verdict.PASS: "OK", Verdict.WARN: "WARNING", Verdict.FAIL: "CRITICAL", Verdict.UNKNOWN: "UNKNOWN"}
# How the last word of a figure's name is its unit.
UNITS = {"percent": "%", "seconds": "s", "bytes": "B"}


def output(entries: Sequence[CheckResult]) -> str:
    """Given the entries of some checks, return what a plugin prints; its exit code is that of the worst verdict."""
    first, *more = sorted(entries, key=lambda entry: -entry.verdict.severity)
    state = WORDS[worst(entry.verdict for entry in entries)]
    said = f"{_line(first)} and {len(more)} more" if more else _line(first)
    lines = [f"SEAWALL {state} - {said}", *(f"{WORDS[entry.verdict]} - {_line(entry)}" for entry in more)]
    if figures := " ".join(_figures(entries)):
        lines[0] += f" | {figures}"
    return "\n".join(lines)


def _line(entry: CheckResult) -> str:
    return " ".join(printable(f"{entry.name}: {entry.message}").replace("|", "/").split())


def _figures(entries: Sequence[CheckResult]) -> Iterator[str]:
    """Yield each figure as 'label'=value[unit]; of several checks, with the name of the check before its own."""
    for entry in entries:
        for name, value in entry.figures.items():
            label = f"{entry.name} {name}" if len(entries) > 1 else name
            quoted = printable(label).replace("'", "''").replace("=", "_")
            unit = UNITS.get(name.rpartition("_")[2], "")
            yield f"'{quoted}'={value:.10g}{unit}"
