"""Mistakes that people make in an inventory, and what must be said of each; what is rightly accepted is among them."""

from mistakes import absent, margin, naming, relation, shown, texts, timing, value, watching
from mistakes.mistake import ACCEPTED, HOSPITAL, Mistake, Place, Verdict, made

TABLES = (absent, margin, texts, shown, relation, watching, naming, value, timing)
MISTAKES: dict[str, Mistake] = {what: row for table in TABLES for what, row in table.TABLE.rows.items()}
assert len(MISTAKES) == sum(len(table.TABLE.rows) for table in TABLES)
HOLDS = {what: row for what, row in MISTAKES.items() if row.verdict.code == 0}

__all__ = ["ACCEPTED", "HOLDS", "HOSPITAL", "MISTAKES", "Mistake", "Place", "Verdict", "made"]
