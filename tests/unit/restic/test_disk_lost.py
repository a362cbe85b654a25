"""A disk of this machine that answers no more is told at once; what is said of the source or the network is not it."""

import pytest

from ops.core.errors import CommandError, Unavailable
from ops.restic.failures import explain, hopeless

RETRIES = "Load(<key/c7725b8878>, 0, 0) returned error, retrying after 831.313112ms: open /srv/backup/his1/keys/c7: {}"


@pytest.mark.parametrize("why", ["input/output error", "read-only file system", "no such device"])
def test_it_is_told_at_once(why: str) -> None:
    line = RETRIES.format(why)
    assert hopeless(line)
    told = explain(CommandError(["restic"], 12, f"{line}\nFatal: wrong password or no key found"), "second")
    assert isinstance(told, Unavailable)
    assert why in told.message


@pytest.mark.parametrize(
    "line",
    [
        RETRIES.format("connection refused"),
        "error: read /srv/his/letter: input/output error",
        '{"message_type":"error","error":{"message":"read /srv/his/x: input/output error"},"during":"archival"}',
        "returned error, retrying after lunch",
    ],
)
def test_anything_else_is_not_it(line: str) -> None:
    assert not hopeless(line)
