"""What somebody else restored: refused by name, and nothing outside is changed, whatever shape it has."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.core import restored
from ops.core.errors import Damaged

Make = Callable[[Path, Path], None]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody else's, with a file; both closed."""
    folder = tmp_path / "outside"
    folder.mkdir(mode=0o700)
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    return folder


def looks(folder: Path) -> list[tuple[object, ...]]:
    """Return what can be changed of a tree."""
    seen = [(path, path.lstat()) for path in (folder, *sorted(folder.rglob("*")))]
    return [(path, one.st_mode, one.st_uid, one.st_gid, one.st_mtime_ns, one.st_size) for path, one in seen]


def to_file(tree: Path, outside: Path) -> None:
    (tree / "x").symlink_to(outside / "secret")


def to_folder(tree: Path, outside: Path) -> None:
    (tree / "x").symlink_to(outside)


def to_itself(tree: Path, _outside: Path) -> None:
    (tree / "x").symlink_to("x")


def to_nowhere(tree: Path, _outside: Path) -> None:
    (tree / "x").symlink_to("nowhere")


def to_above(tree: Path, _outside: Path) -> None:
    (tree / "x").symlink_to("..")


def to_endless(tree: Path, _outside: Path) -> None:
    (tree / "x").symlink_to("/dev/zero")


def deep_link(tree: Path, outside: Path) -> None:
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/x").symlink_to(outside)


def pipe(tree: Path, _outside: Path) -> None:
    os.mkfifo(tree / "x")


def character_device(tree: Path, _outside: Path) -> None:
    os.mknod(tree / "x", stat.S_IFCHR | 0o666, os.makedev(1, 5))


def block_device(tree: Path, _outside: Path) -> None:
    os.mknod(tree / "x", stat.S_IFBLK | 0o600, os.makedev(7, 0))


def local_socket(tree: Path, _outside: Path) -> None:
    before = Path.cwd()
    os.chdir(tree)  # the name of a socket may not be long
    try:
        socket.socket(socket.AF_UNIX).bind("x")
    finally:
        os.chdir(before)


def deep(tree: Path, _outside: Path) -> None:
    handle = os.open(tree, os.O_RDONLY)
    for _ in range(3000):  # deeper than a path can name, and than Python can call itself
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)


def odd_name(tree: Path, outside: Path) -> None:
    (tree / "x\n\x1b[2J").symlink_to(outside)


REFUSED: dict[Make, str] = {
    to_file: "'x' is a link",
    to_folder: "'x' is a link",
    to_itself: "'x' is a link",
    to_nowhere: "'x' is a link",
    to_above: "'x' is a link",
    to_endless: "'x' is a link",
    deep_link: "'a/b/x' is a link",
    pipe: "'x' is a pipe",
    character_device: "'x' is a device",
    block_device: "'x' is a device",
    local_socket: "'x' is a socket",
    deep: "nested deeper than 32",
    odd_name: r"'x\n\x1b[2J' is a link",
}
NEEDS_ROOT = {character_device, block_device}


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
