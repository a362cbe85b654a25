"""What stands beside the verdict: each answer where there is something to say, and none of it where all is well."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ops.core import clock
from ops.core.verdict import Verdict
from ops.interfaces.fleet_status import FleetStatus, Room
from ops.interfaces.state import UnreadableState
from ops.reports.status.enumeration import enumerated
from ops.reports.status.view import view
from ops.reports.times import in_words

sys.path.insert(0, str(Path(__file__).parent))
import fifty
from asked import glance, silent, with_asset


def test_nothing_wants_attention_where_all_is_well() -> None:
    assert [one.word for one in view(fifty.healthy()).glances if one.loud] == []


def test_every_question_wants_attention_where_its_answer_is_bad() -> None:
    assert all(one.loud for one in view(fifty.troubled()).glances)


def test_an_empty_fleet_claims_nothing() -> None:
    status = FleetStatus(time=clock.iso(fifty.NOW), verdict=Verdict.UNKNOWN, machines={}, assets={})
    assert [one.lines[0] for one in view(status).glances] == [
        "The policy protects nothing yet.",
        "The policy protects nothing yet.",
        "The policy has no backup host.",
        "Nothing is due.",
        "This is the first status here: there is none to compare with.",
        "None: the latest attempt of every act was good.",
    ]


# drills


def test_what_was_never_restored_is_named() -> None:
    status = with_asset(fifty.healthy(), "his", drill=None, drill_host=None)
    assert "1 asset of 50 was never restored in a drill: his." in glance(status, "drill").lines
    failed = replace(fifty.healthy().assets["his"].drill, last_good=None, verdict=Verdict.FAIL)
    found = glance(with_asset(fifty.healthy(), "his", drill=failed), "drill")
    assert (found.lines[0], found.more) == ("1 asset of 50 was never restored in a drill: his.", ())


def test_a_drill_from_the_future_is_not_known() -> None:
    drill = fifty.healthy().assets["his"].drill
    ahead = replace(drill, last_good=replace(drill.last_good, time=fifty.ago(days=-365)))
    found = glance(with_asset(fifty.healthy(), "his", drill=ahead), "drill")
    assert found.loud
    assert found.lines == ("Not known of his.", "The oldest proof that is known: spirometry, 28 days ago.")


def test_when_many_were_never_restored_all_are_there_to_unfold() -> None:
    status = fifty.healthy()
    assets = {name: replace(asset, drill=None, drill_host=None) for name, asset in status.assets.items()}
    found = glance(replace(status, assets=assets), "drill")
    assert found.lines == (
        "50 assets of 50 were never restored in a drill: access_cards, accounts, agenda and 47 more.",
    )
    assert found.more == tuple(sorted(fifty.NAMES))


def test_of_a_silent_drill_host_nothing_is_claimed() -> None:
    for status in (silent("drill1"), with_asset(fifty.healthy(), "his", drill=UnreadableState(message="rubbish"))):
        found = glance(status, "drill")
        assert found.loud
        assert not [line for line in found.lines if "never" in line or "All 50" in line]
        assert any(line.startswith("Not known of") for line in found.lines)


# room


ROOMS = {
    "nobody looks": (Room(host="b"), True, "b: how much room it has is not known."),
    "too short": (
        Room(host="b", path="/srv", free_bytes=1 << 40, days=3),
        False,
        "b: 1 TiB free at /srv; when it is full is not known yet, watched for 3 days of 7.",
    ),
    "empties": (
        Room(host="b", path="/srv", free_bytes=1 << 40, days=9, bytes_per_day=-5),
        False,
        "b: 1 TiB free at /srv; it does not fill up.",
    ),
    "never": (
        Room(host="b", path="/srv", free_bytes=1 << 40, days=9, bytes_per_day=1 << 20),
        False,
        "b: 1 TiB free at /srv; not full within ten years at 1 MiB a day.",
    ),
    "soon": (
        Room(host="b", path="/srv", free_bytes=1 << 40, days=9, bytes_per_day=1 << 35, full=fifty.ago(days=-32)),
        True,
        "b: 1 TiB free at /srv; full in about 32 days, on 2026-12-24, at 32 GiB a day.",
    ),
    "later": (
        Room(host="b", path="/srv", free_bytes=1 << 40, days=9, bytes_per_day=1 << 33, full=fifty.ago(days=-128)),
        False,
        "b: 1 TiB free at /srv; full in about 5 months, on 2027-03-30, at 8 GiB a day.",
    ),
}


@pytest.mark.parametrize(("room", "loud", "line"), ROOMS.values(), ids=ROOMS)
def test_when_a_backup_host_is_full(room: Room, loud: bool, line: str) -> None:
    found = glance(replace(fifty.healthy(), rooms=(room,)), "room")
    assert (found.loud, found.lines) == (loud, (line,))


# due


def test_what_is_due_next_of_each_kind() -> None:
    found = glance(fifty.healthy(), "due")
    assert found.lines == (
        "2026-11-22 23:05: 50 backups",
        "2026-11-23 11:05: 7 drills",
        "2026-11-30 11:05: 50 copies",
    )
    assert len(found.more) == 150
    assert found.more[0] == "2026-11-22 23:05: backup of access_cards, on srv01"


DUTIES = {
    "overdue": (
        {"standing": "overdue", "verdict": Verdict.WARN, "due": "2026-11-12"},
        True,
        "10 days overdue: was due by 2026-11-12",
    ),
    "soon": ({"standing": "soon", "due": "2026-11-24"}, False, "due in 2 days, by 2026-11-24"),
}


@pytest.mark.parametrize(("changed", "loud", "when"), DUTIES.values(), ids=DUTIES)
def test_a_duty_that_cannot_wait_stands_first(changed: dict[str, object], loud: bool, when: str) -> None:
    found = glance(replace(fifty.healthy(), duties=(replace(fifty.DUTY, **changed),)), "due")
    assert (found.loud, found.lines[0]) == (loud, f"fire_doors: {when} (Facility manager)")
    assert len(found.lines) == 4


def test_a_duty_that_can_wait_is_only_there_to_unfold() -> None:
    found = glance(replace(fifty.healthy(), duties=(fifty.DUTY,)), "due")
    assert (found.loud, len(found.lines)) == (False, 3)
    assert found.more[0] == "fire_doors: due by 2027-02-20 (Facility manager)"


# changes


def test_what_is_worse_comes_first_and_is_loud() -> None:
    status = fifty.healthy()
    before = replace(status.before, assets={**status.before.assets, "pacs": Verdict.FAIL, "old": Verdict.PASS})
    better = replace(status, before=before)
    assert glance(better, "changes").lines[0] == "Compared with 2026-11-21 12:05: pacs fail → pass, old is gone"
    assert not glance(better, "changes").loud
    worse = with_asset(better, "his", verdict=Verdict.FAIL)
    assert "12:05: his pass → fail, pacs" in glance(worse, "changes").lines[0]
    assert glance(worse, "changes").loud


def test_a_new_thing_is_called_new() -> None:
    status = fifty.healthy()
    before = replace(
        status.before, machines={name: one for name, one in status.before.machines.items() if name != "srv02"}
    )
    assert "srv02 is new" in glance(replace(status, before=before), "changes").lines[0]


def test_how_many_assets_an_act_ended_well_for_since_then() -> None:
    status = with_asset(fifty.healthy(), "his", copies={"offsite": fifty._copy("his", days=3)})
    assert glance(status, "changes").lines == (
        "Compared with 2026-11-21 12:05: nothing is better or worse.",
        "Since then, of 50 assets: 50 backed up, 49 copied, 0 drilled.",
    )


def test_the_first_status_says_that_it_is_the_first() -> None:
    found = glance(replace(fifty.healthy(), before=None), "changes")
    assert (found.loud, found.lines) == (False, ("This is the first status here: there is none to compare with.",))


def test_what_cannot_be_compared_says_why() -> None:
    found = glance(replace(fifty.healthy(), before=None, not_compared="x is damaged"), "changes")
    assert (found.loud, found.lines) == (True, ("What changed is not known: x is damaged.",))


# attempts


def test_attempts_that_failed_the_newest_first() -> None:
    status = fifty.healthy()
    for number, name in enumerate(("his", "lis", "pacs", "ris")):
        backup = replace(
            status.assets[name].backup, verdict=Verdict.FAIL, finished=fifty.ago(hours=number), message="no"
        )
        status = with_asset(status, name, backup=backup)
    found = glance(status, "attempt")
    assert found.loud
    assert found.lines[0] == "2026-11-22 11:05, backup of his: no"
    assert (len(found.lines), len(found.more)) == (3, 4)


def test_a_warning_is_no_failed_attempt() -> None:
    copy = replace(fifty._copy("his", hours=8), verdict=Verdict.WARN)
    assert not glance(with_asset(fifty.healthy(), "his", copies={"offsite": copy}), "attempt").loud


def test_where_a_machine_is_silent_none_is_known() -> None:
    assert glance(silent("srv01"), "attempt").lines == ("None is known.",)


@pytest.mark.parametrize("act", ["backup", "copy", "drill"])
def test_an_attempt_whose_state_cannot_be_read_is_not_known(act: str) -> None:
    rubbish = UnreadableState(message="rubbish")
    changed = {"copies": {"offsite": rubbish}} if act == "copy" else {act: rubbish}
    status = with_asset(fifty.healthy(), "his", **changed)
    found = glance(status, "attempt")
    what = "copy of his to offsite" if act == "copy" else f"{act} of his"
    assert found.loud
    assert found.lines == ("None is known.", f"Not known of {what}: the state can't be read.")
    failed = replace(status.assets["pacs"].backup, verdict=Verdict.FAIL, message="no")
    found = glance(with_asset(status, "pacs", backup=failed), "attempt")
    assert found.lines[1:] == (f"Not known of {what}: the state can't be read.",)


# words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=3), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=1), "48 hours"),
        (timedelta(days=10, seconds=1), "11 days"),
        (timedelta(days=61), "3 months"),
    ],
)
def test_spans_in_words_are_never_too_short(span: timedelta, words: str) -> None:
    assert in_words(span.total_seconds()) == words


@pytest.mark.parametrize(("count", "said"), [(1, "a"), (4, "a, b, c, d"), (5, "a, b, c and 2 more")])
def test_names_in_a_row(count: int, said: str) -> None:
    assert enumerated("abcde"[:count]) == said
