"""Batches of a log among all that a repository lists: which count, and how far a set with them reaches."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.interfaces.change_log import Segment
from ops.restic import batches as module
from ops.restic.batches import Base, Batch, base, based, batches, reach, tags
from ops.restic.messages import Snapshot
from ops.restic.sets import Set

SIZE = 16 << 20
START = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
FOLDER = "/var/spool/seawall/his"


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def snapshot(minutes: int, paths: list[str], marks: list[str]) -> Snapshot:
    return Snapshot(f"{minutes:064x}", at(minutes), "his1", tuple(marks), tuple(paths), len(paths), 0)


def names(timeline: int, first: int, last: int) -> list[str]:
    return [Segment(timeline, number).name(SIZE) for number in range(first, last + 1)]


def batch(minutes: int, files: list[str], **starts: int) -> Snapshot:
    known = {int(line.removeprefix("t")): number for line, number in starts.items()}
    return snapshot(minutes, [f"{FOLDER}/{name}" for name in files], tags("his", files, SIZE, at(minutes), known))


def start() -> Base:
    """A set that holds the segments 3 and 4."""
    log = snapshot(0, [f"/var/lib/postgresql/15/main/pg_wal/{name}" for name in names(1, 3, 4)], [])
    found = base(Set("a", "his", {"files": log, "files.log": log, "manifest": log}), SIZE)
    assert found
    return found


def reached(*listed: Snapshot) -> tuple[datetime, str, str]:
    found = reach(start(), batches(listed, "his"))
    return found.until, found.newest.name(SIZE), found.missing


def test_a_set_reaches_its_own_end_and_each_batch_brings_it_farther() -> None:
    assert (start().first, start().last) == (Segment(1, 3), Segment(1, 4))
    assert reached() == (at(0), *names(1, 4, 4), "")
    assert reached(batch(5, names(1, 4, 5)), batch(10, names(1, 6, 6))) == (at(10), *names(1, 6, 6), "")


def test_what_was_before_the_set_is_not_needed() -> None:
    found = reach(start(), batches([batch(-5, names(1, 1, 2)), batch(5, names(1, 3, 5))], "his"))
    assert [len(one.names) for one in found.batches] == [3]


def test_a_cluster_made_anew_begins_anew() -> None:
    """The one before had got much farther, and its log is still there."""
    former = batch(-60, names(1, 900, 950))
    assert reached(former) == (at(0), *names(1, 4, 4), "")
    assert reached(former, batch(5, names(1, 4, 5))) == (at(5), *names(1, 5, 5), "")


def test_a_gap_ends_it_where_the_last_whole_batch_did() -> None:
    gap = (at(5), *names(1, 4, 4), *names(1, 5, 5))
    assert reached(batch(5, names(1, 4, 4)), batch(10, names(1, 6, 7))) == gap
    assert reached(batch(5, names(1, 4, 4)), batch(10, names(1, 6, 7)), batch(15, names(1, 8, 8))) == gap


def test_a_gap_in_a_long_log_is_found_at_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """To look at all batches before each of them takes the longer the more there are, and then by its square."""
    listed = [batch(minute, names(1, 4 + minute, 4 + minute)) for minute in range(200) if minute != 50]
    looks: list[int] = []
    missing = module._missing

    def counted(begin: Base, used: Sequence[Batch]) -> str:
        looks.append(len(used))
        return missing(begin, used)

    monkeypatch.setattr(module, "_missing", counted)
    assert reached(*listed) == (at(49), *names(1, 53, 53), names(1, 54, 54)[0])
    assert len(looks) < 5


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(3, 9)), max_size=8, unique=True), st.permutations([2, 3]))
def test_it_reaches_as_far_as_trying_each_number_of_batches_does(
    order: list[tuple[int, int]], lines: list[int]
) -> None:
    listed = [batch(n, names(line, number, number)) for n, (line, number) in enumerate(order)]
    listed += [batch(len(order) + n, ["0000000A.history"], **{f"t{line}": 5}) for n, line in enumerate(lines)]
    known = batches(listed, "his")
    fitting = [one for one in known if one.starts or any(segment >= start().last for segment in one.segments)]
    good = max(count for count in range(len(fitting) + 1) if not module._missing(start(), fitting[:count]))
    assert reach(start(), known).batches == tuple(fitting[:good])


def test_the_segment_that_continues_the_set_must_be_there_itself() -> None:
    assert reached(batch(5, names(1, 5, 6)))[2] == names(1, 4, 4)[0]


def of(system: int, minutes: int, files: list[str]) -> Snapshot:
    """A batch of a cluster by its number."""
    return snapshot(minutes, [f"{FOLDER}/{name}" for name in files], tags("his", files, SIZE, at(minutes), {}, system))


def test_a_segment_that_comes_twice_ends_it_before_the_second() -> None:
    """No number is missing when a machine was set back by an hour and writes on."""
    listed = [batch(5, names(1, 4, 6)), batch(10, names(1, 6, 7)), batch(15, names(1, 8, 8))]
    found = reach(start(), batches(listed, "his"))
    assert (found.until, found.newest, found.missing) == (at(5), Segment(1, 6), "")
    assert found.why.startswith(f"{names(1, 6, 6)[0]} was archived twice")
    assert not reach(start(), batches(listed[:1], "his")).why


def test_a_gap_before_that_is_named_first() -> None:
    listed = [batch(5, names(1, 4, 4)), batch(10, names(1, 6, 7)), batch(15, names(1, 7, 8))]
    assert reach(start(), batches(listed, "his")).why == f"{names(1, 5, 5)[0]} is missing"


def test_a_batch_that_was_copied_twice_is_one() -> None:
    twice = [batch(5, names(1, 4, 5)), replace(batch(5, names(1, 4, 5)), id="b" * 64)]
    assert reached(*twice) == (at(5), *names(1, 5, 5), "")


def test_the_log_of_another_cluster_goes_on_nothing() -> None:
    """An upgrade makes another cluster that counts on, and another version can't read on."""
    listed = [of(7, 5, names(1, 4, 5)), of(7, 10, names(1, 6, 6)), of(8, 15, names(1, 7, 8))]
    found = reach(start(), batches(listed, "his"))
    assert (found.until, found.newest) == (at(10), Segment(1, 6))
    assert found.why == f"the log from {names(1, 7, 7)[0]} on is of another cluster"


