"""What is lost if the house burns: never less is said than is lost, and nothing of what is not known."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ops.interfaces.outcome import CopyFacts
from ops.interfaces.state import UnreadableState

sys.path.insert(0, str(Path(__file__).parent))
import fifty
from asked import glance, only, silent, with_asset

UNKNOWN = "Not known of his."


def test_what_the_fire_takes_is_said_in_words() -> None:
    status = with_asset(fifty.healthy(), "his", copies={"offsite": fifty._copy("his", days=10, hours=3)})
    assert glance(status, "offsite").lines == (
        "All 50 assets have a copy off-site.",
        "If the house burns now, 11 days of his are lost; of the others, no more.",
    )
    assert glance(only(status, "his"), "offsite").lines[1] == "If the house burns now, 11 days of his are lost."


@pytest.mark.parametrize(
    "changed",
    [{"away": (), "copies": {}}, {"away": ()}, {"copies": {"offsite": None}}],
    ids=["no copy", "near", "none"],
)
def test_what_was_never_copied_away_is_lost_with_everything(changed: dict[str, object]) -> None:
    found = glance(with_asset(fifty.healthy(), "his", **changed), "offsite")
    assert found.loud
    assert found.lines[:2] == (
        "1 asset of 50 has no copy off-site: his.",
        "If the house burns now, everything of his is lost.",
    )
    assert found.more[0] == "his: everything"


def test_a_copy_that_went_elsewhere_is_not_off_site() -> None:
    """The copy went to an on-site repository before the policy wanted it off-site."""
    copy = fifty._copy("his", hours=8)
    near = replace(copy, last_good=replace(copy.last_good, repository="nas"))
    found = glance(with_asset(fifty.healthy(), "his", copies={"offsite": near}), "offsite")
    assert found.loud
    assert found.lines[0] == "1 asset of 50 has no copy off-site: his."


@pytest.mark.parametrize(
    "changed",
    [
        {"last_good": CopyFacts(time=fifty.ago(days=-365), repository="offsite")},
        {"last_good": CopyFacts(time="yesterday", repository="offsite")},
        {"last_good": CopyFacts(time=fifty.ago(days=3))},
    ],
    ids=["a clock that is ahead", "no time", "nobody knows where"],
)
def test_of_a_copy_that_cannot_be_judged_nothing_is_claimed(changed: dict[str, object]) -> None:
    copy = replace(fifty._copy("his", hours=8), **changed)
    status = with_asset(fifty.healthy(), "his", copies={"offsite": copy})
    assert (glance(status, "offsite").loud, glance(only(status, "his"), "offsite").lines) == (
        True,
        ("Not known of his.",),
    )
    unreadable = with_asset(status, "his", copies={"offsite": UnreadableState(message="rubbish")})
    assert glance(only(unreadable, "his"), "offsite").lines == ("Not known of his.",)


def test_a_clock_that_is_a_little_ahead_is_borne() -> None:
    copies = {"offsite": fifty._copy("his", minutes=-4)}
    assert not glance(with_asset(fifty.healthy(), "his", copies=copies), "offsite").loud


def test_while_anything_is_unknown_nothing_is_said_of_the_others() -> None:
    lines = glance(silent("srv01"), "offsite").lines
    assert not [line for line in lines if "no more" in line]
    assert any(line.startswith("If the house burns now, 8 hours of ") for line in lines)
    status = with_asset(silent("srv01"), "pacs", away=(), copies={})
    lines = glance(status, "offsite").lines
    assert any(line.startswith("Of what is known to be off-site, ") for line in lines)


def test_a_backup_that_is_made_off_site_needs_no_copy() -> None:
    status = with_asset(fifty.healthy(), "his", away=(), copies={}, backup_away=True)
    assert "All 50 assets have a copy off-site." in glance(status, "offsite").lines


@pytest.mark.parametrize(("repository", "line"), [("nas", "1 asset of 50 has no copy off-site: his."), ("", UNKNOWN)])
def test_a_backup_that_was_made_elsewhere_is_not_off_site(repository: str, line: str) -> None:
    """The policy's `repository` changed after the backup, or the state does not say where that went."""
    backup = fifty.healthy().assets["his"].backup
    near = replace(backup, last_good=replace(backup.last_good, repository=repository))
    status = with_asset(fifty.healthy(), "his", away=(), copies={}, backup_away=True, backup=near)
    found = glance(status, "offsite")
    assert found.loud
    assert line in found.lines


def test_of_a_silent_machine_nothing_is_claimed() -> None:
    found = glance(silent("srv01"), "offsite")
    assert found.loud
    assert "Not known of his, icu_monitors, laundry and 2 more." in found.lines
    assert not [line for line in found.lines if "everything" in line or "All 50" in line]
