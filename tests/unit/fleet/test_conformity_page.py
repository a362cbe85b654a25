"""docs/clauses-seen.md shows every control of the packs broken on purpose, and how its clauses turned."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ops.fleet.conformity import controls
from ops.fleet.conformity.controls import Question

sys.path.insert(0, str(Path(__file__).parent))
from test_conformity_controls import BREAKING, CONTROLS, PACKS

BROKEN = {
    "check": "a check of this kind fails",
    "host_check": "a host check of this subject fails",
    "act": "none of these acts was ever done",
    "record": "the newest such record says fail",
    "duty": "the newest attestation is eleven years old",
    "policy": "what it demands is taken out of the policy",
    "ledger": "one byte of a ledger was changed",
    "document": "the document ran out",
    "opened": "an incident was opened two days after its discovery",
    "closed": "an incident is open for forty days",
}
PAGE = Path(__file__).parents[3] / "docs/clauses-seen.md"
HEAD = """\
# Clauses that were broken on purpose

<!-- Generated from what was seen by: SEAWALL_WRITE_PAGES=1 pytest tests/unit/fleet/test_conformity_page.py -->

For whoever wants to know whether `seawall conformity` can be trusted. A site meets all five shipped packs, but for what
nothing looks at yet. Then one fact is broken, for each control that the packs have; its clauses turn, and say why.
Mended, they turn back. The facts are played, the judging is the real one ([procedures.md](procedures.md)).

| control | clauses | what was broken | it turned | because |
| --- | --- | --- | --- | --- |
"""


def row(asks: str) -> str:
    """Return the line of a control: the clauses that have it, what was broken, and what was seen."""
    _, _, name, control = CONTROLS[asks]
    found = controls.judge(name, Question(control, name, None), BREAKING[control.kind](control, name))
    numbers: dict[str, list[str]] = {}
    for one in PACKS:
        for number, clause in one.pack.clauses.items():
            if any(other.asks == asks for other in clause.controls.values()):
                numbers.setdefault(one.name, []).append(number)
    clauses = "; ".join(f"{pack}: {', '.join(all_)}" for pack, all_ in numbers.items())
    document = PACKS[0].use.document
    if control.document:
        found = controls.judge(name, Question(control, name, document), BREAKING[control.kind](control, name))
    broken = BROKEN[str(control.incidents) if control.incidents else control.kind]
    return f"| {asks} | {clauses} | {broken} | {found.standing.value} | {found.message} |".replace("\n", " ")


def test_the_page_shows_what_was_seen() -> None:
    """Of a control that came since, the page need not tell, nor that a clause has one more."""
    fresh = {asks: row(asks) for asks in sorted(CONTROLS)}
    if os.environ.get("SEAWALL_WRITE_PAGES"):
        PAGE.write_text(HEAD + "".join(f"{line}\n" for line in fresh.values()), "utf-8")
    page = PAGE.read_text("utf-8")
    assert page.startswith(HEAD)
    told = [line.split(" | ") for line in page.removeprefix(HEAD).splitlines()]
    seen = {asks: line.split(" | ") for asks, line in fresh.items()}
    shared = [line for line in told if line[0].removeprefix("| ") in seen]
    assert len(shared) >= 40
    differing = [line for line in shared if line[2:] != seen[line[0].removeprefix("| ")][2:]]
    assert differing == [], "the page differs: run this test with SEAWALL_WRITE_PAGES=1"
