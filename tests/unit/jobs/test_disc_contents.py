"""What goes onto which disc: everything, each pack once, no disc fuller than it may be."""

from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.quantity import Percent
from ops.interfaces.disc import PACKS, SECTOR
from ops.jobs.disc.contents import File, of_repository, split

MANY = 10_000  # sectors: some 20 MB
COMMON = [File("restic", Path("/usr/bin/restic"), 1_000_000, "0" * 64)]
EACH = File("repository/index/a", Path("a"), 5000, "1" * 64)


def pack(number: int, size: int) -> File:
    name = sha256(str(number).encode()).hexdigest()
    return File(f"{PACKS}{name[:2]}/{name}", Path(name), size, name)


@given(st.lists(st.integers(1, 8_000_000), min_size=1, max_size=15), st.integers(5, 40))
def test_each_pack_is_on_one_disc_that_is_not_too_full(sizes: list[int], correction: int) -> None:
    packs = [pack(number, size) for number, size in enumerate(sizes)]
    done = {packs[0].sha256}
    discs = split([EACH, *packs], done, COMMON, MANY, Percent(correction))
    there = [one for disc in discs for one in disc if one.path.startswith(PACKS)]
    assert there == packs[1:]
    for disc in discs:
        assert EACH in disc
        assert sum(one.bytes for one in (*disc, *COMMON)) <= MANY * SECTOR * (1 - correction / 100)


def test_a_disc_without_room_for_a_pack_is_refused() -> None:
    with pytest.raises(UsageError, match="larger medium"):
        split([EACH, pack(1, 30_000_000)], (), COMMON, MANY, Percent(20))


def test_all_of_a_repository_is_listed_but_what_is_being_written_and_links_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no repository with any data"):
        of_repository(tmp_path)
    name = "ab" * 32
    for path in (
        f"data/ab/{name}",
        f"index/{name}",
        f"keys/{name}",
        f"snapshots/{name}",
        "locks/x",
        f"data/ab/{name}-tmp",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"content")
    found = [one.path for one in of_repository(tmp_path)]
    assert found == [f"repository/{sort}/{name}" for sort in ("snapshots", "index", "keys", "data/ab")]
    (tmp_path / "data/ab" / ("cd" * 32)).symlink_to("/etc/passwd")
    with pytest.raises(Damaged, match="not a plain file"):
        of_repository(tmp_path)
