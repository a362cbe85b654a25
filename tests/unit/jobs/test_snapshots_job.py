from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ops.core.verdict import Verdict
from ops.jobs.snapshots import judgement
from ops.restic.messages import Snapshot
from ops.restic.sets import MANIFEST, Set, tags

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def snapshot(part: str, age: timedelta, size: int = 9) -> Snapshot:
    return Snapshot("1", NOW - age, "his1", tuple(tags("his", "one", part, ["database"])), ("/x",), 1, size)


def made(age: timedelta, *, whole: bool = True, size: int = 9) -> Set:
    parts = {"database": snapshot("database", age, size)}
    return Set("one", "his", parts | ({MANIFEST: snapshot(MANIFEST, age)} if whole else {}))


@pytest.mark.parametrize(
    ("one", "verdict", "words"),
    [
        (made(timedelta(days=3)), Verdict.PASS, "whole"),
        (made(timedelta(minutes=5), whole=False), Verdict.UNKNOWN, "in progress"),
        (made(timedelta(days=3), whole=False), Verdict.FAIL, "does not count"),
        (made(-timedelta(hours=2)), Verdict.UNKNOWN, "in the future"),
        (made(timedelta(days=3), size=0), Verdict.FAIL, "nothing in database"),
    ],
)
def test_a_set_is_judged_by_its_snapshots(one: Set, verdict: Verdict, words: str) -> None:
    found, said = judgement(one, NOW)
    assert found is verdict
    assert words in said


def test_a_part_that_comes_twice_puts_a_whole_set_in_doubt() -> None:
    one = replace(made(timedelta(days=3)), twice=(snapshot("database", timedelta(days=2)),))
    assert judgement(one, NOW) == (Verdict.FAIL, "in doubt: database comes twice; does not count")


def test_a_part_that_is_missing_is_not_whole() -> None:
    one = made(timedelta(days=3))
    assert judgement(replace(one, parts={MANIFEST: one.parts[MANIFEST]}), NOW)[0] is Verdict.FAIL
