"""Folders in memory, so that what a drill writes there touches no disk; layers over a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.quantity import Size
from ops.core.run import run

LEAST = 256 << 20  # less than this a machine writes in its first minutes
KEPT_FREE = 4  # a drill takes three quarters of the memory that is free, and leaves one
_SECONDS = 60.0
# Plain layers: nothing is remembered about the ones below, which may change their identity with each mount.
OVERLAY = "index=off,xino=off,metacopy=off,redirect_dir=off"


def available() -> int:
    """Return how many bytes of memory could be used without pushing anything out."""
    import psutil

    return int(psutil.virtual_memory().available)


def fits(needed: int) -> bool:
    """Whether so many bytes fit into what a drill may take of the memory."""
    return needed <= share()


def share() -> int:
    """Return how many bytes of the memory a drill may take now."""
    return available() // KEPT_FREE * (KEPT_FREE - 1)


@contextmanager
def in_memory(folder: Path, needed: int, most: int | None = None) -> Iterator[None]:
    """Make a folder whose files never touch a disk, for a block; raise Unavailable without room for so many bytes.

    most: how many bytes it can hold at most, as far as there is memory; by default, what is needed. Whoever made the
    data said how large they are, and may have lied.
    """
    if not fits(needed):
        raise Unavailable(
            f"the drill needs {Size(needed)} of memory, but only {Size(available())} are free",
            "try again later, or drill without --instant",
        )
    folder.mkdir(mode=0o700)
    # Not nosuid: what a service may become in life it must be able to become here; the folder is closed to others.
    size = max(needed, min(most or needed, share()))
    options = f"size={size},mode=0700,nodev"
    run(["mount", "-t", "tmpfs", "-o", options, "seawall-drill", folder], timeout=_SECONDS)
    try:
        yield
    finally:
        run(["umount", "--lazy", folder], timeout=_SECONDS)


@contextmanager
def writable(trees: Sequence[Path], room: Path) -> Iterator[Path]:
    """Lay a layer in `room` over trees that can only be read, for a block; yield where all are seen as one.

    What several of the trees have is seen as it is in the first of them.
    """
    merged, lower = room / "root", room / "lower"
    for path in (merged, lower, room / "upper", room / "work"):
        path.mkdir(mode=0o755)
    # By short names: since Linux 6.5 and libmount 2.39 the list of all trees is one word of at most 255 bytes.
    for number, tree in enumerate(trees):
        (lower / str(number)).symlink_to(tree)
    layers = f"lowerdir={':'.join(f'lower/{number}' for number in range(len(trees)))},upperdir=upper,workdir=work"
    words = ["mount", "-t", "overlay", "seawall-drill", "-o", f"{layers},{OVERLAY}", str(merged)]
    run(words, timeout=_SECONDS, cwd=room)
    merged.chmod(0o755)  # a snapshot has no entry for / itself
    try:
        yield merged
    finally:
        run(["umount", "--lazy", merged], timeout=_SECONDS)
