"""Trees as a server may store them that somebody broke into: what stands in the place of a database's material."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

Make = Callable[[Path, Path], None]  # fills a tree, given a folder outside of it


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


def nested(tree: Path, _outside: Path) -> None:
    (tree / "/".join("d" * 100)).mkdir(parents=True)


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
    nested: "nested deeper than 32",
    deep: "nested deeper than 32",
    odd_name: r"'x\n\x1b[2J' is a link",
}
NEEDS_ROOT = {character_device, block_device}
NOT_STORED = {local_socket, deep}  # restic restores no sockets, and can't name what lies so deep


def closed(folder: Path) -> Path:
    """Make a folder of somebody else's, with a file; both closed."""
    folder.mkdir(mode=0o700)
    (folder / "secret").write_text("secret")
    (folder / "secret").chmod(0o600)
    return folder
