from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.cli import run
from ops.core.clock import iso, now
from ops.core.errors import Unavailable
from ops.core.quantity import Duration
from ops.core.verdict import Finding, Verdict
from ops.health import disk, drill_age
from ops.interfaces.check import Check
from ops.jobs.health import job
from ops.jobs.health.findings import join
from ops.policy.model import CheckSpec, HostPolicy, Site
from tests.states import states

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LOW = {f"{what}{how}_below": f"{least}%" for what in ("", "inodes_") for how, least in (("warn", 0.1), ("fail", 0))}
LOW |= {f"tight_{how}_below": "0%" for how in ("warn", "fail")}
POLICY = {
    "version": 1,
    "host": "his1",
    "site": {"name": "Test hospital", "timezone": "America/Sao_Paulo"},
    "checks": {
        "root_disk": {"kind": "disk", "options": LOW},
        "backup_age_his": {"kind": "backup_age", "options": {"asset": "his", "rpo": "26h"}},
        "gone": {"kind": "disk", "options": {"path": "/nowhere/at/all"}},
    },
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server of its own."""
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    (tmp_path / "etc/seawall").mkdir(parents=True)
    (tmp_path / "etc/seawall/policy.json").write_text(json.dumps(POLICY))
    write(tmp_path, "backup-his", {"verdict": "pass", "message": "", "last_good": {"time": iso(now())}})
    return tmp_path


def write(root: Path, name: str, data: dict[str, Any]) -> None:
    folder = root / "var/lib/seawall/state"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"version": 1, "kind": name.partition("-")[0], **data}))


def recorded(root: Path) -> dict[str, Any]:
    return dict(json.loads((root / "var/lib/seawall/state/health.json").read_text()))


def test_run_records_what_it_saw_and_ends_well_though_it_is_bad(root: Path) -> None:
    assert run(["health", "run"]) == 0
    state = recorded(root)
    assert (state["kind"], state["version"], state["host"], state["verdict"]) == ("health", 1, "his1", "unknown")
    assert [entry["verdict"] for entry in state["checks"]] == ["pass", "pass", "unknown"]
    assert state["checks"][1]["asset"] == "his"


def test_run_without_a_policy_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_ROOT", str(tmp_path))
    assert run(["health", "run"]) == 3


def test_show_judges_what_was_recorded(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["health", "run"])
    capsys.readouterr()
    assert run(["health", "show"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["unknown", "gone", "/nowhere/at/all:", "No", "such", "file", "or", "directory"]


def test_show_before_any_look_is_unknown(root: Path) -> None:
    assert run(["health", "show"]) == 3


def test_a_check_keeps_the_day_since_which_it_is_asked_for(root: Path) -> None:
    write(
        root,
        "health",
        {
            "finished": iso(NOW),
            "verdict": "pass",
            "checks": [
                {
                    "name": "root_disk",
                    "kind": "disk",
                    "verdict": "pass",
                    "message": "",
                    "since": "2026-01-02T03:04:05Z",
                }
            ],
        },
    )
    run(["health", "run"])
    since = {entry["name"]: entry["since"] for entry in recorded(root)["checks"]}
    assert since["root_disk"] == "2026-01-02T03:04:05Z"
    assert since["gone"] > "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("age", "verdict"), [(4, "pass"), (14, "pass"), (16, "unknown"), (-4, "pass"), (-6, "unknown")]
)
def test_a_look_that_is_too_old_or_from_the_future_is_unknown(age: int, verdict: str) -> None:
    state = {
        "finished": iso(NOW - timedelta(minutes=age)),
        "checks": [{"name": "a", "kind": "disk", "verdict": "pass", "message": ""}],
    }
    assert job.recorded(states({"health": state}), NOW).verdict == verdict


@pytest.mark.parametrize(
    "broken",
    [{"kind": None, "message": "not whole"}, {"finished": "x", "checks": []}, {"finished": iso(NOW), "checks": [3]}],
)
def test_a_record_that_cannot_be_read_is_an_error(broken: dict[str, Any]) -> None:
    with pytest.raises(Unavailable, match="can't be read"):
        job.recorded(states({"health": broken}), NOW)


def policy(**checks: CheckSpec) -> HostPolicy:
    return HostPolicy(1, "his1", Site("Test"), checks=checks)


def test_a_fault_in_one_check_is_its_own_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(*_: object) -> list[Finding]:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(disk, "KIND", Check(disk.Options, probe))
    entries = job.look(policy(bad=CheckSpec("disk", disk.Options()), good=CheckSpec("memory", None)), {}, NOW)
    assert entries[0].message == "this check failed with an error: ZeroDivisionError: by zero"
    assert len(entries) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unavailable("it is silent"), "it is silent"),
        (OSError(5, "Input/output error", "/mnt"), "/mnt: Input/output error"),
        (ZeroDivisionError("by zero"), "this check failed with an error: ZeroDivisionError: by zero"),
    ],
)
def test_what_a_check_found_before_an_error_counts(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def probe(*_: object) -> Iterator[Finding]:
        yield Finding(Verdict.FAIL, "broken", {"a": 1.0})
        raise error

    monkeypatch.setattr(disk, "KIND", Check(disk.Options, probe))
    (entry,) = job.look(policy(bad=CheckSpec("disk", disk.Options())), {}, NOW)
    assert (entry.verdict, entry.message, entry.figures) == (Verdict.FAIL, f"broken; {words}", {"a": 1.0})


def test_what_a_check_found_before_it_hung_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()

    def probe(*_: object) -> Iterator[Finding]:
        yield Finding(Verdict.FAIL, "broken")
        release.wait(20)

    monkeypatch.setattr(disk, "KIND", Check(disk.Options, probe))
    monkeypatch.setattr(job, "DEADLINE", 0.5)
    (entry,) = job.look(policy(slow=CheckSpec("disk", disk.Options())), {}, NOW)
    release.set()
    assert entry.verdict is Verdict.FAIL
    assert entry.message.startswith("broken; did not finish within")


def test_the_figures_of_the_worst_are_kept() -> None:
    low, well = Finding(Verdict.FAIL, "low", {"charge": 4}), Finding(Verdict.PASS, "well", {"charge": 100})
    assert join([low, well]).figures == join([well, low]).figures == {"charge": 4}


def test_a_check_that_hangs_does_not_hold_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()

    def probe(*_: object) -> list[Finding]:
        release.wait(20)
        return []

    monkeypatch.setattr(disk, "KIND", Check(disk.Options, probe))
    monkeypatch.setattr(job, "DEADLINE", 0.5)
    options = __import__("ops.health.memory", fromlist=["Options"]).Options()
    entries = job.look(policy(slow=CheckSpec("disk", disk.Options()), quick=CheckSpec("memory", options)), {}, NOW)
    release.set()
    assert "did not finish within" in entries[0].message
    assert entries[1].verdict != "unknown"


def test_a_check_that_does_not_end_in_time_is_asked_for_since_the_same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()
    monkeypatch.setattr(disk, "KIND", Check(disk.Options, lambda *_: [release.wait(20)][:0]))
    monkeypatch.setattr(job, "DEADLINE", 0.2)
    since = "2026-01-02T03:04:05Z"
    entry = {"name": "slow", "kind": "disk", "verdict": "pass", "message": "", "since": since}
    before = states({"health": {"finished": iso(NOW), "checks": [entry]}})
    (entries,) = job.look(policy(slow=CheckSpec("disk", disk.Options())), before, NOW)
    release.set()
    assert (entries.verdict, entries.since) == (Verdict.UNKNOWN, since)


def test_one_slow_round_makes_nothing_milder(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed stays so, and its words do not grow from round to round."""
    import threading

    checks = policy(**{"drill_age-his": CheckSpec("drill_age", drill_age.Options("his", Duration.parse("30d")))})
    words = "never drilled; it was due 2026-09-13"
    found = job.look(checks, {}, NOW - timedelta(days=100))
    for _ in range(2):
        found = job.look(checks, {"health": job.record(checks, found, NOW)}, NOW)
        assert (found[0].verdict, found[0].message) == (Verdict.FAIL, words)
        for _ in range(2):
            release = threading.Event()
            with monkeypatch.context() as patch:
                patch.setattr(drill_age, "KIND", Check(drill_age.Options, lambda *_, end=release: [end.wait(20)][:0]))
                patch.setattr(job, "DEADLINE", 0.2)
                found = job.look(checks, {"health": job.record(checks, found, NOW)}, NOW)
            release.set()
            assert (found[0].verdict, found[0].asset) == (Verdict.FAIL, "his")
            assert found[0].message == f"did not finish within 0 s; in the round before: {words}"


def test_since_when_a_check_is_asked_for_is_known_by_its_former_name() -> None:
    options = drill_age.Options("his", Duration.parse("30d"))
    checks = policy(**{"drill_age-his": CheckSpec("drill_age", options)})
    long_ago = iso(NOW - timedelta(days=100))
    for about in ({}, {"asset": "his"}):
        before = states({"health": {"finished": iso(NOW), "checks": [former("drill_age", long_ago, **about)]}})
        (entry,) = job.look(checks, before, NOW)
        assert (entry.name, entry.since, entry.verdict) == ("drill_age-his", long_ago, Verdict.FAIL)
    for other in (former("disk", long_ago), former("drill_age", long_ago, asset="another")):
        (entry,) = job.look(checks, states({"health": {"finished": iso(NOW), "checks": [other]}}), NOW)
        assert entry.since == iso(NOW)


def former(kind: str, since: str, **about: str) -> dict[str, Any]:
    return {"name": "drill_age_his", "kind": kind, "verdict": "warn", "message": "", "since": since, **about}


def test_what_a_clock_that_was_ahead_noted_puts_nothing_off() -> None:
    options = drill_age.Options("his", Duration.parse("30d"))
    checks = policy(**{"drill_age-his": CheckSpec("drill_age", options)})
    found = job.look(checks, {}, NOW + timedelta(days=4000))
    found = job.look(checks, {"health": job.record(checks, found, NOW)}, NOW)
    assert (found[0].since, found[0].message) == (iso(NOW), "not drilled yet, due by 2026-12-22")


def test_a_check_that_sees_nothing_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "KIND", Check(disk.Options, lambda *_: []))
    (entry,) = job.look(policy(empty=CheckSpec("disk", disk.Options())), {}, NOW)
    assert (entry.verdict, entry.message) == ("unknown", "the check returned no result")


