"""Which objects pg_restore names as failed: also where two of its workers fail at once."""

import pytest

from ops.sources.postgresql.contents import Entry
from ops.sources.postgresql.explaining import only_roles
from ops.sources.postgresql.loading import Failure, errors

HEAD = "pg_restore: from TOC entry {0}; 0 16389 TABLE DATA t{0} postgres\n"
NO_ROLE = 'pg_restore: error: could not execute query: ERROR:  role "his" does not exist\nCommand was: ALTER\n'
NO_FUNCTION = 'pg_restore: error: COPY failed for table "units": ERROR:  function folded(text) does not exist\n'


def test_each_has_its_own_words() -> None:
    found = errors(
        "pg_restore: while PROCESSING TOC:\n"
        + HEAD.format(5)
        + NO_ROLE
        + HEAD.format(7)
        + NO_FUNCTION
        + "pg_restore: warning: errors ignored on restore: 2\n"
    )
    assert {*found} == {5, 7}
    assert "role" in found[5] and "function" not in found[5]
    assert "function" in found[7] and "role" not in found[7]


# The first is what two workers of a real pg_restore 15 wrote at once; the order of the pieces differs from run to run.
@pytest.mark.parametrize(
    "said",
    [
        # the pieces of the first line of one stand in that of the other
        "pg_restore:pg_restore:  from TOC entry 5; 0 1 TABLE DATA a postgres\n"
        "pg_restore: from TOC entry 7; 0 2 TABLE DATA b postgres\n"
        "error: pg_restore:COPY failed: ERROR:  one\nLINE 1: folded(t)\n error: COPY failed: ERROR:  two\n",
        # a line without its beginning, behind one of another sort that has two
        "pg_restore: pg_restore: creating INDEX x\nfrom TOC entry 5; 0 1 TABLE DATA a postgres\n"
        "pg_restore: error: ERROR:  one\npg_restore: from TOC entry 7; 0 2 TABLE DATA b postgres\n"
        "pg_restore: error: ERROR:  two\n",
        # the words of one come between the number and the words of the other
        "pg_restore: from TOC entry 5; 0 1 TABLE DATA a postgres\npg_restore: error: pg_restore: "
        "from TOC entry 7; 0 2 TABLE DATA b postgres\nERROR:  one\npg_restore: error: ERROR:  two\n",
        "pg_restore: from TOC entry 5; 0 1 TABLE DATA a postgres\npg_restore: while PROCESSING TOC:\n"
        "pg_restore: from TOC entry 7; 0 2 TABLE DATA b postgres\nERROR:  one\npg_restore: error: ERROR:  two\n",
        "pg_restore: error: from TOC entry 5; 0 1 TABLE DATA a postgres\n"
        "pg_restore: error: ERROR:  one\nwarning: from TOC entry 7; 0 2 TABLE DATA b postgres\nERROR:  two\n",
    ],
)
def test_two_that_fail_at_once_are_both_named(said: str) -> None:
    found = errors(said)
    assert {*found} == {5, 7}
    assert all("ERROR" in words for words in found.values())


def test_the_last_one_is_named_though_nothing_stands_behind_it() -> None:
    assert {*errors(HEAD.format(5) + HEAD.format(7))} == {5, 7}


def test_words_of_rows_name_no_object() -> None:
    found = errors(
        HEAD.format(5) + 'pg_restore: error: ERROR:  one\nCOPY t: "from TOC entry 7; x"\nfor from TOC entry 9; \n'
    )
    assert {*found} == {5}


def test_many_empty_lines_are_read_quickly() -> None:
    """A function of a restored database says what it likes."""
    assert {*errors(HEAD.format(5) + "pg_restore: error: ERROR:  one" + "\n" * 1_000_000)} == {5}
    assert {*errors(HEAD.format(5) + "\n" * 1_000_000 + "pg_restore: " * 100_000)} == {5}


@pytest.mark.parametrize(
    ("said", "only"), [(NO_ROLE, True), (NO_FUNCTION, False), (NO_ROLE + NO_FUNCTION, False), ("", False)]
)
def test_only_what_no_other_error_hinders_is_not_tried_again(said: str, only: bool) -> None:
    assert only_roles(Failure(Entry(5, "TABLE DATA", "public units", "his"), said)) is only
