"""Which acts `seawall fleet run` means, how it judges their ends, and what it shows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops import cli
from ops.core.errors import UsageError
from ops.core.verdict import Verdict
from ops.fleet.acts import show
from ops.fleet.acts.choose import Act, choose
from ops.fleet.acts.follow import Board, judge
from ops.fleet.facts.unit import Outcome, UnitState
from ops.fleet.inventory import Inventory

SITE = yaml.safe_load("""
version: 1
site: {name: Test hospital}
contacts: {it_head: {name: Head of IT}}
repositories:
  primary: {kind: rest_server, place: primary, host: backup1}
  offsite: {kind: rest_server, place: offsite, host: offsite1}
""")
HIS = yaml.safe_load("""
assets:
  his:
    owner: it_head
    sources: {documents: {kind: files, options: {paths: [/srv/documents]}}}
    repository: primary
    schedule: "*-*-* 01:30:00"
    rpo: 26h
    rto: 1h
    retention: {all: 30d}
    copies: {offsite: {to: offsite, calendar: "day 10, last day"}}
    drill: {kind: files, host: drill1, every: 31d}
""")
LIS = {"assets": {"lis": {**HIS["assets"]["his"], "copies": {}}}}
del LIS["assets"]["lis"]["drill"]
HOSTS = ("his1", "lis1", "backup1", "offsite1", "drill1")


GROUPS = {
    "all": HOSTS,
    "servers": ("his1", "lis1"),
    "backup_hosts": ("backup1", "offsite1"),
    "drill_hosts": ("drill1",),
}


@pytest.fixture
def inventory() -> Inventory:
    variables: dict[str, Any] = {host: {"policy__all": SITE} for host in HOSTS}
    variables["his1"]["policy__host"], variables["lis1"]["policy__host"] = HIS, LIS
    return Inventory(Path(), variables, GROUPS)


def names(acts: list[Act]) -> list[str]:
    return [f"{act.host} {act.unit}" for act in acts]


@pytest.mark.parametrize(
    ("act", "assets", "on", "wanted"),
    [
        ("backup", [], [], ["his1 seawall-backup-his", "lis1 seawall-backup-lis"]),
        ("backup", ["lis"], [], ["lis1 seawall-backup-lis"]),
        ("backup", [], ["his1"], ["his1 seawall-backup-his"]),
        ("backup", [], ["servers"], ["his1 seawall-backup-his", "lis1 seawall-backup-lis"]),
        ("copy", [], [], ["his1 seawall-copy-his-offsite"]),
        ("drill", ["his"], [], ["drill1 seawall-drill-his"]),
        ("health", [], ["servers", "drill1"], [f"{host} seawall-health" for host in ("his1", "lis1", "drill1")]),
    ],
)
def test_the_units_of_the_policy_are_chosen(
    inventory: Inventory, act: str, assets: list[str], on: list[str], wanted: list[str]
) -> None:
    assert names(choose(inventory, act, assets, on)) == wanted


@pytest.mark.parametrize(
    ("act", "assets", "on", "reason"),
    [
        ("backup", ["hsi"], [], "the policy has no asset 'hsi', did you mean 'his'?"),
        ("backup", [], ["hsi1"], "the inventory has no host or group 'hsi1', did you mean 'his1'?"),
        ("drill", ["lis"], [], "the policy has no drill for lis"),
        ("backup", ["his"], ["lis1"], "his has no backup on these hosts"),
        ("backup", [], ["drill1"], "the policy has no backup for these hosts"),
        ("health", ["his"], [], "a health check is about a machine"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    inventory: Inventory, act: str, assets: list[str], on: list[str], reason: str
) -> None:
    with pytest.raises(UsageError) as refused:
        choose(inventory, act, assets, on)
    assert refused.value.message.startswith(reason)


def state(**changed: Any) -> UnitState:
    return UnitState(**{"loaded": "loaded", "active": "inactive", "sub": "dead", "job": False, "result": "success",
                        "code": 0, **changed})  # fmt: skip


def left(verdict: str, started: str) -> Outcome:
    return Outcome(Verdict(verdict), "142 MiB", started, started)


@pytest.mark.parametrize(
    ("seen", "before", "after", "verdict", "message"),
    [
        (state(), None, left("pass", "2"), "pass", "142 MiB"),
        (state(), left("fail", "1"), left("pass", "2"), "pass", "142 MiB"),
        (state(result="exit-code", code=1), left("pass", "1"), left("fail", "2"), "fail", "142 MiB"),
        (
            state(result="exit-code", code=1),
            left("pass", "1"),
            left("pass", "1"),
            "fail",
            "ended with code 1 (exit-code)",
        ),
        (
            state(result="timeout", code=15),
            left("pass", "1"),
            left("pass", "2"),
            "fail",
            "was ended by systemd (timeout)",
        ),
        (
            state(result="oom-kill", code=9),
            left("pass", "1"),
            left("pass", "1"),
            "fail",
            "ended with code 9 (oom-kill)",
        ),
        (
            state(result="exit-code", code=1),
            left("pass", "1"),
            left("pass", "2"),
            "fail",
            "ended with code 1, although",
        ),
        (state(result="exit-code", code=1), left("pass", "1"), left("warn", "2"), "warn", "142 MiB"),
        (state(), left("pass", "1"), left("pass", "1"), "unknown", "ended and left no outcome"),
        (state(), None, None, "unknown", "ended and left no outcome"),
        (None, None, left("pass", "2"), "unknown", "systemd does not say how it ended"),
    ],
)
def test_only_an_outcome_of_this_run_counts(
    seen: UnitState | None, before: Outcome | None, after: Outcome | None, verdict: str, message: str
) -> None:
    found, words = judge(seen, before, after)
    assert (found.value, words.startswith(message)) == (verdict, True), words


BACKUP = Act("his1", "backup", "his", "seawall-backup-his", 60)
HEALTH = Act("lis1", "health", "", "seawall-health", 60)


@pytest.fixture
def board() -> Board:
    ended = Board([BACKUP, HEALTH], lambda *_: None)
    for act in (BACKUP, HEALTH):
        ended.begin(act)
    ended.end(BACKUP, Verdict.PASS, "142 MiB")
    ended.end(HEALTH, Verdict.UNKNOWN, "does not answer")
    return ended


def test_the_table_has_every_act_with_its_end(board: Board) -> None:
    assert show.table(board).splitlines() == [
        "         HOST  ACT     ASSET  SECONDS  MESSAGE",
        "pass     his1  backup  his    0        142 MiB",
        "unknown  lis1  health         0        does not answer",
        "unknown: 2 ended",
    ]


def test_plain_data_have_the_same(board: Board) -> None:
    plain = show.plain(board)
    assert plain["verdict"] == "unknown"
    assert [(act["host"], act["asset"], act["verdict"]) for act in plain["acts"]] == [
        ("his1", "his", "pass"),
        ("lis1", None, "unknown"),
    ]


def test_a_line_for_each_change_and_none_after_everybody_left() -> None:
    out = io.StringIO()
    told = Board([BACKUP, HEALTH], show.Progress(out).change)
    told.begin(BACKUP)
    told.runs(BACKUP, "started")
    told.leave()
    told.say(BACKUP, "never told")
    told.end(BACKUP, Verdict.UNKNOWN, "the connection was lost")
    assert [line[9:] for line in out.getvalue().splitlines()] == ["his1 backup-his: started"]
    assert (list(told.running), told.units) == ([BACKUP], {BACKUP})
    assert told.waiting == [HEALTH]


def test_a_terminal_has_one_line_that_is_written_again(board: Board) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    show.Progress(out).running(board)
    assert out.getvalue() == "\r\x1b[K2 of 2 ended; nothing running"


@pytest.mark.parametrize("number", ["0", "33", "many", "-1"])
def test_how_many_at_once_has_limits(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["fleet", "run", "health", "--at-once", number]) == 3
    assert "is not a number from 1 to 32" in capsys.readouterr().err
