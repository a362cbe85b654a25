"""The table of the courses that were played, in docs/ups.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs/ups.md"
BEGIN, END = "<!-- real courses: made by make courses -->\n", "<!-- end of real courses -->\n"
HEAD = "| in the course | courses | with time enough | machines stopped | killed, though there was time | left off |\n"


def written(seen: Sequence[Mapping[str, Any]], minutes: float) -> None:
    """Write the table of courses in which nothing was wrong. minutes: that all took."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in seen:
        for sort in one["sorts"]:
            new = (1, one["allowed"], one["stopped"])
            counts[sort] = [total + more for total, more in zip(counts[sort], new, strict=True)]
    rows = [f"| {sort} | {all_} | {fair} | {off} | 0 | 0 |\n" for sort, (all_, fair, off) in sorted(counts.items())]
    releases = {release: sum(one["release"] == release for one in seen) for release in ("bookworm", "trixie")}
    again = sum(one.get("again", False) for one in seen)
    text = (
        f"{len(seen)} courses in {minutes:.0f} minutes: {releases['bookworm']} on NUT 2.8.0 of Debian 12,"
        f" {releases['trixie']} on NUT 2.8.1 of Debian 13; {again} played twice, for the computer had"
        " let them stand.\n\n"
    )
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    table = f"{HEAD}| --- {'| --- ' * 5}|\n{''.join(rows)}"
    PAGE.write_text(f"{before}{BEGIN}{text}{table}{END}{rest.split(END)[1]}", "utf-8")
