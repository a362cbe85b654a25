"""Checks as a table for a person at a terminal, the worst on top."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ops.core.verdict import Verdict
from ops.reports.status_text import word


def table(entries: Sequence[Mapping[str, Any]]) -> str:
    """Given the entries of a round of checks, return the table; in colours on a terminal."""
    if not entries:
        return "unknown  nothing is checked: the policy names no checks"
    ordered = sorted(entries, key=lambda entry: -Verdict(entry["verdict"]).severity)
    width = max(len(entry["name"]) for entry in entries)
    colours = sys.stdout.isatty()
    lines = [f"{word(entry['verdict'], colours)}  {entry['name']:<{width}}  {entry['message']}" for entry in ordered]
    return "\n".join(lines)
