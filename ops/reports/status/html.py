"""The report as one self-contained HTML page: nothing is fetched, so it can be mailed, printed and kept."""

from __future__ import annotations

import base64
import hashlib

from ops.core.verdict import Verdict
from ops.interfaces.fleet_period import Period
from ops.interfaces.fleet_status import FleetStatus
from ops.reports import environment, templates
from ops.reports.status.view import view
from ops.reports.status.words import words


def render(status: FleetStatus, period: Period | None = None) -> str:
    """Given the status of the fleet, and what is to be told of a period, return the page."""
    script = (templates() / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    made = environment()
    made.filters["verdict"] = Verdict
    return made.get_template("report.html.j2").render(
        report=view(status, period),
        words=words(),
        script=script,
        script_digest=digest,
    )
