"""The report as one self-contained HTML page: nothing is fetched, so it can be mailed, printed and kept."""

from __future__ import annotations

from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import FleetStatus
from ops.reports import templates
from ops.reports.status_view import view


def render(status: FleetStatus) -> str:
    """Given the status of the fleet, return the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["verdict"] = Verdict
    return environment.get_template("report.html.j2").render(report=view(status))
