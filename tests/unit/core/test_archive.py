"""Archives as somebody may fill them: plain files of one folder come out, nothing else, and not too many."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.core.archive import ArchiveLimits, digests, unpack
from ops.core.errors import Damaged

LIMITS = ArchiveLimits(bytes=100_000, files=5)
Fill = Callable[[tarfile.TarFile], None]


def file(name: str, content: bytes = b"text", **other: object) -> Fill:
    def add(archive: tarfile.TarFile) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        for field, value in other.items():
            setattr(member, field, value)
        archive.addfile(member, io.BytesIO(content))

    return add


def other(name: str, kind: bytes, target: str = "") -> Fill:
    def add(archive: tarfile.TarFile) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        archive.addfile(member)

    return add


def filled(*fills: Fill) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for fill in fills:
            fill(archive)
    stream.seek(0)
    return stream


def many(archive: tarfile.TarFile) -> None:
    for number in range(6):
        file(f"text-{number}")(archive)


HOSTILE: dict[str, tuple[Fill, str]] = {
    "above": (file("../x"), r"found '\.\./x'; expected only plain files"),
    "absolute": (file("/etc/cron.d/x"), "expected only plain files"),
    "below": (file("a/b"), "expected only plain files"),
    "dots": (file(".."), "expected only plain files"),
    "control": (file("a\x1b[2J"), r"found 'a\\x1b\[2J'"),
    "long": (file("x" * 300), "expected only plain files"),
    "link": (other("x", tarfile.SYMTYPE, "/etc/passwd"), "found 'x'; expected only plain files"),
    "hard link": (other("x", tarfile.LNKTYPE, "/etc/passwd"), "expected only plain files"),
    "pipe": (other("x", tarfile.FIFOTYPE), "expected only plain files"),
    "device": (other("x", tarfile.CHRTYPE), "expected only plain files"),
    "folder": (other("x", tarfile.DIRTYPE), "expected only plain files"),
    "huge": (file("x", b"0" * 200_000), "more than 100000 bytes"),
    "many": (many, "more than 5 files"),
}


@pytest.mark.parametrize(("fill", "words"), HOSTILE.values(), ids=[*HOSTILE])
def test_anything_but_a_few_plain_files_is_refused(tmp_path: Path, fill: Fill, words: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(Damaged, match=f"the set: .*{words}|the set has {words}"):
        unpack(filled(fill), tmp_path / "folder", LIMITS, "the set")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="found 'x' twice"):
        unpack(filled(file("x"), file("x")), tmp_path, LIMITS, "the set")


@pytest.mark.parametrize("content", [b"no archive at all, and long enough to be looked at" * 40, b"\0" * 100])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Damaged, match="the set can't be read"):
        unpack(io.BytesIO(content), tmp_path, LIMITS, "the set")


def test_plain_files_come_out_for_us_alone(tmp_path: Path) -> None:
    unpack(filled(file("manifest.json", b"{}", mode=0o6777), file("a b-globals.sql")), tmp_path, LIMITS, "the set")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "manifest.json": b"{}",
        "a b-globals.sql": b"text",
    }
    assert {path.stat().st_mode & 0o7777 for path in tmp_path.iterdir()} == {0o600}


def test_the_digests_of_files_are_read_within_the_same_limits(tmp_path: Path) -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digests(filled(file("x", b"")), LIMITS, "the set") == {"x": empty}
    with pytest.raises(Damaged, match="more than 100000 bytes"):
        digests(filled(file("x", b"0" * 200_000)), LIMITS, "the set")
