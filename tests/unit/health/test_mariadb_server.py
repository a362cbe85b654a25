from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import Unavailable
from ops.core.quantity import Duration, Percent
from ops.core.verdict import Verdict
from ops.health.mariadb_server import (
    KIND,
    Options,
    judge_connections,
    judge_refusal,
    judge_replication,
    judge_views,
    rows,
)
from ops.interfaces.check import CheckContext

# As MariaDB 10.11 tells it, of the columns that count.
REPLICA = {
    "Connection_name": "",
    "Slave_IO_Running": "Yes",
    "Slave_SQL_Running": "Yes",
    "Seconds_Behind_Master": "0",
    "Last_IO_Errno": "0",
    "Last_SQL_Errno": "0",
}


@pytest.mark.parametrize(("used", "verdict"), [(69, Verdict.PASS), (71, Verdict.WARN), (91, Verdict.FAIL)])
def test_connections_are_judged_by_their_share(used: int, verdict: Verdict) -> None:
    finding = judge_connections(Options(), {"used": str(used), "most": "100"})
    assert (finding.verdict, finding.figures) == (verdict, {"connections_percent": float(used)})


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, Verdict.PASS, "replication is 0s behind"),
        ({"Seconds_Behind_Master": "10"}, Verdict.PASS, "replication is 10s behind"),
        ({"Seconds_Behind_Master": "11"}, Verdict.WARN, "replication is 11s behind"),
        ({"Seconds_Behind_Master": "301"}, Verdict.FAIL, "replication is 5min 1s behind"),
        ({"Connection_name": "a", "Slave_SQL_Running": "No"}, Verdict.FAIL, "replication of a stands still: no SQL"),
        (
            {"Slave_IO_Running": "Connecting", "Seconds_Behind_Master": "NULL", "Last_IO_Errno": "2003"},
            Verdict.FAIL,
            "replication stands still: no I/O thread (error 2003)",
        ),
    ],
)  # fmt: skip
def test_each_source_is_judged_by_its_threads_and_its_lag(
    changes: dict[str, str], verdict: Verdict, words: str
) -> None:
    (finding,) = judge_replication(Options(), [REPLICA | changes])
    assert finding.verdict is verdict
    assert finding.message.startswith(words)
    assert list(judge_replication(Options(), [])) == []


def test_views_are_named_up_to_a_number() -> None:
    assert judge_views([]).verdict is Verdict.PASS
    finding = judge_views(["a.a", "a.b", "a.c", "a.d"])
    assert (finding.verdict, finding.message) == (Verdict.WARN, "4 broken views: a.a, a.b, a.c and 1 more")


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ("ERROR 2002 (HY000): Can't connect to local server through socket '/run/x' (2)", "the server is down: Can't"),
        ("ERROR 1040 (HY000): Too many connections", "lets nobody in"),
    ],
)
def test_a_server_that_is_down_or_full_fails(errors: str, words: str) -> None:
    finding = judge_refusal(errors)
    assert finding.verdict is Verdict.FAIL
    assert words in finding.message


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ("ERROR 1227 (42000) at line 2: Access denied; you need SLAVE MONITOR", "site.yml"),
        ("ERROR 1698 (28000): Access denied for user 'seawall'@'localhost'", "does not answer: Access denied"),
        ("", "no message"),
    ],
)
def test_a_refusal_that_tells_nothing_is_unknown(errors: str, words: str) -> None:
    with pytest.raises(Unavailable, match=words):
        judge_refusal(errors)


def test_rows_are_read_whatever_stands_in_them() -> None:
    assert rows("a\tb\nx\\ty\tz\\n\\\\\n") == [{"a": "x\ty", "b": "z\n\\"}]
    assert rows("") == []
    with pytest.raises(ValueError, match="zip"):
        rows("a\tb\nx\n")


@pytest.mark.parametrize("answer", ["", "used\tmost\n", "used\tmost\n1\t0\n", "used\tmost\nx\ty\n", "a\n1\n"])
def test_an_answer_that_makes_no_sense_is_an_error(
    answer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "answer").write_text(answer)
    (tmp_path / "mariadb").write_text(f"#!/bin/sh\ncat >/dev/null\ncat {tmp_path}/answer\n")
    (tmp_path / "mariadb").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Unavailable, match="can't be read"):
        list(KIND.probe(Options(), CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})))


@pytest.mark.parametrize(
    "wrong",
    [{"connections_warn_above": Percent(95)}, {"lag_warn_above": Duration(400)}, {"lag_fail_above": Duration(0)}],
)
def test_limits_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="above"):
        Options(**wrong)
