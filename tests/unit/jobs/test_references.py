"""Files that rows name: what is there passes, and what is not is counted, named apart, and never a pass."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ops.core.confidential import kept_apart
from ops.core.errors import Unavailable
from ops.core.verdict import Finding, Verdict
from ops.jobs.drill import references
from ops.jobs.drill.references import judged_references

Row = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files of a set lie, as a drill restores them."""
    place = tmp_path / "files"
    (place / "srv/images").mkdir(parents=True)
    for name in ("one", "two", "three"):
        (place / "srv/images" / name).write_bytes(name.encode())
    return place


def row(name: str, **more: Any) -> Row:
    known = {"bytes": len(name), "md5": hashlib.md5(name.encode(), usedforsecurity=False).hexdigest().upper()}
    return {"path": f"/srv/images/{name}", **known, **more}


def looked(folder: Path, *rows: Row) -> Finding:
    return judged_references(rows, [folder / "of another part", folder], Random(1))


def test_files_that_are_as_the_database_knows_them_pass(folder: Path) -> None:
    found = looked(folder, row("one"), row("two"), {"path": "/srv/images/three"})
    assert found == Finding(
        Verdict.PASS, "3 files that rows name are there; 2 were read, and have the content that the database knows"
    )
    sha256 = hashlib.sha256(b"one").hexdigest()
    assert looked(folder, {"path": "/srv/images/one", "sha256": sha256}).verdict is Verdict.PASS
    assert looked(folder, {"path": "/srv/images/one"}).message == "1 files that rows name are there"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (row("four"), "1 is missing"),
        (row("one", bytes=4), "1 is of another size"),
        (row("one", md5=hashlib.md5(b"eno", usedforsecurity=False).hexdigest()), "1 is of another content"),
        (row("one", path="/srv/images"), "1 is missing"),
        (row("one", path="/srv/link"), "1 is missing"),
        (row("one", path="/srv/../../secret"), "1 is missing"),
        (row("one", path="srv/images/one"), "1 is missing"),
        (row("one", path=None), "1 is missing"),
        (row("one", path="/srv/\0"), "1 is missing"),
        ({}, "1 is missing"),
    ],
)
def test_what_is_not_as_the_database_knows_it_fails(folder: Path, wrong: Row, message: str) -> None:
    (folder / "srv/link").symlink_to("images/one")
    (folder.parent / "secret").write_bytes(b"one")
    found = looked(folder, row("two"), wrong)
    assert found == Finding(Verdict.FAIL, f"of 2 files that rows name, {message}")


def test_names_are_for_who_asks_for_them(folder: Path) -> None:
    (folder / "srv/images/two").unlink()
    words = folder.parent / "words"
    with kept_apart(words):
        found = looked(folder, row("one"), row("two"))
    assert "two" not in found.message
    assert "missing: '/srv/images/two'" in words.read_text()


def test_nothing_named_is_no_pass(folder: Path) -> None:
    assert looked(folder) == Finding(Verdict.UNKNOWN, "the query names no file")


def test_a_query_that_fails_on_its_way_is_no_pass(folder: Path) -> None:
    def rows() -> Iterator[Mapping[str, Any]]:
        yield row("one")
        raise Unavailable("the server went away")

    found = judged_references(rows(), [folder], Random(1))
    assert found == Finding(Verdict.UNKNOWN, "could not be queried: the server went away")


def test_of_many_files_a_sample_is_read_and_all_are_looked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "DIGESTED", 2)
    rows = [row("one"), row("two"), row("three")]
    assert looked(folder, *rows).message.startswith("3 files that rows name are there; 2 were read")
    assert looked(folder, *rows, row("four")).message == "of 4 files that rows name, 1 is missing"
