"""The record of a drill as one self-contained HTML page, printed on one sheet of A4 for signatures."""

from __future__ import annotations

from ops.reports import templates
from ops.reports.drill_record import Evidence, Names
from ops.reports.record_pdf import BOTTOM, fitted

ROOM = 0.88 * BOTTOM  # a browser's own letters may be wider than those the page was measured with


def render(evidence: Evidence, names: Names) -> str:
    """Given a record and what vouches for it, return the page."""
    shown, size = fitted(evidence, names, ROOM)
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("record.html.j2").render(sheet=shown, size=size)
