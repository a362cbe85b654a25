"""The page of what was tried has the tables of the tests that try it."""

from pathlib import Path

from account_attacks import ATTACKS, table

PAGE = Path(__file__).parents[3] / "docs/security.md"


def test_the_page_has_every_act_of_an_account() -> None:
    assert table() in PAGE.read_text("utf-8"), "python tests/account_attacks.py table prints what the page must have"


def test_each_act_is_told_once() -> None:
    assert len({(one.account, one.kind, one.tried) for one in ATTACKS}) == len(ATTACKS) >= 30
