"""How much of a quota a repository takes up, and what rest-server is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ops.keeper.quota import DAY, LEAST, most, use
from ops.keeper.repository import Stored

NOW = 1_000 * DAY
GIB = 1 << 30


def stored(*files: tuple[int, float]) -> list[Stored]:
    """Files of so many bytes, so many days old."""
    return [Stored("data", f"data/00/{n:064}", size, NOW - age * DAY) for n, (size, age) in enumerate(files)]


def test_a_file_counts_as_its_bytes_and_as_16_kib_at_least():
    assert use(stored((5 * LEAST, 1), (1, 1), (0, 1)), NOW).used == 7 * LEAST


def test_an_empty_repository_takes_up_nothing():
    assert (use([], NOW).used, use([], NOW).daily) == (0, 0)


def test_the_first_backup_is_no_pace():
    assert use(stored((500 * GIB, 10.5), *((GIB, age + 0.5) for age in range(10))), NOW).daily == GIB
    assert use(stored((500 * GIB, 0.5)), NOW).daily == 0


def test_what_comes_each_week_is_a_pace():
    weekly = [(7 * GIB, week * 7 + 2.5) for week in range(5)]
    assert use(stored(*weekly), NOW).daily == GIB


def test_a_single_busy_day_is_no_pace():
    assert use(stored((900 * GIB, 0.5), *((GIB, age + 0.5) for age in range(1, 20))), NOW).daily == GIB


def test_a_file_from_the_future_is_one_of_today():
    assert use(stored((GIB, -5), (GIB, 3)), NOW).used == 2 * GIB


def test_rest_server_is_told_less_by_what_small_files_take_more():
    assert most(stored((GIB, 1)), 10 * GIB, 0, NOW) == 10 * GIB
    assert most(stored((GIB, 1), (1, 1)), 10 * GIB, 0, NOW) == 10 * GIB - LEAST + 1


def test_without_a_quota_half_of_what_is_free_may_be_added():
    assert most(stored((GIB, 1)), None, 6 * GIB, NOW) == 4 * GIB


@given(some.lists(some.floats(0, 1), min_size=1, max_size=30), some.integers(0, 1000 * GIB))
def test_who_makes_the_server_end_early_gains_nothing_without_a_quota(shares, free):
    """However often it counts within six hours, more than half of what was free is never added."""
    sizes, left = [GIB], free
    for share in shares:
        limit = most(stored((sizes[0], 1), *((size, 0.1) for size in sizes[1:])), None, left, NOW)
        added = int(share * max(0, limit - sum(sizes)))
        sizes.append(added)
        left -= max(added, LEAST)
        if left < 0:
            return
    assert sum(sizes[1:]) <= free // 2 + len(sizes)


def test_half_of_what_is_free_may_be_added_again_after_six_hours():
    assert most(stored((GIB, 1), (GIB, 0.26)), None, 6 * GIB, NOW) == 5 * GIB


@pytest.mark.parametrize("quota", [None, 1, GIB])
def test_no_room_is_never_told_as_no_limit(quota):
    """0 is none to rest-server."""
    assert most(stored((LEAST, 1), *[(0, 1)] * 99), quota, 0, NOW) > 0
    assert most([], quota, 0, NOW) > 0


@given(some.lists(some.integers(0, 10 * LEAST), max_size=50), some.integers(1, 100 * LEAST))
def test_what_rest_server_takes_up_to_its_limit_fits_the_quota(sizes, quota):
    limit = most(stored(*((size, 1) for size in sizes)), quota, 0, NOW)
    used = use(stored(*((size, 1) for size in sizes)), NOW).used
    room = max(0, limit - sum(sizes))
    assert used + room <= max(used + 1, quota)
