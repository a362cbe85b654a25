"""What a digest of rows is compared with, and what it is not held against."""

from types import SimpleNamespace

from ops.sources._shared.row_slices import Counted, RowDigest, Slice
from ops.sources.mariadb import rows as mariadb
from ops.sources.postgresql import rows as postgresql

TOLD = SimpleNamespace(
    extension_rows=None,
    rows={"a": 3, "b": 5, "empty": 0},
    large_objects=1,
    content={
        "a": RowDigest(digest="1"),
        "b": RowDigest(4, 3, digest="2"),
        "empty": RowDigest(digest="7"),
        postgresql.LARGE_OBJECTS: RowDigest(digest="9"),
    },
)


def told(**other: object) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(TOLD), **other})


def found(**digests: str) -> Counted:
    content = {name: RowDigest(digest=digests.get(name, told.digest)) for name, told in TOLD.content.items()}
    return Counted(TOLD.rows, content)


def test_rows_that_differ_are_named_by_table() -> None:
    assert postgresql.changed(TOLD, found(), 1) == []
    assert postgresql.changed(TOLD, found(b="0", a="0"), 1) == ["a: rows differ", "b: rows differ"]
    assert postgresql.changed(TOLD, found(**{postgresql.LARGE_OBJECTS: "0"}), 1) == ["large objects differ"]


def test_a_table_with_other_numbers_of_rows_is_the_matter_of_another_rung() -> None:
    other = Counted({**TOLD.rows, "a": 2}, found(a="0").content)
    assert postgresql.changed(TOLD, other, 1) == []
    assert postgresql.changed(told(large_objects=2), found(**{postgresql.LARGE_OBJECTS: "0"}), 1) == []


def test_a_table_that_a_recovery_empties_has_no_rows_to_compare() -> None:
    assert postgresql.changed(TOLD, found(empty="0"), 1) == []


def test_rows_counted_nearly_are_not_compared() -> None:
    known = SimpleNamespace(rows={"a": 3}, content={"a": RowDigest(digest="1")}, approximate=())
    other = Counted({"a": 3}, {"a": RowDigest(digest="2")})
    assert mariadb.changed(known, other) == ["a: rows differ"]
    known.approximate = ("a",)
    assert mariadb.changed(known, other) == []


def test_what_was_compared_is_told_with_the_tables_of_which_it_was_a_slice() -> None:
    assert postgresql.compared(TOLD).endswith("a slice of 1 large ones: b")
    assert "slice" not in postgresql.compared(told(content={"a": RowDigest(digest="1")}))


def test_all_rows_of_a_small_table_are_chosen() -> None:
    assert postgresql.chosen_rows(["t.id"], Slice()) == "true"
    assert postgresql.chosen_rows(["t.id"], Slice(4, 3)).endswith(", 4) in (3, -1)")
    assert mariadb.chosen_rows(["`id`"], Slice()) == "true"
    assert mariadb.chosen_rows(["`id`"], Slice(4, 3)).endswith("% 4 = 3")
