"""Following a unit: which lines are shown, each once, and when waiting is over. With real units: tests/lab."""

import json
import os
import sys
from pathlib import Path

import pytest

from ops.core.errors import UsageError
from ops.core.run import stream
from ops.jobs.run import systemd_unit
from ops.jobs.run.systemd_unit import Journal, _code, _demand_startable, _lines_until_ended

BEFORE, THIS, AFTER = "a" * 32, "b" * 32, "c" * 32


def entry(cursor: str, said: object, run: str | None = THIS) -> str:
    named = {"_SYSTEMD_INVOCATION_ID": run} if run else {}
    return json.dumps({"__CURSOR": cursor, "MESSAGE": said, **named})


def shown(journal: Journal, *lines: str) -> list[str]:
    return [said for line in lines if (said := journal.read(line)) is not None]


def test_a_line_that_is_read_twice_is_shown_once() -> None:
    journal = Journal("one.service", BEFORE)
    assert shown(journal, entry("1", "first"), entry("2", "second")) == ["first", "second"]
    assert "--cursor=2" in journal.command()
    assert shown(journal, entry("2", "second"), entry("3", "third")) == ["third"]


def test_two_lines_that_say_the_same_are_both_shown() -> None:
    assert shown(Journal("one.service", BEFORE), entry("1", "same"), entry("2", "same")) == ["same", "same"]


def test_lines_of_other_runs_are_passed_over() -> None:
    journal = Journal("one.service", BEFORE)
    lines = (entry("1", "late", BEFORE), entry("2", "ours"), entry("3", "the next", AFTER), entry("4", "still ours"))
    assert shown(journal, *lines) == ["ours", "still ours"]


def test_a_line_that_names_no_run_is_of_this_one() -> None:
    journal = Journal("one.service", "")
    assert shown(journal, entry("1", "first", None), entry("2", "second")) == ["first", "second"]
    assert journal.this == THIS


def test_a_line_cut_short_is_read_again() -> None:
    journal = Journal("one.service", BEFORE)
    whole = entry("1", "said")
    assert shown(journal, whole[:-9], whole) == ["said"]


@pytest.mark.parametrize(
    ("message", "said"), [([104, 105, 255], "hi\ufffd"), (None, ""), ("Dvůr\u2028患", "Dvůr\u2028患")]
)
def test_whatever_a_unit_says_is_shown(message: object, said: str) -> None:
    assert shown(Journal("one.service", BEFORE), entry("1", message)) == [said]


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_lines_come_whole_and_are_waited_for_until_enough(tmp_path: Path) -> None:
    mark = tmp_path / "enough"
    says = "import os, time\nfor n in range(2000): os.write(1, b'%d ' % n * 9); os.write(1, b'\\n')\n"
    then = f"open({str(mark)!r}, 'w').close(); time.sleep(60)"
    with stream(["sleep", "60"], timeout=90) as starting, stream(python(says + then), timeout=90) as following:
        lines = list(_lines_until_ended("one.service", starting, following, mark.exists))
        for program in (starting, following):
            program.dismiss()
    assert lines
    numbers = [line.split() for line in lines]
    assert all(words == [b"%d" % n] * 9 for n, words in enumerate(numbers))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"LoadState": "not-found"}, "has no unit one.service"),
        ({"LoadState": "masked"}, "is masked"),
        ({"LoadState": "bad-setting"}, "cannot read one.service: bad-setting"),
        ({"LoadState": "loaded", "ActiveState": "activating"}, "is already running"),
        ({"LoadState": "loaded", "ActiveState": "deactivating"}, "is already running"),
    ],
)
def test_what_cannot_be_started_is_said(state: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _demand_startable("one.service", state)


@pytest.mark.parametrize(
    ("state", "waits"), [("activating", True), ("deactivating", True), ("inactive", False), ("failed", False)]
)
def test_a_copy_that_waits_for_its_backup_says_so_before_it_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: str, waits: bool
) -> None:
    backup = "seawall-backup-his.service"
    answers = {
        "seawall-copy-his-offsite.service": {
            "LoadState": "loaded",
            "ActiveState": "inactive",
            "After": f"network-online.target seawall.slice {backup} systemd-journald.socket",
        },
        backup: {"LoadState": "loaded", "ActiveState": state, "After": "network-online.target"},
    }
    said = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("SEAWALL_ROOT", raising=False)
    monkeypatch.setattr(systemd_unit, "_show", answers.__getitem__)  # asked for anything else, it fails
    monkeypatch.setattr(systemd_unit, "reset_failed", lambda unit: None)
    monkeypatch.setattr(systemd_unit, "_followed", lambda *_: said.append(capsys.readouterr().out) or 0)
    systemd_unit.run_in_unit("seawall-copy-his-offsite.service", "copy-his-offsite")
    line = f"waits for {backup}, which is still running; journalctl -fu {backup} shows its output\n"
    assert said == [line if waits else ""]


@pytest.mark.parametrize("state", ["inactive", "failed"])
def test_what_has_ended_may_be_started_again(state: str) -> None:
    _demand_startable("one.service", {"LoadState": "loaded", "ActiveState": state})


@pytest.mark.parametrize(
    ("result", "code", "status", "expected"),
    [
        ("success", "1", "0", 0),
        ("exit-code", "1", "2", 2),
        ("signal", "2", "1", 3),  # SIGHUP, which is no warning
        ("signal", "2", "9", 3),
        ("timeout", "2", "15", 3),
        ("timeout", "1", "0", 3),
        ("timeout", "1", "2", 2),  # asked to end, it found the words itself
    ],
)
def test_a_run_that_was_ended_has_the_exit_code_of_what_was_not_tried(
    result: str, code: str, status: str, expected: int
) -> None:
    assert _code({"Result": result, "ExecMainCode": code, "ExecMainStatus": status}, 3) == expected
