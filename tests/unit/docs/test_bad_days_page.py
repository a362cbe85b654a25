"""docs/bad-days.md has the tables of what the tests play."""

from pathlib import Path

import bad_days

PAGE = Path(__file__).parents[3] / "docs/bad-days.md"
MOMENTS = 200


def test_the_page_has_what_is_killed_and_what_is_taken_away() -> None:
    page = PAGE.read_text("utf-8")
    assert bad_days.killed_table() in page
    assert bad_days.trouble_table() in page


def test_so_many_moments_are_played() -> None:
    every = (
        bad_days.KILLED,
        bad_days.KILLED_UNITS,
        bad_days.STOPPED_UNITS,
        bad_days.MACHINES_CUT_OFF,
        bad_days.MACHINES_SHUT_DOWN,
    )
    assert sum(sum(counts.values()) for counts in every) == MOMENTS
    assert {"backup", "copy", "drill", "restore", "check", "ledger write", "policy update"} <= {*bad_days.KILLED}


def test_everything_is_taken_away_from_each_act() -> None:
    assert {tuple(acts) for acts in bad_days.TROUBLES.values()} == {("backup", "copy", "drill", "collect")}
