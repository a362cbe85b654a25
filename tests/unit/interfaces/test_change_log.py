"""The arithmetic of a write-ahead log: which segments there must be, and which are missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.interfaces.change_log import (
    Archived,
    Segment,
    first_number,
    history_of,
    is_file_name,
    is_segment,
    is_segment_size,
    named,
)

SIZE = 16 << 20
SIZES = st.sampled_from([1 << power for power in range(20, 31)])


def run(timeline: int, first: int, last: int) -> list[Segment]:
    return [Segment(timeline, number) for number in range(first, last + 1)]


@given(st.integers(1, (1 << 32) - 1), st.integers(0, (1 << 32) - 1), SIZES)
def test_a_name_is_read_as_it_is_written(timeline: int, number: int, size: int) -> None:
    name = Segment(timeline, number).name(size)
    assert is_segment(name)
    assert Segment.of(name, size) == Segment(timeline, number)


def test_segments_follow_each_other_over_the_end_of_four_gigabytes() -> None:
    assert (
        Segment.of("0000000100000000000000FF", SIZE).number + 1 == Segment.of("000000010000000100000000", SIZE).number
    )


@pytest.mark.parametrize("name", ["000000010000000000000100", "00000000000000000000000A", "00000002.history", "x" * 24])
def test_what_is_no_segment_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        Segment.of(name, SIZE)


def test_names_of_other_files_are_known() -> None:
    label, part = "000000010000000000000003.00000028.backup", "000000010000000000000003.partial"
    assert all(map(is_file_name, (label, part, "00000002.history")))
    assert not any(map(is_segment, (label, part, "00000002.history")))
    assert history_of("0000000A.history") == 10
    assert history_of(label) is None


def test_sizes_are_powers_of_two() -> None:
    assert is_segment_size(SIZE)
    assert not any(map(is_segment_size, (0, 1, SIZE - 1, 1 << 19, 1 << 31)))


def test_a_history_tells_where_its_timeline_begins() -> None:
    text = "1\t0/3000060\tno recovery target specified\n2\t0/5000000\tbefore 2026-11-20 14:32:00+00\n"
    assert first_number(text, SIZE) == 5
    assert first_number("not a history", SIZE) is None


def test_a_history_is_read_line_by_line() -> None:
    """What goes on over the ends of lines looks from each of them as far as there are blank ones."""
    assert first_number("1\n0/3000060\n", SIZE) is None
    assert first_number("\n" * (1 << 20), SIZE) is None


def test_nothing_is_missing_of_a_whole_log() -> None:
    archived = Archived(run(1, 3, 9), {})
    assert archived.missing(Segment(1, 3), archived.newest(Segment(1, 3))) == []


def test_what_is_missing_is_named_by_its_ends() -> None:
    archived = Archived([*run(1, 3, 4), *run(1, 8, 9)], {})
    lost = archived.missing(Segment(1, 3), Segment(1, 9))
    assert lost == [(Segment(1, 5), Segment(1, 7))]
    assert named(lost, SIZE) == "000000010000000000000005 to 000000010000000000000007 (3 segments)"
    assert named([(Segment(1, 5), Segment(1, 5))], SIZE) == "000000010000000000000005"


def test_the_first_one_missing_is_noticed_too() -> None:
    assert Archived(run(1, 4, 9), {}).missing(Segment(1, 3), Segment(1, 9)) == [(Segment(1, 3), Segment(1, 3))]


def test_a_timeline_begins_where_its_history_says() -> None:
    archived = Archived([*run(1, 3, 6), *run(2, 5, 8)], {2: 5})
    assert archived.newest(Segment(1, 3)) == Segment(2, 8)
    assert archived.missing(Segment(1, 3), Segment(2, 8)) == []
    assert archived.unexplained(Segment(1, 3), Segment(2, 8)) == []


def test_the_first_segment_of_a_timeline_is_missed_though_the_old_one_has_its_number() -> None:
    archived = Archived([*run(1, 3, 6), *run(2, 6, 8)], {2: 5})
    assert archived.missing(Segment(1, 3), Segment(2, 8)) == [(Segment(2, 5), Segment(2, 5))]


def test_a_timeline_without_its_history_is_noticed() -> None:
    archived = Archived([*run(1, 3, 5), *run(2, 5, 8)], {})
    assert archived.unexplained(Segment(1, 3), archived.newest(Segment(1, 3))) == [2]


def test_a_number_that_somebody_made_up_is_a_gap_that_nobody_counts_through() -> None:
    """One by one, this fills the memory."""
    far = Segment.of("FFFFFFFFFFFFFFFF000000FF", SIZE)
    archived = Archived([*run(1, 3, 4), far], {far.timeline: far.number})
    assert archived.missing(Segment(1, 3), far) == [(Segment(1, 5), Segment(1, far.number - 1))]
    assert "00000001FFFFFFFF000000FE" in named(archived.missing(Segment(1, 3), far), SIZE)


@given(
    st.sets(st.builds(Segment, st.integers(1, 4), st.integers(0, 12))),
    st.dictionaries(st.integers(1, 4), st.integers(-2, 14)),
    st.integers(0, 12),
    st.integers(1, 4),
)
def test_runs_are_what_looking_at_each_number_finds(
    segments: set[Segment], starts: dict[int, int], first: int, newest: int
) -> None:
    lines = [(start, line) for line, start in starts.items() if 1 < line <= newest]
    way = [
        Segment(max((line for start, line in lines if start <= number), default=1), number)
        for number in range(first, 13)
    ]
    runs = Archived(segments, starts).missing(Segment(1, first), Segment(newest, 12))
    found = [one for begin, end in runs for one in run(begin.timeline, begin.number, end.number)]
    assert found == [one for one in way if one not in segments]


def test_what_a_former_timeline_has_after_the_end_of_another_is_not_asked_for() -> None:
    """A cluster was recovered to an earlier moment, and goes on from there."""
    archived = Archived([*run(1, 3, 20), *run(2, 5, 8)], {2: 5})
    assert archived.missing(Segment(1, 3), Segment(2, 8)) == []
    assert archived.missing(Segment(2, 6), Segment(2, 8)) == []
