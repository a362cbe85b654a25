"""What waits in the spool by its content: the first page of a segment says what it is, as its name does."""

import struct
from pathlib import Path

import pytest

from ops.jobs.log.content import sorted_out
from ops.jobs.log.spool import waiting

SIZE = 1 << 20
PAGE = "=HHIQI4xQII"


def lay(spool: Path, name: str, **changes: int) -> None:
    """Put a segment into a spool whose first page is right but for some changes."""
    number = int(name[8:16], 16) * (1 << 32) // SIZE + int(name[16:], 16)
    page = {"magic": 0xD110, "flags": 7, "line": int(name[:8], 16), "place": number * SIZE, "rest": 0}
    page |= {"system": 7_300_000_000_000_000_001, "size": SIZE, "block": 8192}
    (spool / name).write_bytes(struct.pack(PAGE, *{**page, **changes}.values()).ljust(SIZE, b"\0"))


NAME, NEXT = "00000002000000010000000A", "00000002000000010000000B"


def test_segments_of_one_cluster_are_its_log(tmp_path: Path) -> None:
    lay(tmp_path, NAME, line=1)  # a promotion copies the beginning of its first segment
    lay(tmp_path, NEXT)
    (tmp_path / "00000002.history").write_text("1\t0/1000000\tno recovery target specified\n")
    found = sorted_out(tmp_path, waiting(tmp_path)[0])
    assert [one.name for one in found.log] == ["00000002.history", NAME, NEXT]
    assert (found.system, found.strange) == (7_300_000_000_000_000_001, [])


@pytest.mark.parametrize(
    "changes",
    [{"magic": 0}, {"flags": 5}, {"line": 3}, {"line": 0}, {"place": 0}, {"size": 16 * SIZE}],
    ids="_".join,
)
def test_what_its_first_page_does_not_confirm_is_not(tmp_path: Path, changes: dict[str, int]) -> None:
    lay(tmp_path, NAME, **changes)
    lay(tmp_path, NEXT)
    found = sorted_out(tmp_path, waiting(tmp_path)[0])
    assert [one.name for one in found.log] == [NEXT]
    assert "1 of the segments" in found.strange[0]


def test_segments_of_two_clusters_are_nobodys(tmp_path: Path) -> None:
    lay(tmp_path, NAME)
    lay(tmp_path, NEXT, system=1)
    found = sorted_out(tmp_path, waiting(tmp_path)[0])
    assert (found.log, found.system) == ((), None)
    assert "2 clusters" in found.strange[0]
