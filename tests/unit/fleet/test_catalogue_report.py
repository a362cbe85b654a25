"""Status and report pass through the catalogue, whatever they have to say."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops.core.quantity import span
from ops.core.verdict import Verdict
from ops.interfaces.fleet_period import KINDS, Kind
from ops.interfaces.fleet_status import DutyStatus, FleetStatus
from ops.reports.catalogue import speaking
from ops.reports.period.mail import letter
from ops.reports.status import html as status_html
from ops.reports.status import text as status_text

sys.path.insert(0, str(Path(__file__).parent.parent / "reports"))
sys.path.insert(0, str(Path(__file__).parent))
import fifty
import periods
from catalogues import Marked, Read, prose, strings, unmarked
from sample import fleet, typed

LATER = DutyStatus(
    name="ups",
    host="",
    what="Run it on its battery",
    who="Head of IT",
    standing="later",
    verdict=Verdict.PASS,
    due="2027-01-31",
    done="2026-11-01T12:00:00Z",
    by="ana",
    on="docs1",
)
DUTIES = (
    LATER,
    replace(LATER, standing="soon", due="2026-11-28"),
    replace(LATER, standing="soon", due="2026-11-22"),
    replace(LATER, host="his1", standing="overdue", due="2026-11-20", verdict=Verdict.WARN, phone="+55 11 5555 0100"),
    replace(LATER, standing="overdue", due="", done="", verdict=Verdict.WARN),
    replace(LATER, due="", until="2026-12-31"),
    replace(LATER, standing="unknown", due="", verdict=Verdict.UNKNOWN),
    replace(LATER, standing="ended", due="", until="2026-10-31"),
)


@pytest.fixture
def another() -> Iterator[None]:
    with speaking(Marked()):
        yield


@pytest.mark.usefixtures("another")
def test_a_report() -> None:
    status = fleet()
    status["assets"]["pacs"]["backup"]["last_good"]["rows"] = 1
    status["assets"]["laboratory"]["copies"] = {}
    for verdict in ("pass", "warn", "fail", "unknown"):
        shown = replace(typed({**status, "verdict": verdict}), duties=DUTIES)
        data = [*strings(status), *status["assets"], *status["machines"], "offsite", "removable", "Seawall"]
        parts = status["assets"]["his"]["drill"]["last_good"]["parts"]
        data += [f"{name} {span(seconds)}" for name, seconds in parts.items()]
        data += [said for duty in DUTIES for said in (duty.what, duty.who, duty.by, duty.name)]
        assert unmarked(" ".join(Read(status_html.render(shown)).words), data) == []
        assert unmarked(status_text.render(shown), data) == []


@pytest.mark.usefixtures("another")
@pytest.mark.parametrize("status", [fifty.healthy(), fifty.troubled()], ids=["healthy", "troubled"])
def test_a_report_of_fifty_assets(status: FleetStatus) -> None:
    data = [*strings(status.written()), *status.assets, *status.machines, "offsite", "Seawall"]
    data += [f"{name} to offsite" for name in status.assets]
    data += [duty.by for duty in status.duties]
    goods = [asset.drill.last_good for asset in status.assets.values() if asset.drill]
    data += [f"{name} {span(seconds)}" for good in goods for name, seconds in good.parts.items()]
    for verdict in Verdict:
        shown = replace(status, verdict=verdict)
        assert unmarked(" ".join(Read(status_html.render(shown)).words), data) == []
        assert unmarked(status_text.render(shown), data) == []


@pytest.mark.usefixtures("another")
@pytest.mark.parametrize("kind", KINDS)
def test_a_report_of_a_period(kind: Kind) -> None:
    for status, period in ((fifty.healthy(), periods.healthy(kind)), (fifty.troubled(), periods.troubled(kind))):
        data = [*strings(status.written()), *strings(period.written()), *status.assets, *status.machines, "Seawall"]
        data += ["offsite", *(f"{name} to offsite" for name in status.assets), *(duty.by for duty in status.duties)]
        data += [f"{name} ups" for name in status.machines]
        goods = [asset.drill.last_good for asset in status.assets.values() if asset.drill]
        data += [f"{name} {span(seconds)}" for good in goods for name, seconds in good.parts.items()]
        sent = letter(status, period)
        for page in (status_html.render(status, period), sent.html):
            assert unmarked(" ".join(Read(page).words), data) == []
        assert unmarked(prose(sent.text), data) == []


@pytest.mark.usefixtures("another")
def test_a_report_of_nothing() -> None:
    shown = typed({**fleet(), "assets": {}, "machines": {}})
    data = ["Hospital São Lucas", "America/Sao_Paulo"]
    assert unmarked(" ".join(Read(status_html.render(shown)).words), data) == []
    assert unmarked(status_text.render(shown), data) == []
