"""Whatever is changed, cut off, swapped, doubled or dropped in a ledger is named as a failure."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from properties import examples

from ops.core.verdict import Verdict
from ops.evidence.ledger import HEAD, NAME
from ops.evidence.verification import verify

LINES = 8
places = st.integers(0, LINES - 1)


@pytest.fixture(scope="module")
def tampered(written: Path, keys: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], None]:
    """A function that puts other bytes in the ledger's place, and demands that it is named."""
    folder = shutil.copytree(written, tmp_path_factory.mktemp("tampered") / "ledger")

    def judge(content: bytes, name: str = NAME) -> None:
        (folder / name).write_bytes(content)
        try:
            found = verify(folder, keys["signers"])
        finally:
            (folder / name).write_bytes((written / name).read_bytes())
        assert found[0].verdict is Verdict.FAIL
        assert found[0].message

    return judge


@pytest.fixture(scope="module")
def whole(written: Path) -> bytes:
    return (written / NAME).read_bytes()


@examples(40)
@given(data=st.data())
def test_any_changed_byte(tampered: Callable[[bytes], None], whole: bytes, data: st.DataObject) -> None:
    place, other = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    tampered(whole[:place] + bytes([whole[place] ^ other]) + whole[place + 1 :])


@examples(20)
@given(data=st.data())
def test_any_cut(tampered: Callable[[bytes], None], whole: bytes, data: st.DataObject) -> None:
    first, last = sorted((data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, len(whole)))))
    assume(first < last)
    tampered(whole[:first] + whole[last:])


@examples(12)
@given(places, places)
def test_any_swap(tampered: Callable[[bytes], None], whole: bytes, one: int, other: int) -> None:
    assume(one != other)
    lines = whole.splitlines(keepends=True)
    lines[one], lines[other] = lines[other], lines[one]
    tampered(b"".join(lines))


@examples(12)
@given(st.sets(places, min_size=1))
def test_any_lines_dropped(tampered: Callable[[bytes], None], whole: bytes, dropped: set[int]) -> None:
    lines = whole.splitlines(keepends=True)
    tampered(b"".join(line for place, line in enumerate(lines) if place not in dropped))


@examples(12)
@given(places, st.integers(0, LINES))
def test_any_line_twice(tampered: Callable[[bytes], None], whole: bytes, one: int, where: int) -> None:
    lines = whole.splitlines(keepends=True)
    tampered(b"".join([*lines[:where], lines[one], *lines[where:]]))


@examples(40)
@given(data=st.data())
def test_any_change_of_the_head(tampered: Callable[..., None], written: Path, data: st.DataObject) -> None:
    head = (written / HEAD).read_bytes()
    place = data.draw(st.integers(0, len(head.rstrip()) - 1))
    tampered(head[:place] + bytes([head[place] ^ data.draw(st.integers(1, 255))]) + head[place + 1 :], HEAD)
