"""What no backup can have written: told by place, name, size and order of arrival, and by nothing else."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties import examples

from ops.keeper import foreign, repository
from ops.keeper.repository import Stored

NOW = 1_800_000_000.0
HOUR, DAY = 3600.0, 86_400.0


def stored(sort: str, label: str, ago: float, size: int = 400) -> Stored:
    name = sha256(label.encode()).hexdigest()
    return Stored(sort, f"{sort}/{name}", size, NOW - ago)


KEY = stored("keys", "own", 90 * DAY)
HEALTHY = [
    KEY,
    *(stored("data", f"pack {night} {n}", night * DAY + 60 - n) for night in range(40) for n in range(3)),
    *(stored("index", f"index {night}", night * DAY + 30) for night in range(40)),
    *(stored("snapshots", f"snapshot {night} {n}", night * DAY + 20 - n) for night in range(40) for n in range(2)),
    stored("locks", "held", 60),
]


def named(*more: Stored, keys: frozenset[str] = frozenset({KEY.name})) -> dict[str, str]:
    return {one.path: one.why for one in foreign.foreign([*HEALTHY, *more], keys, NOW)}


def test_a_repository_that_only_backups_wrote_has_none():
    assert named() == {}
    assert foreign.unusual(HEALTHY, NOW) == []


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (stored("keys", "added", HOUR), "is a key that was added later"),
        (stored("index", "short", HOUR, 31), "is smaller"),
        (stored("snapshots", "short", HOUR, 0), "is smaller"),
        (stored("data", "short", HOUR, 10), "is smaller"),
        (stored("locks", "short", HOUR, 3), "is smaller"),
        (stored("locks", "large", HOUR, 1 << 20), "is larger"),
        (stored("locks", "old", 8 * DAY), "is a lock that nobody can still hold"),
        (Stored("index", "index/notes.txt", 400, NOW), "is not named after its content"),
        (Stored("", "evil", 4096, NOW), "has no place in a repository"),
        (Stored("data", f"data/aa/{'a' * 64}.rest-server-temp12", 400, NOW - 2 * DAY), "was never finished"),
    ],
)
def test_each_foreign_file_is_named_with_why(one: Stored, why: str):
    found = named(one)
    assert list(found) == [one.path]
    assert why in found[one.path]


def test_an_upload_under_way_is_none():
    assert named(Stored("data", f"data/aa/{'a' * 64}.rest-server-temp12", 400, NOW - HOUR)) == {}


def test_an_index_without_packs_before_it_is_none_of_a_backup():
    garbage = [stored("index", f"garbage {n}", -n) for n in range(10)]
    found = named(*garbage)
    assert set(found) <= {one.path for one in garbage}
    assert len(found) == 10 - 2, "two packs of the last night are not claimed yet"


def test_two_backups_at_the_same_time_are_healthy():
    both = [
        stored("data", "p1", 100), stored("data", "p2", 99), stored("index", "i1", 98), stored("index", "i2", 97),
    ]  # fmt: skip
    assert named(*both) == {}


def test_copied_repositories_whose_files_all_arrived_at_once_are_healthy():
    at_once = [Stored(one.sort, one.path, one.size, NOW) for one in HEALTHY]
    assert foreign.foreign(at_once, {KEY.name}, NOW) == []


def test_the_keys_that_were_there_first_are_the_ones_that_are_trusted():
    garbage = [stored("keys", f"garbage {n}", HOUR) for n in range(400)]
    reader = stored("keys", "reader", 80 * DAY)
    assert foreign.keys_at_first([*garbage, reader, KEY], 2) == (KEY.name, reader.name)


def test_a_pile_of_small_files_is_unusual_and_a_busy_night_is_not():
    pile = [stored("locks", f"lock {n}", n) for n in range(900)]
    assert [(one.sort, one.files) for one in foreign.unusual([*HEALTHY, *pile], NOW)] == [("locks", 901)]
    snapshots = [stored("snapshots", f"more {n}", n) for n in range(900)]
    assert [one.sort for one in foreign.unusual([*HEALTHY, *snapshots], NOW)] == ["snapshots"]
    busy = [stored("data", f"more {n}", n) for n in range(20)]
    assert foreign.unusual([*HEALTHY, *busy], NOW) == []


def test_a_machine_that_fills_the_disk_is_announced_with_the_days_that_are_left():
    flood = [stored("data", f"flood {n}", n, 1 << 30) for n in range(20)]
    grown = foreign.filling([*HEALTHY, *flood], NOW, 100 << 30)
    assert grown is not None
    assert round(grown.left) == 5
    assert grown.bytes >= 20 << 30
    assert foreign.filling(HEALTHY, NOW, 1) is None
    assert foreign.filling(flood, NOW, 1) is None, "the first day of a repository is no flood"


SORTS = st.sampled_from(["", *repository.SORTS])
FILES = st.builds(
    lambda sort, name, size, arrived: Stored(sort, f"{sort}/{name}", size, arrived),
    SORTS, st.text("0aé.\0\n", max_size=9), st.integers(0, 1 << 40), st.floats(0, 4e9),
)  # fmt: skip


@examples(100)
@given(st.lists(FILES, max_size=30))
def test_whatever_lies_there_is_judged(files: list[Stored]):
    found = {one.path for one in foreign.foreign(files, set(), NOW)}
    assert {one.path for one in files if not one.sort} <= found
    foreign.unusual(files, NOW)


def test_a_folder_is_read_without_following_what_a_client_may_have_put_there(tmp_path: Path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/file").write_text("secret")
    root = tmp_path / "repositories/his1"
    for name in ("keys", "index", "data/00", "data/zz9", "evil"):
        (root / name).mkdir(parents=True)
    (root / "config").write_bytes(b"config")
    (root / "locks").symlink_to(tmp_path / "secret")
    (root / "snapshots").write_text("a file")
    (root / "index" / ("a" * 64)).symlink_to(tmp_path / "secret/file")
    os.mkfifo(root / "keys" / ("b" * 64))
    (root / "data/00" / ("11" * 32)).write_text("in another pack's folder")
    with repository.opened(tmp_path / "repositories", "his1") as folder:
        found = {one.path: one.sort for one in repository.files(folder)}
        assert repository.config(folder) == sha256(b"config").hexdigest()
    strays = {"locks", "snapshots", "evil", f"index/{'a' * 64}", f"keys/{'b' * 64}", "data/zz9", f"data/00/{'11' * 32}"}
    assert found == dict.fromkeys(strays, "")
