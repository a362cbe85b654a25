"""docs/security.md has the table of what the intruder of the lab tried, as the lab's test goes by it."""

from pathlib import Path

from tests.past_attacks import ADDED, REFUSALS, table

PAGE = Path(__file__).parents[3] / "docs/security.md"


def test_the_page_has_the_table_of_acts() -> None:
    assert table() in PAGE.read_text("utf-8")
    assert len(ADDED) + len(REFUSALS) >= 25
