"""What a store kept of spoiled files: whoever spoiled them can't keep the right versions from coming back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from ops.core.errors import Damaged, Unavailable
from ops.interfaces.target import Missing, Spoiled
from ops.targets import _kept
from ops.targets._signed import Store
from ops.targets._versions import Entry

Contents = bytes | Exception
Told = Callable[[dict[str, list[Contents]]], list[Spoiled]]
GOOD = b"what restic stored"
NAME = sha256(GOOD).hexdigest()
TOO_LARGE = Damaged("larger than any pack")
ENCRYPTED = Unavailable("store answers HTTP 400 Bad Request")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what is told of files, given the versions of each, the newest first."""

    def spoiled(files: dict[str, list[Contents]]) -> list[Spoiled]:
        def versions(*_: object) -> Iterator[Entry]:
            for path, contents in files.items():
                for number in range(len(contents)):
                    yield Entry(path, 1, str(number), newest=not number)

        def digested(_store: object, _authority: object, path: str, _called: str, version: str) -> tuple[str, int]:
            found = files[path][int(version)]
            if isinstance(found, Exception):
                raise found
            return sha256(found).hexdigest(), len(found)

        monkeypatch.setattr(_kept, "versions", versions)
        monkeypatch.setattr(_kept, "digested", digested)
        monkeypatch.setattr(Store, "read", lambda _: Store("store", 443, "bucket", "", "", "", ""))
        return list(_kept.spoiled(Path("url"), Path("authority")))

    return spoiled


@pytest.mark.parametrize("unreadable", [TOO_LARGE, ENCRYPTED, Missing("is not there")])
@pytest.mark.parametrize("path", [f"data/{NAME[:2]}/{NAME}", "config"])
def test_a_version_that_nobody_can_read_hides_no_right_one(told: Told, unreadable: Exception, path: str) -> None:
    other = f"index/{NAME}"
    found = told({path: [unreadable, GOOD], other: [b"by an intruder", unreadable, GOOD]})
    assert [(one.path, one.right) for one in found] == [(path, "1"), (other, "2")]


def test_what_was_brought_back_is_right_again(told: Told) -> None:
    assert told({f"index/{NAME}": [GOOD, ENCRYPTED, GOOD], "config": [GOOD, b"by an intruder", GOOD]}) == []


def test_that_a_store_does_not_answer_is_no_loss(told: Told) -> None:
    with pytest.raises(Unavailable, match="HTTP 400"):
        told({f"index/{NAME}": [b"by an intruder", ENCRYPTED]})
    assert told({f"index/{NAME}": [b"by an intruder", TOO_LARGE]})[0].right == ""