def test_a_figure_that_is_no_number_does_not_make_the_round_unreadable(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"a": float("nan"), "b": float("inf"), "c": 1.0}
    monkeypatch.setattr(disk, "KIND", Check(disk.Options, lambda *_: [Finding(Verdict.PASS, "\udce9", figures)]))
    assert run(["health", "run"]) == 0
    assert recorded(root)["checks"][0]["figures"] == {"c": 1.0}
    assert run(["health", "show"]) == 0


def test_of_several_findings_the_worst_is_told_first() -> None:
    joined = join(
        [
            Finding(Verdict.PASS, "fine", {"a": 1}),
            Finding(Verdict.WARN, "odd"),
            Finding(Verdict.FAIL, "broken", {"b": 2}),
        ]
    )
    assert joined == Finding(Verdict.FAIL, "broken; odd", {"a": 1, "b": 2})


def test_check_looks_now_and_records_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "root_disk"]) == 0
    assert "root_disk" in capsys.readouterr().out
    assert not (root / "var/lib/seawall/state/health.json").exists()
    assert run(["check"]) == 3
    assert run(["check", "--json", "backup_age_his"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["checks"][0]["kind"] == "backup_age"


def test_check_knows_its_names(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "rootdisk"]) == 3
    assert "did you mean 'root_disk'?" in capsys.readouterr().err
