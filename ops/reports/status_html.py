"""The report as one self-contained HTML page: nothing is fetched, so it can be mailed, printed and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.core.verdict import Verdict
from ops.reports import environment
from ops.reports.status_view import view


def render(status: Mapping[str, Any]) -> str:
    """Given the status of the fleet as plain data, return the page."""
    made = environment()
    made.filters["verdict"] = Verdict
    return made.get_template("report.html.j2").render(report=view(status))
