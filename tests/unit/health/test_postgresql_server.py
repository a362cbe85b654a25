from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import Unavailable
from ops.core.names import AbsolutePath
from ops.core.verdict import Verdict
from ops.health.postgresql_server import KIND, LAST, Options, judge
from ops.interfaces.check import CheckContext

AROUND = CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})
HEALTHY = {"connections": 12, "most": 97, "age": 200_000_000, "oldest": "his", "damaged": 0}


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, Verdict.PASS, "answers, 12% of its connections are in use"),
        ({"connections": 79}, Verdict.WARN, "81% of its connections are in use"),
        ({"connections": 89}, Verdict.FAIL, "92% of its connections are in use"),
        ({"age": int(LAST * 0.51)}, Verdict.WARN, "51% of its transaction numbers, in his"),
        ({"age": int(LAST * 0.76)}, Verdict.FAIL, "76% of its transaction numbers, in his"),
        ({"damaged": 1}, Verdict.FAIL, "1 checksum failure: a disk gave it damaged data"),
    ],
)
def test_what_the_server_says_is_judged(changes: dict[str, Any], verdict: Verdict, words: str) -> None:
    finding = judge(Options(), HEALTHY | changes)
    assert (finding.verdict, finding.message) == (verdict, words)


@pytest.mark.parametrize("answer", ["", "[]", "{}", '{"connections": null}', '{"connections": 1, "most": 0}'])
def test_an_answer_that_makes_no_sense_is_an_error(
    answer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "psql").write_text(f"#!/bin/sh\necho '{answer}'\n")
    (tmp_path / "psql").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Unavailable, match="can't be read"):
        list(KIND.probe(Options(socket=AbsolutePath("/nowhere")), AROUND))
