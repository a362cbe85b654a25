from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.core.errors import Unavailable
from ops.core.verdict import Verdict
from ops.health.time_sync import KIND, Comparison, Options, chrony, judge, timesyncd
from ops.interfaces.check import CheckContext

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIME = NOW.timestamp()
# As chronyc 4.3 and systemd 252 print them.
TRACKING = (
    "C0000201,192.0.2.1,3,{time:.9f},{offset},-0.000003452,0.000021093,-14.926,-0.000,0.021,"
    "0.011432,0.000622,1036.1,{leap}\n"
)
NEVER = "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,-14.9,0.0,0.0,1.0,1.0,0.0,Not synchronised\n"
MESSAGE = (
    "NTPMessage={ Leap=0, Version=4, Mode=4, Stratum=2, Precision=-24, RootDelay=15.594ms, RootDispersion=1.281ms, "
    "Reference=C0000202, OriginateTimestamp=Sun 2026-11-22 11:40:00 UTC, ReceiveTimestamp=Sun 2026-11-22 11:40:00 UTC, "
    "TransmitTimestamp=Sun 2026-11-22 11:40:00 UTC, DestinationTimestamp=Sun 2026-11-22 11:40:00 UTC, Ignored=no, "
    "PacketCount=12, Jitter=1.904ms }\n"
)
STATUS = """\
       Server: 192.0.2.1 (ntp.hospital.example)
Poll interval: 34min 8s (min: 32s; max 34min 8s)
         Leap: normal
      Version: 4
      Stratum: 2
    Reference: C0000202
    Precision: 1us (-24)
Root distance: 9.078ms (max: 5s)
       Offset: {offset}
        Delay: 21.183ms
       Jitter: 1.904ms
 Packet count: 12
    Frequency: +3.312ppm
"""


def tracked(offset: str = "0.000012", age: float = 900.0, leap: str = "Normal") -> Verdict:
    return judge(Options(), chrony(TRACKING.format(time=TIME - age, offset=offset, leap=leap)), TIME).verdict


@pytest.mark.parametrize(
    ("offset", "verdict"),
    [
        ("0.000012", Verdict.PASS),
        ("-0.199", Verdict.PASS),
        ("0.201", Verdict.WARN),
        ("-0.201", Verdict.WARN),
        ("-0.501", Verdict.FAIL),
        ("86400.0", Verdict.FAIL),
    ],
)
def test_the_offset_is_judged_either_way(offset: str, verdict: Verdict) -> None:
    assert tracked(offset) is verdict


@pytest.mark.parametrize(
    ("hours", "verdict"), [(0.6, Verdict.PASS), (1.1, Verdict.WARN), (4.1, Verdict.FAIL), (-1, Verdict.PASS)]
)
def test_the_age_of_the_last_comparison_is_judged(hours: float, verdict: Verdict) -> None:
    assert tracked(age=hours * 3600) is verdict


def test_a_clock_that_was_never_compared_fails() -> None:
    assert judge(Options(), chrony(NEVER), TIME).verdict is Verdict.FAIL
    assert judge(Options(), timesyncd("", "       Server: n/a\n Packet count: 0\n"), TIME).verdict is Verdict.FAIL


def test_a_server_that_is_not_synchronised_itself_fails() -> None:
    assert judge(Options(), Comparison(0.0, TIME, 16, "chronyd"), TIME).verdict is Verdict.FAIL


@pytest.mark.parametrize("answer", ["", "506 Cannot talk to daemon\n", "a,b,c,d,e,f,g,h,i,j,k,l,m,n\n"])
def test_an_answer_that_cannot_be_read_is_an_error(answer: str) -> None:
    with pytest.raises(Unavailable):
        chrony(answer)


@pytest.mark.parametrize(
    ("offset", "seconds"),
    [("+1.142ms", 0.001142), ("-823us", 0.000823), ("+2min 1.5s", 121.5), ("-1h 3min", 3780.0), ("0", 0.0)],
)
def test_offsets_of_timesyncd_are_read(offset: str, seconds: float) -> None:
    seen = timesyncd(MESSAGE, STATUS.format(offset=offset))
    assert seen == Comparison(pytest.approx(seconds), TIME - 1200, 2, "systemd-timesyncd")


def test_the_one_that_is_there_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin:/bin")
    (tmp_path / "message").write_text(MESSAGE)
    (tmp_path / "status").write_text(STATUS.format(offset="+700ms"))
    program = tmp_path / "timedatectl"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *NTPMessage) cat {tmp_path}/message;; *) cat {tmp_path}/status;; esac\n'
    )
    program.chmod(0o755)
    (finding,) = KIND.probe(Options(), CheckContext(NOW, {}))
    assert (finding.verdict, finding.message) == (
        Verdict.FAIL,
        "off by 700.0 ms, compared 20min ago by systemd-timesyncd",
    )
    program = tmp_path / "chronyc"
    program.write_text(f"#!/bin/sh\necho '{TRACKING.format(time=TIME, offset='0.001', leap='Normal').strip()}'\n")
    program.chmod(0o755)
    (finding,) = KIND.probe(Options(), CheckContext(NOW, {}))
    assert finding.message == "off by 1.0 ms, compared 0s ago by chronyd"
