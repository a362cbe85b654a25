from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.core.errors import Unavailable
from ops.core.verdict import Finding, Verdict
from ops.health import units
from ops.health.units import KIND, Moment, Options, failed, judge_expected, judge_failed, judge_timers, stopped
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


AT = Moment(now=1_795_800_000.0, running=500_000.0)
LISTED = "smartd.service loaded failed failed Self Monitoring\n● fstrim.service loaded failed failed Discard\n"
# As systemd 252 and 257 show them.
FAILED = """\
Id=fstrim.service
Names=fstrim.service
LoadState=loaded
ActiveState=failed
SubState=failed
UnitFileState=static
ConditionResult=yes
StateChangeTimestampMonotonic=499000000000

Id=smartd.service
Names=smartd.service smartmontools.service
LoadState=loaded
ActiveState=failed
SubState=failed
UnitFileState=enabled
ConditionResult=yes
StateChangeTimestampMonotonic={since}
"""
TIMER = """\
Id=apt-daily.timer
Names=apt-daily.timer
LoadState=loaded
ActiveState={active}
SubState={sub}
UnitFileState={file}
ConditionResult={condition}
StateChangeTimestampMonotonic={changed}
NextElapseUSecRealtime={due}
LastTriggerUSec={last}
"""
WELL = {"active": "active", "sub": "waiting", "file": "enabled", "condition": "yes", "changed": "11000000"}
WELL |= {"due": "Fri 2026-11-27 18:20:00 UTC", "last": "Fri 2026-11-27 14:33:20 UTC"}


def test_a_failed_unit_is_named() -> None:
    finding = judge_failed(Options(), failed(LISTED), FAILED.format(since=100_000_000), AT)
    assert finding.verdict is Verdict.WARN
    assert finding.message == "2 failed: fstrim.service, smartd.service"


def test_a_unit_that_failed_just_now_is_given_time() -> None:
    finding = judge_failed(Options(), failed(LISTED), FAILED.format(since=499_900_000_000), AT)
    assert finding.message == "1 failed: fstrim.service"
    recent = FAILED.replace("499000000000", "499990000000").format(since=499_900_000_000)
    finding = judge_failed(Options(), failed(LISTED), recent, AT)
    assert (finding.verdict, finding.message) == (Verdict.PASS, "no failed units; 2 units failed just now")


def test_a_failed_unit_of_which_nothing_more_is_said_counts() -> None:
    assert judge_failed(Options(), failed(LISTED), "", AT).verdict is Verdict.WARN


def test_units_of_sessions_may_fail() -> None:
    names = ("run-r1.scope", "user@1000.service", "session-3.scope", "ssh@12-10.0.0.1:22-10.0.0.2:4711.service")
    assert all(Options().ignores(name) for name in names)


def test_nothing_failed() -> None:
    finding = judge_failed(Options(), failed("\n"), "", AT)
    assert (finding.verdict, finding.message) == (Verdict.PASS, "no failed units")


def test_many_failed_units_are_counted() -> None:
    listed = "".join(f"u{number}.service loaded failed failed\n" for number in range(9))
    assert judge_failed(Options(), failed(listed), "", AT).message.endswith("and 4 more")


def timer(at: Moment = AT, notes: dict[str, Any] | None = None, **changes: str) -> Finding:
    blocks = units._blocks(TIMER.format(**WELL | changes))
    return judge_timers(Options(), blocks, at, stopped({} if notes is None else notes, blocks, at.now))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"due": "Fri 2026-11-27 14:33:20 UTC"}, "was due 2h 46min ago"),
        ({"sub": "running", "due": "", "last": "Wed 2026-11-25 09:46:40 UTC"}, "waits for what it started 2d 7h ago"),
    ],
)
def test_a_timer_that_starts_nothing_warns(changes: dict[str, str], words: str) -> None:
    finding = timer(**changes)
    assert (finding.verdict, finding.message) == (Verdict.WARN, f"apt-daily.timer {words}")


def test_a_timer_that_was_stopped_warns_when_it_stays_so() -> None:
    notes: dict[str, Any] = {}
    seen = [timer(Moment(AT.now + seconds, 1.0), notes, **STOPPED).message for seconds in (0, 290, 310, 7200)]
    assert seen == [
        *("no late timers", "no late timers"),
        *("apt-daily.timer is stopped, since 5min 10s", "apt-daily.timer is stopped, since 2h"),
    ]
    assert timer(Moment(AT.now + 7500, 1.0), notes, due="").verdict is Verdict.PASS
    assert timer(Moment(AT.now + 7800, 1.0), notes, **STOPPED).verdict is Verdict.PASS, "it was started between"


STOPPED = {"active": "inactive", "sub": "dead", "changed": "0", "due": "", "last": ""}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {**STOPPED, "file": "disabled"},
        {**STOPPED, "condition": "no"},  # none for a container
        {"due": "Fri 2026-11-27 17:03:20 UTC"},
        {"due": "", "last": ""},  # one that counts from the start of the machine
        {"due": "n/a", "last": "n/a"},
        {"sub": "running", "due": "", "last": "Fri 2026-11-27 14:33:20 UTC"},
        {"sub": "elapsed", "due": ""},
    ],
)
def test_a_timer_that_is_well_passes(changes: dict[str, str]) -> None:
    notes = {"stopped": {"apt-daily.timer": AT.now - 86_400}}
    assert timer(notes=notes, **changes).verdict is Verdict.PASS


def test_a_pattern_excuses_a_timer() -> None:
    blocks = units._blocks(TIMER.format(**WELL | {"due": "Mon 2026-11-23 14:33:20 UTC"}))
    assert judge_timers(Options(), blocks, AT, {}).verdict is Verdict.WARN
    assert judge_timers(Options(ignore=("apt-*",)), blocks, AT, {}).verdict is Verdict.PASS


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
    assert [finding.message for finding in findings] == ["a.service active", "1 failed: b.service", "no late timers"]
