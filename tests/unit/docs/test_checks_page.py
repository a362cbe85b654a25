"""docs/checks.md lists every kind of check with its reason, and says what is true of them."""

import os
from pathlib import Path

from ops.core import kinds
from ops.fleet.checks_page import text

PAGE = Path(__file__).parents[3] / "docs/checks.md"


def test_the_page_is_what_the_kinds_say() -> None:
    fresh = text()
    if os.environ.get("SEAWALL_WRITE_PAGES"):
        PAGE.write_text(fresh, "utf-8")
    assert PAGE.read_text("utf-8") == fresh, "the page differs: run this test with SEAWALL_WRITE_PAGES=1"


def test_every_check_has_its_reason_there() -> None:
    page = PAGE.read_text("utf-8")
    for name in kinds.kinds("ops.health"):
        assert kinds.load("ops.health", name).why in page
        assert f"\n## {name}\n" in page
