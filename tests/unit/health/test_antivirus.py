from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.core.errors import Damaged, Unavailable
from ops.core.names import AbsolutePath
from ops.core.verdict import Verdict
from ops.health.antivirus import KIND, Options, judge_scan, judge_signatures, made
from ops.interfaces.check import CheckContext

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """ClamAV writes its logs in the machine's own time."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def head(when: datetime) -> bytes:
    """Return the head of a database as sigtool writes it."""
    text = f"ClamAV-VDB:{when:%d %b %Y %H-%M} +0000:27826:2077654:90:5d1b7d1e1f3a:0:builder:{int(when.timestamp())}"
    return text.ljust(512).encode()


@pytest.mark.parametrize(
    ("hours", "verdict"),
    [
        (5, Verdict.PASS),
        (27, Verdict.PASS),
        (49, Verdict.PASS),
        (51, Verdict.WARN),
        (99, Verdict.FAIL),
        (-2, Verdict.PASS),
    ],
)
def test_the_age_of_the_signatures_is_judged(hours: int, verdict: Verdict) -> None:
    when = made(head(NOW - timedelta(hours=hours)))
    assert judge_signatures(Options(), when, NOW).verdict is verdict


def test_the_newer_of_both_forms_counts(tmp_path: Path) -> None:
    (tmp_path / "daily.cvd").write_bytes(head(NOW - timedelta(days=90)) + bytes(9000))
    (tmp_path / "daily.cld").write_bytes(head(NOW - timedelta(hours=3)) + bytes(9000))
    (finding,) = KIND.probe(Options(path=AbsolutePath(tmp_path)), CheckContext(NOW, {}))
    assert (finding.verdict, finding.message) == (Verdict.PASS, "signatures 3h old")


def test_no_database_or_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    options, context = Options(path=AbsolutePath(tmp_path)), CheckContext(NOW, {})
    with pytest.raises(Unavailable, match="has no signatures"):
        list(KIND.probe(options, context))
    for content in (b"", b"ClamAV-VDB", bytes(600), b"ClamAV-VDB:yesterday:1", b"\xff" * 600):
        (tmp_path / "daily.cvd").write_bytes(content)
        with pytest.raises(Damaged):
            list(KIND.probe(options, context))


SCAN = """\
{found}
----------- SCAN SUMMARY -----------
Known viruses: 8700000
Engine version: 1.4.3
Scanned directories: 812
Scanned files: 40112
Infected files: {infected}
{errors}Data scanned: 3022.11 MB
Time: 512.010 sec (8 m 32 s)
Start Date: 2026:11:21 22:00:00
End Date:   {end}
"""
EICAR = "/srv/in/a.pdf: Eicar-Test-Signature FOUND\n"
MOVED = "/srv/in/a.pdf: moved to '/srv/quarantine/a.pdf'\n"


def scan(infected: int = 0, found: str = "", end: str = "2026:11:21 22:08:32", errors: str = "") -> str:
    return SCAN.format(infected=infected, found=found, end=end, errors=errors)


@pytest.mark.parametrize(
    ("log", "verdict", "words"),
    [
        (scan(), Verdict.PASS, "ended 13h 51min ago and found nothing"),
        (scan(1, EICAR) + scan(), Verdict.PASS, "found nothing"),
        (scan(1, EICAR), Verdict.FAIL, "1 infected file, still there; /var/log/clamav/scan.log names them"),
        (scan(1, EICAR + MOVED), Verdict.WARN, "1 infected file, quarantined"),
        (scan(1, EICAR + MOVED) + scan(1, EICAR), Verdict.FAIL, "still there"),
        (scan(end="2026:11:10 22:08:32"), Verdict.WARN, "ended 11d 13h ago"),
        (scan(errors="Total errors: 3\n"), Verdict.WARN, "3 errors"),
        (scan().replace("8700000", "0"), Verdict.UNKNOWN, "knew no signature"),
        (scan().replace("40112", "0"), Verdict.UNKNOWN, "looked at no file"),
        (scan() + "Exit status: 0\n", Verdict.PASS, "found nothing"),
        (scan() + "Exit status: 2\n", Verdict.WARN, "could not read all"),
        (scan(1) + "Exit status: 1\n", Verdict.FAIL, "1 infected file, still there"),
        ("", Verdict.UNKNOWN, "no scan that ended"),
        (scan(end="soon"), Verdict.UNKNOWN, "no scan that ended"),
    ],
)
def test_the_last_scan_is_judged(log: str, verdict: Verdict, words: str) -> None:
    finding = judge_scan(Options(log=AbsolutePath("/var/log/clamav/scan.log")), log, NOW)
    assert finding.verdict is verdict
    assert words in finding.message
    assert "a.pdf" not in finding.message, "names of files stay on the machine"


def test_the_log_is_read_from_its_end(tmp_path: Path) -> None:
    (tmp_path / "daily.cvd").write_bytes(head(NOW))
    (tmp_path / "scan.log").write_text("x" * 200_000 + scan(1, EICAR))
    options = Options(path=AbsolutePath(tmp_path), log=AbsolutePath(tmp_path / "scan.log"))
    findings = list(KIND.probe(options, CheckContext(NOW, {})))
    assert [finding.verdict for finding in findings] == [Verdict.PASS, Verdict.FAIL]
