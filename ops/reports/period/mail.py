"""A report as mail: HTML that every reader of mail shows, the same as text, and what the letter is called."""

from __future__ import annotations

from dataclasses import dataclass

from ops.core.terminal import plain
from ops.interfaces.fleet_period import Period
from ops.interfaces.fleet_status import FleetStatus
from ops.reports import environment
from ops.reports.catalogue import tr
from ops.reports.status import text as status_text
from ops.reports.status.view import view


@dataclass(frozen=True)
class Letter:
    """subject: one line. text: the whole as text. html: the whole as a page without scripts."""

    subject: str
    text: str
    html: str


def letter(status: FleetStatus, period: Period) -> Letter:
    """Given the status of the fleet and what is to be told of a period, return the letter."""
    shown = view(status, period)
    assert shown.period is not None  # noqa: S101 -- given
    subject = tr(
        "{site}: {report}, {span}: {verdict}",
        site=shown.site,
        report=shown.period.title,
        span=shown.period.span,
        verdict=shown.verdict.value,
    )
    return Letter(
        subject=" ".join(plain(subject).split()),
        text=plain(status_text.render(status, period)) + "\n",
        html=environment().get_template("mail.html.j2").render(report=shown),
    )
