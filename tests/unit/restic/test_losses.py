"""What restic could not read: vanished files are counted, anything else makes a set that does not count."""

import json

import pytest

from ops.core.errors import CommandError
from ops.restic.failures import PART_UNREAD, Incomplete, Losses, NoRoom, explain, full_here


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


RETRIED = "Save(<data/fed95257d9>) returned error, retrying after 531.405278ms: "
ENDED = json.dumps(
    {"message_type": "exit_error", "code": 1, "message": "Fatal: unable to save: no space left on device"}
)
FULL = [
    f"{RETRIED}unexpected HTTP response (507): 507 Insufficient Storage\n",
    "server response unexpected: 507 Insufficient Storage (507)",
    "Save(<data/b2861b20e3>) failed: write /srv/data/b2/b286: no space left on device",
    ENDED,
]
# As whoever may name a file or a table has restic or a program say it.
NAMED = [
    "no space left on device",
    "507 Insufficient Storage",
    "x: no space left on device",
    "507 Insufficient Storage (507)",
]
SAID = [
    *(error(f"incomplete metadata for /srv/{name}: xattr.list /srv/{name}: permission denied") for name in NAMED),
    *(error(f"/srv/{name}") for name in NAMED),
    *(f"subprocess pg_dump: pg_dump: warning: circular foreign keys: {name}" for name in NAMED),
    *(f"incomplete metadata for /srv/{name}: permission denied" for name in NAMED),
]


@pytest.mark.parametrize("line", FULL)
def test_a_full_disk_ends_it(line: str) -> None:
    assert Losses()(line)
    assert isinstance(explain(CommandError(["restic"], 1, line), "primary"), NoRoom)


@pytest.mark.parametrize("line", SAID)
def test_nobody_ends_a_backup_by_the_name_of_a_file_or_a_table(line: str) -> None:
    assert not Losses()(line)
    told = explain(CommandError(["restic"], 1, line), "primary")
    assert not isinstance(told, NoRoom)
    assert "is full" not in str(told)


@pytest.mark.parametrize("name", ["no such file or directory", "x: no such file or directory"])
def test_a_file_that_could_not_be_read_has_not_vanished_whatever_it_is_called(name: str) -> None:
    losses = Losses()
    losses(error(f"open /srv/{name}/data: permission denied"))
    assert not losses.vanished
    with pytest.raises(Incomplete, match="permission denied"):
        losses.demand(PART_UNREAD, "primary")


def test_a_restore_is_short_of_space_only_where_it_writes() -> None:
    assert full_here(error("write /srv/restore/scan.tif: no space left on device"))
    assert not full_here(error("open /srv/no space left on device/scan.tif: permission denied"))
