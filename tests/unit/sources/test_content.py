"""What a digest of rows is compared with, and what it is not held against."""

from ops.sources.mariadb import rows as mariadb
from ops.sources.postgresql import rows as postgresql

TOLD = {
    "rows": {"a": 3, "b": 5, "empty": 0},
    "large_objects": 1,
    "content": {
        "a": {"digest": "1"},
        "b": {"digest": "2", "slices": 4, "slice": 3},
        "empty": {"digest": "7"},
        postgresql.LARGE_OBJECTS: {"digest": "9"},
    },
}


def found(**digests: str) -> dict:
    content = {name: {"digest": digests.get(name, told["digest"])} for name, told in TOLD["content"].items()}
    return {"rows": TOLD["rows"], "large_objects": 1, "content": content}


def test_rows_that_differ_are_named_by_table() -> None:
    assert postgresql.changed(TOLD, found()) == []
    assert postgresql.changed(TOLD, found(b="0", a="0")) == ["a: rows differ", "b: rows differ"]
    assert postgresql.changed(TOLD, found(**{postgresql.LARGE_OBJECTS: "0"})) == ["large objects differ"]


def test_a_table_with_other_numbers_of_rows_is_the_matter_of_another_rung() -> None:
    other = {**found(a="0"), "rows": {**TOLD["rows"], "a": 2}}
    assert postgresql.changed(TOLD, other) == []
    assert postgresql.changed({**TOLD, "large_objects": 2}, found(**{postgresql.LARGE_OBJECTS: "0"})) == []


def test_a_table_that_a_recovery_empties_has_no_rows_to_compare() -> None:
    assert postgresql.changed(TOLD, found(empty="0")) == []


def test_rows_counted_nearly_are_not_compared() -> None:
    told = {"rows": {"a": 3}, "content": {"a": {"digest": "1"}}}
    other = {"rows": {"a": 3}, "content": {"a": {"digest": "2"}}}
    assert mariadb.changed(told, other) == ["a: rows differ"]
    assert mariadb.changed({**told, "approximate": ["a"]}, other) == []


def test_what_was_compared_is_told_with_the_tables_of_which_it_was_a_slice() -> None:
    assert postgresql.compared(TOLD).endswith("of 1 large ones a slice: b")
    assert "slice" not in postgresql.compared({**TOLD, "content": {"a": {"digest": "1"}}})


def test_all_rows_of_a_small_table_are_chosen() -> None:
    assert postgresql.chosen_rows(["t.id"], (1, 0)) == "true"
    assert postgresql.chosen_rows(["t.id"], (4, 3)).endswith(", 4) in (3, -1)")
    assert mariadb.chosen_rows(["`id`"], (1, 0)) == "true"
    assert mariadb.chosen_rows(["`id`"], (4, 3)).endswith("% 4 = 3")
