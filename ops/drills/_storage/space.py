"""Room for patients' data on the drill host: in memory where they fit, else encrypted under a key that dies with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ops.core.errors import Unavailable
from ops.core.files import demand_room
from ops.core.ram import fits, in_memory
from ops.core.restored import remove
from ops.core.verdict import Finding, Verdict
from ops.drills._storage.encrypted import sealed, with_tables
from ops.interfaces.drill import Stage

MEMORY = "in memory"
ENCRYPTED = "on the drill host's disk, encrypted with a key that was never written"
PLAIN = "on the drill host's disk, not encrypted"


@contextmanager
def room(stage: Stage[object], needed: int, name: str = "room", most: int | None = None) -> Iterator[Path]:
    """Yield a folder with room for so many bytes, and tell where it lies; raise Unavailable where there is none.

    most: how many bytes may be written where they lie in memory and there is more of it; by default what is needed.
    With the block all that was written there is gone.
    """
    folder = stage.scratch / name
    if fits(needed):
        stage.tell(written=MEMORY)
        with in_memory(folder, needed, most):
            yield folder
        return
    disk = stage.scratch.with_name(f"{stage.scratch.name}-{name}")  # the stage itself lies in memory
    size = with_tables(needed)
    demand_room(disk, size, "the drill")
    disk.mkdir(mode=0o700)
    try:
        with ExitStack() as block:
            yield _place(stage, block, disk, size, folder)
    finally:
        remove(disk)


def _place(stage: Stage[object], block: ExitStack, disk: Path, size: int, folder: Path) -> Path:
    """Return where to write: encrypted if this computer can, else the disk as it is, which is a warning."""
    try:
        place = block.enter_context(sealed(disk / "image", size, folder))
    except Unavailable as reason:
        stage.tell(written=PLAIN)
        words = f"the data are {PLAIN}: they do not fit into memory, and {reason}"
        stage.rung("encryption", Finding(Verdict.WARN, words))
        plain = disk / "plain"
        plain.mkdir(mode=0o700)
        return plain
    stage.tell(written=ENCRYPTED)
    return place
