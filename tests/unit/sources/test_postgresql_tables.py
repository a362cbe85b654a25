"""Tables that alone were restored from a PostgreSQL dump: each is compared, and none that is not there passes."""

import pytest

from ops.core.verdict import Verdict
from ops.sources.postgresql.facts import DatabaseFacts
from ops.sources.postgresql.verify import prove_some

FACTS = DatabaseFacts(
    server_version="15.9",
    major=15,
    encoding="UTF8",
    collate="C",
    ctype="C",
    bytes=1,
    large_objects=0,
    rows={"public.patients": 3, "lab.results": 5},
    extensions={},
    roles=(),
    structure={},
    sequences={"public.numbers": 7},
)


@pytest.mark.parametrize("only", [["patients"], ["public.patients"], ["patients", "numbers"]])
def test_tables_are_named_with_or_without_their_schema(only: list[str]) -> None:
    assert prove_some(FACTS, {"public.patients": 3}, only).verdict is Verdict.PASS


@pytest.mark.parametrize("only", [["patient"], ["patients", "patient"]])
def test_a_table_that_the_set_does_not_have_is_missed(only: list[str]) -> None:
    finding = prove_some(FACTS, {"public.patients": 3}, only)
    assert (finding.verdict, finding.message) == (Verdict.FAIL, "the set has no table patient")


def test_a_table_with_other_rows_is_named() -> None:
    message = prove_some(FACTS, {"public.patients": 2}, ["patients"]).message
    assert message == "public.patients has 2 rows, but had 3"
