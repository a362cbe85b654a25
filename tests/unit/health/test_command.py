from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.core.errors import CommandError, CommandTimeout, Unavailable
from ops.core.quantity import Duration
from ops.core.run import Result
from ops.core.verdict import Finding, Verdict
from ops.health.command import KIND, Options, judge
from ops.interfaces.check import CheckContext

AROUND = CheckContext(datetime(2026, 11, 22, 12, tzinfo=UTC), {})


def said(text: str, code: int = 0) -> Finding:
    return judge(Result(code, text, ""))


@pytest.mark.parametrize(("code", "verdict"), [*enumerate((Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN))])
def test_the_exit_code_is_the_verdict(code: int, verdict: Verdict) -> None:
    finding = said("DNS OK: 0.011 seconds response time\nlong text\n", code)
    assert (finding.verdict, finding.message) == (verdict, "DNS OK: 0.011 seconds response time")


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("OK - 45% | load=1.5;2;4;0", {"load": 1.5}),
        (
            "OK | time=11ms;;;0 'used space'=12%;80;90 size=3MB",
            {"time_seconds": 0.011, "used space_percent": 12.0, "size_bytes": 3e6},
        ),
        ("OK | 'it''s'=1 rta=-2.5e-3s", {"it's": 1.0, "rta_seconds": -0.0025}),
        ("OK\nmore | a=1c\nb=U c=", {"a": 1.0}),
        ("OK", {}),
    ],
)
def test_performance_data_are_read(text: str, figures: dict[str, float]) -> None:
    assert said(text).figures == pytest.approx(figures)


def test_a_plugin_without_words_is_no_pass() -> None:
    assert said("").verdict is Verdict.UNKNOWN
    assert said("| a=1").verdict is Verdict.UNKNOWN
    assert said("", 2) == Finding(Verdict.FAIL, "the program gives no reason")


def test_a_code_that_no_plugin_has_is_an_error() -> None:
    with pytest.raises(Unavailable, match="ended with 127"):
        said("", 127)


def script(folder: Path, text: str) -> Options:
    (folder / "plugin").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "plugin").chmod(0o755)
    return Options(argv=(str(folder / "plugin"), "a b", "$HOME"), timeout=Duration(1))


def test_a_program_is_run_without_a_shell(tmp_path: Path) -> None:
    (finding,) = KIND.probe(script(tmp_path, 'echo "CRITICAL - <$1> <$2> | queue=7"; exit 2'), AROUND)
    assert finding == Finding(Verdict.FAIL, "CRITICAL - <a b> <$HOME>", {"queue": 7.0})


def test_a_program_that_hangs_talks_without_end_or_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandTimeout):
        list(KIND.probe(script(tmp_path, "exec tail -f /dev/null"), AROUND))
    with pytest.raises(CommandError, match="printed more than"):
        list(KIND.probe(script(tmp_path, "exec yes"), AROUND))
    with pytest.raises(Unavailable, match="not found"):
        list(KIND.probe(Options(argv=("/nowhere/at/all",)), AROUND))


@pytest.mark.parametrize("argv", [(), ("check_dns",), ("/bin/true", "a\0b")])
def test_what_cannot_be_run_is_refused(argv: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="argv"):
        Options(argv=argv)
