"""What goes wrong around a machine: its disk, its memory, its clock, and the way to other machines."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

SECONDS_A_DAY = 86_400
SLOW = 10_000  # bytes a second, of all connections together
PIECE = 1000
# The clock of a process of ours is moved; restic, which reads the computer's, is told the same time for its snapshots.
MOVED = """
import sys
from datetime import timedelta
from ops.core import clock
real, moved = clock.now, timedelta(seconds=int(sys.argv[1]))
clock.now = lambda: real() + moved
from ops import cli
sys.exit(cli.run(sys.argv[2:]))
"""
RESTIC = """#!/bin/sh
told=
for word; do
    shift
    set -- "$@" "$word"
    if [ "$word" = backup ] && [ -z "$told" ]; then
        told=yes
        set -- "$@" --time "$(date -d '{moved} seconds' '+%Y-%m-%d %H:%M:%S')"
    fi
done
exec {restic} "$@"
"""


@contextmanager
def disk(folder: Path, *, inodes: int = 0, size: int = 0) -> Iterator[Path]:
    """Put a small disk in the place of a folder, with what is in it; afterwards the folder has what the disk had.

    inodes, size: how many files and bytes it takes beside what there is already; 0: as many as are wanted.
    """
    kept = folder.with_name(f"{folder.name}.kept")
    there = sum(1 for _ in folder.rglob("*"))
    used = sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
    options = [f"nr_inodes={there + inodes + 8}"] * bool(inodes) + [f"size={used + size}"] * bool(size)
    kept.mkdir()
    run("mount", "--bind", "--make-private", folder, kept)  # else the small disk would appear there, too
    run("mount", "-t", "tmpfs", "-o", ",".join(["mode=0755", *options]), "tmpfs", folder)
    try:
        run("cp", "-a", f"{kept}/.", folder)
        yield folder
    finally:
        try:
            for old in sorted(kept.rglob("*"), reverse=True):
                if not os.path.lexists(folder / old.relative_to(kept)):
                    old.rmdir() if old.is_dir() else old.unlink()
            run("cp", "-a", f"{folder}/.", kept)
        finally:  # one that fails is no reason for the others to fail
            for place in (folder, kept):
                run("umount", place)
            kept.rmdir()


def fill(folder: Path) -> Path:
    """Take all the room that is left on a folder's disk; return the folder with what took it."""
    (folder / "everything else").mkdir()
    path = folder / "everything else" / "file"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return path.parent


def fill_inodes(folder: Path) -> Path:
    """Take all the files that a folder's disk can still have; return the folder with them."""
    path = folder / "everything else"
    path.mkdir()
    with contextlib.suppress(OSError):
        for number in range(1 << 20):
            (path / str(number)).touch()
    return path


def run(*words: str | Path) -> None:
    done = subprocess.run([*map(str, words)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@contextmanager
def little_memory(size: int) -> Iterator[tuple[str, ...]]:
    """Yield the words before a command that let it and all that it starts have no more memory than so many bytes."""
    first, second = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
    parent, limit = (first, "memory.limit_in_bytes") if first.is_dir() else (second, "memory.max")
    group = parent / f"seawall-test-{uuid4().hex[:8]}"
    group.mkdir()
    try:
        if not (group / limit).exists():
            pytest.skip("no control group of this computer limits memory")
        (group / limit).write_text(str(size))
        yield ("sh", "-c", f'echo 0 >{group}/cgroup.procs && exec "$0" "$@"')
    finally:
        deadline = time.monotonic() + 60
        while (group / "cgroup.procs").read_text():
            assert time.monotonic() < deadline
            os.sched_yield()
        group.rmdir()


def moved_clock(folder: Path, seconds: int) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the command seawall with a clock that is moved, and what its environment needs for that."""
    restic = shutil.which("restic")
    folder.mkdir()
    (folder / "restic").write_text(RESTIC.format(restic=restic, moved=seconds))
    (folder / "restic").chmod(0o755)
    return (sys.executable, "-c", MOVED, str(seconds)), {"PATH": f"{folder}:{os.environ['PATH']}"}


class Line:
    """A way to a server that can be led elsewhere, be slow, go dead, or break now and then, as a network does."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.dead = False
        self.rate = 0  # bytes a second; 0: as many as come
        self.lasts = 0  # so many bytes each connection carries; 0: no limit
        self.breaks = 0  # how many connections still break
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self._turn, self._free = threading.Lock(), 0.0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                outside, _ = self.listener.accept()
            except OSError:
                return  # closed: the test is over
            if self.dead:
                self._kept = outside  # taken, and never answered
                continue
            inside = socket.create_connection(("127.0.0.1", self.target))
            lasts = [self.lasts] if self.breaks > 0 else [0]
            self.breaks -= bool(self.lasts)
            for one, other in ((outside, inside), (inside, outside)):
                threading.Thread(target=self._carry, args=[one, other, lasts], daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, lasts: list[int]) -> None:
        with contextlib.suppress(OSError):
            while content := one.recv(PIECE if self.rate else 1 << 16):
                self._wait(len(content))
                other.sendall(content)
                if lasts[0]:
                    lasts[0] -= len(content)
                    if lasts[0] <= 0:
                        for end in (one, other):
                            end.shutdown(socket.SHUT_RDWR)
                        return
            other.shutdown(socket.SHUT_WR)

    def _wait(self, count: int) -> None:
        if not self.rate:
            return
        with self._turn:
            self._free = max(self._free, time.monotonic()) + count / self.rate
            until = self._free
        while (left := until - time.monotonic()) > 0:
            threading.Event().wait(left)
