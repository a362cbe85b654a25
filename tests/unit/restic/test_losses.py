"""What restic could not read: vanished files are counted, anything else makes a set that does not count."""

import json

import pytest

from ops.restic.failures import PART_UNREAD, Incomplete, Losses


def error(message: str) -> str:
    return json.dumps({"message_type": "error", "error": {"message": message}, "during": "archival", "item": "/x"})


GONE, DENIED = error("lstat /x: no such file or directory"), error("open /x: permission denied")


def test_vanished_files_are_counted() -> None:
    losses = Losses()
    assert not any(losses(line) for line in (GONE, GONE, "not JSON"))
    losses.demand(PART_UNREAD, "primary")
    assert losses.vanished == 2


@pytest.mark.parametrize("lines", [[DENIED], [GONE, DENIED, GONE], []])
def test_anything_else_is_told(lines: list[str]) -> None:
    losses = Losses()
    for line in lines:
        losses(line)
    with pytest.raises(Incomplete, match="permission denied" if DENIED in lines else "no message"):
        losses.demand(PART_UNREAD, "primary")


def test_a_good_end_is_good() -> None:
    Losses().demand(0, "primary")


def test_a_full_disk_ends_it() -> None:
    assert Losses()("server response unexpected: 507 Insufficient Storage (507)")
