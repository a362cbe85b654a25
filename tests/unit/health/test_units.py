from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.core.errors import Unavailable
from ops.core.verdict import Verdict
from ops.health.units import KIND, Options, judge_expected, judge_failed
from ops.interfaces.check import CheckContext

SHOWN = """\
Id=postgresql@15-main.service
Names=postgresql@15-main.service
LoadState=loaded
ActiveState={state}

Id=cron.service
Names=cron.service crond.service
LoadState=loaded
ActiveState=active
"""
EXPECTED = ("postgresql@15-main.service", "crond.service")


def verdicts(state: str) -> list[Verdict]:
    return [finding.verdict for finding in judge_expected(EXPECTED, SHOWN.format(state=state))]


def test_expected_units_that_are_active_pass() -> None:
    (finding,) = judge_expected(EXPECTED, SHOWN.format(state="active"))
    assert (finding.verdict, finding.message) == (Verdict.PASS, "2 of 2 expected units active")


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("inactive", Verdict.FAIL), ("failed", Verdict.FAIL), ("activating", Verdict.WARN), ("reloading", Verdict.PASS)],
)
def test_expected_units_in_other_states(state: str, verdict: Verdict) -> None:
    assert verdicts(state)[0] is verdict


@pytest.mark.parametrize("state", ["not-found", "masked"])
def test_an_expected_unit_that_cannot_run_fails(state: str) -> None:
    shown = f"Id=x.service\nNames=x.service\nLoadState={state}\nActiveState=inactive\n"
    assert [finding.verdict for finding in judge_expected(("x.service",), shown)] == [Verdict.FAIL]


def test_an_expected_unit_of_which_nothing_is_said_is_unknown() -> None:
    assert [finding.verdict for finding in judge_expected(("x.service",), "")] == [Verdict.UNKNOWN]


def test_a_failed_unit_is_named() -> None:
    listed = "smartd.service loaded failed failed Self Monitoring\n● fstrim.service loaded failed failed Discard\n"
    finding = judge_failed(Options(), listed)
    assert finding.verdict is Verdict.WARN
    assert finding.message == "2 failed: fstrim.service, smartd.service"


def test_units_of_sessions_may_fail() -> None:
    names = ("run-r1.scope", "user@1000.service", "session-3.scope")
    listed = "".join(f"{name} loaded failed failed\n" for name in names)
    assert judge_failed(Options(), listed).verdict is Verdict.PASS


def test_nothing_failed() -> None:
    assert judge_failed(Options(), "\n").verdict is Verdict.PASS


def test_many_failed_units_are_counted() -> None:
    listed = "".join(f"u{number}.service loaded failed failed\n" for number in range(9))
    assert judge_failed(Options(), listed).message.endswith("and 4 more")


def test_a_machine_without_systemd_is_an_error_for_the_caller(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable):
        list(KIND.probe(Options(), CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})))


def test_a_systemd_that_does_not_answer_is_an_error_for_the_caller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "systemctl"
    program.write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Unavailable, match="Failed to connect to bus"):
        list(KIND.probe(Options(), CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})))


def test_systemctl_is_asked_and_believed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "systemctl"
    program.write_text(
        "#!/bin/sh\ncase \"$*\" in\n*show*) printf 'Names=a.service\\nLoadState=loaded\\nActiveState=active\\n' ;;\n"
        "*list-units*) echo 'b.service loaded failed failed B' ;;\nesac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    findings = list(KIND.probe(Options(expected=("a.service",)), CheckContext(datetime(2026, 11, 22, tzinfo=UTC), {})))
    assert [finding.message for finding in findings] == ["a.service active", "1 failed: b.service"]
