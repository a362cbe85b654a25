"""What every sort of thing that `seawall gaps` looks for keeps: what it may not look at is told, never passed over."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from every_kind import every, example
from kernel import Kernel

from ops.core import kinds
from ops.core.errors import SeawallError
from ops.interfaces.discovery import Found, SearchContext, Sort, answers

UNIX = """\
Num       RefCount Protocol Flags    Type St Inode Path
0000: 00000002 00000000 00010000 0001 01 501 {socket}
"""
KINDS = every("ops.gaps")


def mariadb(kernel: Kernel, folder: Path, _patch: pytest.MonkeyPatch) -> str:
    """Let a server run that nobody can ask, for there is no client; return how it is named."""
    process = kernel.runs(70, "mariadbd", cwd=folder, open_files=["socket:[501]"])
    (process / "net/unix").write_text(UNIX.format(socket=folder / "mysqld.sock"))
    return f"mariadb:{folder}/mysqld.sock"


def postgresql(kernel: Kernel, folder: Path, _patch: pytest.MonkeyPatch) -> str:
    (folder / "postmaster.pid").write_text(f"70\n{folder}\n1763800000\n5433\n{folder}\nlocalhost\n")
    kernel.runs(70, "postgres", cwd=folder)
    return "postgresql:5433"


def sqlite(kernel: Kernel, folder: Path, _patch: pytest.MonkeyPatch) -> str:
    with closing(sqlite3.connect(folder / "his.sqlite")) as database:
        database.execute("create table visits (id)")
    kernel.runs(70, "his", open_files=[folder / "his.sqlite"])
    return f"sqlite:{folder}/his.sqlite"


def path(kernel: Kernel, folder: Path, patch: pytest.MonkeyPatch) -> str:
    (folder / "images").mkdir()
    (folder / "images/scan.dcm").write_bytes(bytes(5000))
    (kernel.proc / "1/mountinfo").write_text("")
    patch.setattr("ops.gaps.path.FOLDERS", (str(folder),))  # this machine's own are other people's
    return f"path:{folder}/images"


# How a machine is made that holds one such thing: returns the name that must be found.
HOLDS: dict[str, Callable[[Kernel, Path, pytest.MonkeyPatch], str]] = {
    "mariadb": mariadb,
    "path": path,
    "postgresql": postgresql,
    "sqlite": sqlite,
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sort(kind: str) -> Sort:
    return kinds.load("ops.gaps", kind)


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    (tmp_path / "proc").mkdir()
    made = Kernel(tmp_path / "proc")
    made.runs(1, "systemd", parent=0)
    return made


@pytest.fixture
def held(kind: str, kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put one such thing on the machine; return its name."""
    (tmp_path / "held").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    return example(HOLDS, kind, f"HOLDS in {__file__}")(kernel, tmp_path / "held", monkeypatch)


def found(sort: Sort, proc: Path, *answered: Path) -> list[Found]:
    return [*sort.look(SearchContext(1000, answered, proc))]


def test_what_cannot_be_looked_at_is_told(sort: Sort, tmp_path: Path) -> None:
    with pytest.raises((SeawallError, OSError)):
        found(sort, tmp_path / "no proc")


def test_what_is_there_is_found_by_its_name(kind: str, sort: Sort, kernel: Kernel, held: str) -> None:
    there = [one for one in found(sort, kernel.proc) if one.name == held]
    assert len(there) == 1
    assert there[0].words, "say what it is"
    assert answers(f"{kind}:*", held), "an exception in the policy names it by its sort"


def test_names_begin_with_the_sort(kind: str, sort: Sort, kernel: Kernel, held: str) -> None:
    assert {one.name.partition(":")[0] for one in found(sort, kernel.proc) if one.name} == {kind}


def test_a_name_says_nothing_that_a_line_cannot_hold(sort: Sort, kernel: Kernel, held: str) -> None:
    for one in found(sort, kernel.proc):
        assert one.name.isprintable()
        assert one.words.isprintable()


def test_to_look_twice_finds_the_same(sort: Sort, kernel: Kernel, held: str) -> None:
    assert found(sort, kernel.proc) == found(sort, kernel.proc)
