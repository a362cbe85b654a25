"""Checks as a table for a person at a terminal, the worst on top."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ops.core.printable import printable
from ops.core.verdict import Verdict
from ops.interfaces.state import CheckResult
from ops.reports.catalogue import tr
from ops.reports.status.text import word


def table(entries: Sequence[CheckResult]) -> str:
    """Given the entries of a round of checks, return the table; in colours on a terminal."""
    if not entries:
        return f"{word(Verdict.UNKNOWN, False)}  {tr('nothing is checked: the policy names no checks')}"
    ordered = sorted(entries, key=lambda entry: -entry.verdict.severity)
    names = [printable(entry.name) for entry in ordered]
    width = max(map(len, names))
    colours = sys.stdout.isatty()
    return "\n".join(
        f"{word(entry.verdict, colours)}  {name:<{width}}  {printable(entry.message)}"
        for name, entry in zip(names, ordered, strict=True)
    )
