"""What was expected, done, late and missing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.core.verdict import Verdict
from ops.evidence.completeness import Completed, Expected, records, tally
from ops.evidence.ledger import NAME

START = datetime(2026, 11, 1, 1, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DUE = [START + day * DAY for day in range(4)]
UNTIL = START + 4 * DAY


def backups(*began: datetime, good: bool = True) -> list[Completed]:
    return [Completed("backup", "his", "", moment, good) for moment in began]


def found(
    done: list[Completed], until: datetime = UNTIL, now: datetime | None = None, **changed: Any
) -> tuple[int, int, int, int, Verdict]:
    asked = {"act": "backup", "asset": "his", "to": "primary", "due": DUE, **changed}
    allowed = asked.pop("allowed", HOUR)
    got = tally(Expected(**asked, latest=[due + allowed for due in asked["due"]]), done, until, now or until)
    return len(got.on_time), len(got.late), len(got.missing), got.failed, got.verdict


def test_all_in_time_passes() -> None:
    assert found(backups(*(due + HOUR for due in DUE))) == (4, 0, 0, 0, Verdict.PASS)


def test_one_that_came_later_is_late() -> None:
    done = backups(DUE[0], DUE[1] + 2 * HOUR, DUE[2], DUE[3])
    assert found(done) == (3, 1, 0, 0, Verdict.WARN)


def test_one_that_never_came_is_missing_though_it_was_tried() -> None:
    done = [*backups(DUE[0], DUE[2], DUE[3]), *backups(DUE[1], good=False)]
    assert found(done) == (3, 0, 1, 1, Verdict.FAIL)


def test_a_second_attempt_that_was_good_counts() -> None:
    done = [*backups(DUE[0], DUE[1] + HOUR / 2, DUE[2], DUE[3]), *backups(DUE[1], good=False)]
    assert found(done) == (4, 0, 0, 1, Verdict.PASS)


def test_two_by_hand_on_one_day_stand_for_one_day() -> None:
    done = backups(DUE[0], DUE[0] + HOUR, DUE[0] + 2 * HOUR, DUE[0] + 3 * HOUR)
    assert found(done) == (1, 0, 3, 0, Verdict.FAIL)


def test_what_may_still_come_in_time_is_not_expected_yet() -> None:
    assert found(backups(*DUE[:3]), until=DUE[3] + HOUR / 2) == (3, 0, 0, 0, Verdict.PASS)
    assert found(backups(*DUE[:3]), until=DUE[3] + HOUR) == (3, 0, 1, 0, Verdict.FAIL)
    assert found([], until=DUE[0], due=[])[-1] is Verdict.UNKNOWN


def test_a_period_that_is_over_expects_its_last_moment_too() -> None:
    """What was due an hour before its end, with a day to do it in, is judged by what came after."""
    asked = {"until": DUE[0] + HOUR, "due": DUE[:1], "allowed": DAY}
    assert found([], now=DUE[0] + 2 * HOUR, **asked) == (0, 0, 0, 0, Verdict.UNKNOWN)
    assert found([], now=DUE[0] + DAY, **asked) == (0, 0, 1, 0, Verdict.FAIL)
    assert found(backups(DUE[0] + 20 * HOUR), now=DUE[0] + DAY, **asked) == (1, 0, 0, 0, Verdict.PASS)


def test_a_copy_counts_for_its_own_repository_within_its_grace() -> None:
    done = [
        Completed("copy", "his", "offsite", DUE[0] + 20 * HOUR, True),
        Completed("copy", "his", "removable", DUE[1], True),
    ]
    assert found(done, act="copy", to="offsite", due=DUE[:2], allowed=DAY) == (1, 0, 1, 0, Verdict.FAIL)


def test_other_assets_and_acts_count_for_nothing() -> None:
    done = [Completed("backup", "lis", "", due, True) for due in DUE] + [
        Completed("drill", "his", "", due, True) for due in DUE
    ]
    assert found(done) == (0, 0, 4, 0, Verdict.FAIL)


def test_the_ledger_is_read_by_when_acts_began(tmp_path: Path) -> None:
    assert records(tmp_path) == []
    (tmp_path / NAME).write_bytes(
        b'{"act":"copy","subject":"his","result":"warn","when":"2026-11-01T04:00:00Z","started":"2026-11-01T01:30:00Z",'
        b'"facts":{"repository":"offsite"}}\nnonsense\n[]\n{"act":"copy"}\n'
        b'{"act":"backup","subject":"his","result":"unknown","when":"2026-11-01T01:30:00Z"}\n'
    )
    assert records(tmp_path) == [
        Completed("copy", "his", "offsite", START, True),
        Completed("backup", "his", "", START, False),
    ]


@pytest.mark.parametrize(("done", "late"), [(DUE[0] + HOUR, 0), (DUE[0] + HOUR + timedelta(seconds=1), 1)])
def test_the_edge_of_what_is_allowed_is_in_time(done: datetime, late: int) -> None:
    assert found(backups(done), due=DUE[:1])[1] == late
