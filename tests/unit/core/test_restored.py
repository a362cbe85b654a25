"""What somebody else restored: refused by name, and nothing outside is changed, whatever shape it has."""

import os
import stat
from pathlib import Path

import pytest
from hostile_trees import NEEDS_ROOT, REFUSED, closed, looks

from ops.core import restored
from ops.core.errors import Damaged


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return closed(tmp_path / "outside")


@pytest.fixture(params=REFUSED, ids=lambda make: make.__name__)
def hostile(request: pytest.FixtureRequest, tmp_path: Path, outside: Path) -> tuple[Path, str]:
    """A tree as a hostile server may have stored it, and how it is refused."""
    make = request.param
    if make in NEEDS_ROOT and os.geteuid() != 0:
        pytest.skip("not run: only root can make a device")
    tree = tmp_path / "tree"
    tree.mkdir(mode=0o700)
    (tree / "database.dump").write_text("dump")
    (tree / "database.dump").chmod(0o600)
    try:
        make(tree, outside)
    except PermissionError:
        pytest.skip("not run: this computer lets nobody make a device")
    return tree, REFUSED[make]


@pytest.mark.parametrize("act", ["give", "show", "demand_plain"])
def test_a_hostile_tree_is_refused_by_name_and_nothing_is_changed(
    hostile: tuple[Path, str], outside: Path, act: str
) -> None:
    tree, words = hostile
    before = looks(outside)
    dump = (tree / "database.dump").stat()
    more = [(65534, 65534)] if act == "give" else []
    with pytest.raises(Damaged) as caught:
        getattr(restored, act)(tree, "database", *more)
    assert f"database: {words}" in str(caught.value) or (f"database: folders are {words}" in str(caught.value))
    assert looks(outside) == before
    after = (tree / "database.dump").stat()
    assert (after.st_mode, after.st_uid) == (dump.st_mode, dump.st_uid)
    restored.remove(tree)
    assert not tree.exists()
    assert looks(outside) == before


def test_a_healthy_tree_is_shown_and_given(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "database.dir").mkdir(parents=True)
    (tree / "database.dir/toc.dat").write_text("toc")
    (tree / "database.dir/toc.dat").chmod(0o600)
    restored.show(tree, "database")
    assert stat.S_IMODE((tree / "database.dir/toc.dat").stat().st_mode) == 0o644
    assert stat.S_IMODE((tree / "database.dir").stat().st_mode) == 0o755
    mine = (os.geteuid(), os.getegid())
    restored.give(tree, "database", (65534, 65534) if os.geteuid() == 0 else mine)
    owners = {path.stat().st_uid for path in (tree, *tree.rglob("*"))}
    assert owners == {65534 if os.geteuid() == 0 else mine[0]}


def test_a_text_is_written_beside_what_was_restored_and_through_nothing(tmp_path: Path, outside: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    before = looks(outside)
    (tree / "globals.sql").symlink_to(outside / "secret")
    restored.put(tree, "globals.sql", b"roles")
    assert not (tree / "globals.sql").is_symlink()
    assert (tree / "globals.sql").read_bytes() == b"roles"
    (tree / "users.sql").symlink_to(outside)
    restored.put(tree, "users.sql", b"users")
    (tree / "folder.sql").mkdir()
    with pytest.raises(Damaged, match=r"'folder\.sql' is in the way of a file"):
        restored.put(tree, "folder.sql", b"roles")
    assert looks(outside) == before


def test_a_digest_is_of_a_plain_file_of_its_size_below_the_root(tmp_path: Path, outside: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a").mkdir(parents=True)
    (tree / "a/file").write_text("data")
    (tree / "a/link").symlink_to("file")
    (tree / "b").symlink_to("a")
    (tree / "zero").symlink_to("/dev/zero")
    (tree / "out").symlink_to(outside)
    os.mkfifo(tree / "pipe")
    assert restored.digest(tree, "/a/file", 4) == restored.digest(tree, "a/file", 4) is not None
    for path, size in (("/a/file", 5), ("/a/link", 4), ("/b/file", 4), ("/zero", 0), ("/pipe", 0), ("/out/secret", 6)):
        assert restored.digest(tree, path, size) is None
    assert restored.digest(tree, "/none", 0) is None
    with pytest.raises(OSError, match="Not a directory"):
        restored.status(tree, "/b/file")
