"""Whether the archive still has what was its oldest set before, by the records of the drill host."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops.core import clock
from ops.core.quantity import Duration
from ops.core.run import run
from ops.core.verdict import Finding, Verdict
from ops.interfaces.outcome import DrillFacts
from ops.jobs.drill import oldest
from ops.jobs.run.job import Outcome, perform
from ops.policy.model import Retention

YEAR = timedelta(days=365)
NOW = clock.now()
FIRST = NOW - 10 * YEAR  # the oldest set, as it was drilled a year ago


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    for folder in ("etc/seawall/credentials", "var/lib/seawall/ledger", "run/seawall"):
        (tmp_path / folder).mkdir(parents=True)
    key = tmp_path / "etc/seawall/credentials/ledger.key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], timeout=60)


def drilled(repository: str = "primary", subject: str = "his", when: datetime = FIRST) -> None:
    facts = DrillFacts(repository=repository, data_time=clock.iso(when))
    perform("oldest", f"oldest-{subject}", subject, "drill1", lambda: Outcome(Verdict.PASS, "good", facts, facts))


def kept(*times: datetime, yearly: str = "30y") -> Finding:
    found: list[Finding] = []
    ordered = sorted(times)
    stage = SimpleNamespace(
        name="his", found=SimpleNamespace(time=ordered[0]), times=ordered, rung=lambda _, finding: found.append(finding)
    )
    asset = SimpleNamespace(retention=Retention(Duration.parse("14d"), yearly=Duration.parse(yearly)))
    oldest._kept(stage, asset, "primary")  # type: ignore[arg-type]
    (finding,) = found
    return finding


def test_without_an_earlier_drill_nothing_can_be_said() -> None:
    drilled("offsite")
    drilled(subject="lis")
    assert not kept(NOW).configured


@pytest.mark.parametrize("later", [timedelta(), timedelta(days=200), timedelta(days=366)])
def test_it_is_there_or_one_that_took_its_place_in_its_year(later: timedelta) -> None:
    drilled()
    assert kept(FIRST + later, NOW).verdict is Verdict.PASS


def test_without_its_year_it_is_lost() -> None:
    drilled()
    found = kept(FIRST + 2 * YEAR, NOW)
    assert (found.verdict, f"{FIRST:%Y-%m-%d}" in found.message) == (Verdict.FAIL, True)


def test_an_older_one_that_was_not_there_before_makes_it_no_better() -> None:
    drilled()
    assert kept(FIRST - 3 * YEAR, FIRST + 2 * YEAR, NOW).verdict is Verdict.FAIL


def test_when_its_time_is_over_it_may_go() -> None:
    drilled()
    assert kept(FIRST + 2 * YEAR, NOW, yearly="10y").verdict is Verdict.PASS