def test_a_set_has_segments_of_the_size_of_the_batches_after_it() -> None:
    """A cluster that is made anew with smaller segments takes no moment from the one before."""
    small = 1 << 20
    log = snapshot(0, [f"/data/pg_wal/{Segment(1, 3).name(SIZE)}", f"/data/pg_wal/{names(1, 4, 4)[0]}"], [])
    first = Set("a", "his", {"files": log, "files.log": log, "manifest": log})
    again = f"{FOLDER}/{Segment(1, 4000).name(small)}"
    later = snapshot(20, [again], tags("his", [Segment(1, 4000).name(small)], small, at(20), {}))
    known = batches([batch(5, names(1, 4, 5)), later], "his")
    assert [one.size for one in known] == [SIZE, small]
    found = based(first, known)
    assert found
    assert (found.size, reach(found, known).until) == (SIZE, at(5))
    last = snapshot(30, [again], [])
    assert getattr(based(Set("b", "his", {"files.log": last}), known), "size", 0) == small
    assert getattr(based(first, []), "size", 0) == SIZE


def test_the_last_moment_that_is_known_tells_how_far_recovery_must_get() -> None:
    files = names(1, 5, 6)
    late = snapshot(10, [f"{FOLDER}/{name}" for name in files], tags("his", files, SIZE, None, {}))
    listed = [batch(5, names(1, 4, 4)), late]
    found = reach(start(), batches(listed, "his"))
    assert (found.newest, found.certain) == (Segment(1, 6), Segment(1, 4))
    assert reach(start(), []).certain == Segment(1, 4)


def test_a_segment_that_comes_late_closes_its_gap() -> None:
    listed = [batch(5, names(1, 4, 4)), batch(10, names(1, 6, 7)), batch(15, names(1, 5, 5))]
    assert reached(*listed) == (at(15), *names(1, 7, 7), "")


def test_a_new_timeline_needs_its_history() -> None:
    known = [*names(1, 4, 6), *names(2, 6, 7)]
    assert "00000002.history" in reached(batch(5, known))[2]
    assert reached(batch(5, [*known, "00000002.history"], t2=6)) == (at(5), *names(2, 7, 7), "")


@pytest.mark.parametrize(
    "change",
    [
        {"tags": ()},
        {"tags": ("seawall-asset=other", "seawall-log=x", f"seawall-log-segment={SIZE}")},
        {"tags": ("seawall-asset=his", "seawall-log=x", "seawall-log-segment=17")},
        {"tags": ("seawall-asset=his", "seawall-log=x", "seawall-log-segment=" + "9" * 5000)},
        {"tags": ("seawall-asset=his", "seawall-log=x", f"seawall-log-segment={SIZE}", "seawall-log-until=now")},
        {
            "tags": (
                *("seawall-asset=his", "seawall-log=x", f"seawall-log-segment={SIZE}"),
                f"seawall-log-until={at(9000).isoformat()}",
            )
        },
        {"paths": (f"{FOLDER}/000000010000000000000004", "/etc/000000010000000000000005")},
        {"paths": (f"{FOLDER}/../passwd",)},
        {"paths": ()},
    ],
)
def test_what_is_not_as_we_make_it_is_passed_over(change: dict[str, Any]) -> None:
    good = batch(5, names(1, 4, 5))
    assert batches([replace(good, **change)], "his") == []
    assert len(batches([replace(good, **change), good], "his")) == 1
