"""Two hundred courses drawn by chance, on a site with physics of its own: docs/ups.md has their table."""

import os
from collections import defaultdict
from pathlib import Path

import pytest
from random_courses import allowed, drawn, faults
from simulated_site import Site

SEEDS = range(200)
PAGE = Path(__file__).parents[3] / "docs/ups.md"
BEGIN, END = "<!-- courses: made by tests/unit/power/test_power_courses.py -->\n", "<!-- end of courses -->\n"
pytestmark = pytest.mark.unmeasured


def test_two_hundred_courses_and_their_table() -> None:
    wrong, counts = [], defaultdict(lambda: [0, 0, 0])
    for seed in SEEDS:
        one = drawn(seed)
        site = Site(one.group, one.course).run()
        wrong += [f"{seed} {sorted(one.sorts)}: {fault}" for fault in faults(one, site)]
        stopped = any(event.kind.value in {"asked", "off"} for _, event in site.events)
        for sort in one.sorts:
            counts[sort] = [
                total + new for total, new in zip(counts[sort], (1, allowed(one, site), stopped), strict=True)
            ]
    assert wrong == []
    rows = [
        f"| {sort} | {all_} | {fair} | {stopped} | 0 | 0 |\n" for sort, (all_, fair, stopped) in sorted(counts.items())
    ]
    head = (
        "| in the course | courses | with time enough | machines stopped | killed, though there was time | left off |\n"
    )
    demand_page(f"{head}| --- | --- | --- | --- | --- | --- |\n{''.join(rows)}")


def demand_page(table: str) -> None:
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    wanted = f"{before}{BEGIN}{table}{END}{after}"
    if os.environ.get("SEAWALL_WRITE_PAGES"):
        PAGE.write_text(wanted, "utf-8")
    assert PAGE.read_text("utf-8") == wanted
