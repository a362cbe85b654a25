"""The check of an asset whose log is archived judges the end of that log, and names what is missing at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ops.core import clock
from ops.core.names import Name
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health.backup_age import Options, probe
from ops.interfaces.check import CheckContext
from ops.interfaces.outcome import BackupFacts, LogFacts
from ops.interfaces.state import ActState, State

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
OPTIONS = Options("his", Duration.parse("5min"), "primary", log=True)


def ago(**span: int) -> str:
    return clock.iso(NOW - timedelta(**span))


BACKUP = ActState(
    kind=Name("backup"),
    asset="his",
    host="his1",
    verdict=Verdict.PASS,
    started=ago(hours=20),
    finished=ago(hours=20),
    message="",
    last_good=BackupFacts(time=ago(hours=20), repository="primary"),
)
LOG = replace(BACKUP, kind=Name("log"), last_good=LogFacts(time=ago(minutes=2)))


def judged(log: ActState | None, backup: ActState | None = BACKUP) -> list[Finding]:
    states: dict[str, State] = {}
    states |= {"log-his": log} if log else {}
    states |= {"backup-his": backup} if backup else {}
    return list(probe(OPTIONS, CheckContext(NOW, states, None, "his1")))


def test_a_young_log_passes_however_old_its_backup_is() -> None:
    (finding,) = judged(LOG)
    assert finding.verdict is Verdict.PASS
    assert "up to 2min ago" in finding.message


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (None, "no log of his has been archived"),
        (replace(LOG, last_good=None, verdict=Verdict.FAIL, message="no way"), "no way"),
        (replace(LOG, last_good=LogFacts(time=ago(minutes=6))), "older than the RPO"),
        (replace(LOG, verdict=Verdict.FAIL, message="000000010000000000000003 is missing"), "03 is missing"),
    ],
)
def test_an_old_one_and_one_with_a_gap_fail(log: ActState | None, words: str) -> None:
    (finding,) = judged(log)
    assert finding.verdict is Verdict.FAIL
    assert words in finding.message


def test_a_log_goes_on_from_a_good_backup_alone() -> None:
    assert [one.verdict for one in judged(LOG, None)] == [Verdict.FAIL, Verdict.PASS]
    failed = replace(BACKUP, verdict=Verdict.FAIL, message="no way")
    assert [one.verdict for one in judged(LOG, failed)] == [Verdict.WARN, Verdict.PASS]
