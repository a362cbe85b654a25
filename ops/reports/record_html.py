"""The record of a drill as one self-contained HTML page, to be printed and signed."""

from __future__ import annotations

from ops.reports import environment
from ops.reports.drill_record import Evidence, Names, page_of


def render(evidence: Evidence, names: Names) -> str:
    """Given a record and what vouches for it, return the page."""
    return environment().get_template("record.html.j2").render(sheet=page_of(evidence, names))
