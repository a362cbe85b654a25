"""What every rung of a proof must notice, whichever server the data were loaded into."""

import pytest

from ops.core.errors import SeawallError
from ops.core.verdict import Verdict
from ops.sources._shared.comparison import (
    Definitions,
    added,
    defined_alike,
    differing,
    digested,
    number,
    present,
    total,
)

TABLES = {"tables": Definitions(2, "a"), "views": Definitions(1, "b")}


@pytest.mark.parametrize(
    ("found", "same", "verdict", "words"),
    [
        (TABLES, True, Verdict.PASS, "3 definitions, as in the manifest"),
        ({**TABLES, "views": Definitions(1, "c")}, True, Verdict.FAIL, "views definitions differ (1 found, 1"),
        ({**TABLES, "views": Definitions(0, "b")}, True, Verdict.FAIL, "views definitions differ (0 found, 1"),
        ({"views": TABLES["views"]}, True, Verdict.FAIL, "tables definitions differ (0 found, 2 in the manifest)"),
        ({**TABLES, "views": Definitions(1, "c")}, False, Verdict.PASS, "only counted, because the release differs"),
        ({**TABLES, "views": Definitions(0, "b")}, False, Verdict.FAIL, "views definitions differ (0 found, 1"),
    ],
)
def test_definitions_are_compared_by_sort(found: dict, same: bool, verdict: Verdict, words: str) -> None:
    finding = defined_alike(TABLES, found, same=same)
    assert finding.verdict is verdict
    assert words in finding.message


def test_objects_that_differ_are_named() -> None:
    rows = [["a", "x", 1], ["a", "y", 2], ["b", "z", 3]]
    wanted = {"column": digested(rows, 1)}
    assert wanted["column"].count == 3
    assert digested(rows[::-1], 1) == wanted["column"]
    for found, name in (
        ([["a", "x", 1], ["a", "y", 9], ["b", "z", 3]], "a"),
        (rows[:2], "b"),
        ([*rows, ["c", "", 0]], "c"),
    ):
        message = defined_alike(wanted, {"column": digested(found, 1)}).message
        assert message == f"column definitions differ ({len(found)} found, 3 in the manifest): {name}"
    many = defined_alike({"view": digested([], 1)}, {"view": digested([[f"v{number}"] for number in range(8)], 1)})
    assert many.message.endswith(": v0, v1, v2, v3, v4 and 3 more")


def test_a_set_without_names_is_compared_all_the_same() -> None:
    old = {"view": Definitions(1, "0")}
    message = defined_alike(old, {"view": digested([["v"]], 1)}).message
    assert message == "view definitions differ (1 found, 1 in the manifest)"


def test_all_accounts_must_be_there_and_others_may_be() -> None:
    assert present("roles", ["a", "b"], ["b", "a", "c"]).message == "2 roles are there"
    missing = present("roles", ["a", "b"], ["b", "c"])
    assert (missing.verdict, missing.message) == (Verdict.FAIL, "a is missing")


def test_rows_are_compared_table_by_table() -> None:
    wanted = {"a": 3, "b": 5}
    assert differing(wanted, {"a": 3, "b": 5, "c": 1}) == []
    assert differing(wanted, {"a": 2}) == ["a has 2 rows, but had 3", "b has no rows, but had 5"]
    assert differing(wanted, {"a": 2, "b": 4}, near={"b"}) == ["a has 2 rows, but had 3"]
    assert differing(wanted, {"a": 3}, near={"b"}) == ["b has no rows, but had 5"]
    assert added(wanted, {"a": 3, "c": 0}) == ["c is not in the manifest"]
    assert total({"a": 1234, "b": 1}) == "1,235 rows in 2 tables, as in the manifest"


def test_an_answer_is_one_number() -> None:
    assert number(["12.5"]) == 12.5
    for lines in ([], ["1", "2"], ["many"]):
        with pytest.raises(SeawallError, match=f"returned {len(lines)} lines instead of one number"):
            number(lines)
    with pytest.raises(SeawallError, match="no number: it found no row"):  # such as `select max(at)` of an empty table
        number([""])
