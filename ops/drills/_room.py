"""Room for patients' data on the drill host: in memory where they fit, else encrypted under a key that dies with it."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.core.errors import CommandError, Unavailable
from ops.core.files import demand_room
from ops.core.run import Stream, run, stream
from ops.core.verdict import Finding, Verdict
from ops.drills import Stage
from ops.drills._memory import fits, in_memory

MEMORY = "in memory"
ENCRYPTED = "on the drill host's disk, encrypted under a key that was never written"
PLAIN = "on the drill host's disk, not encrypted"
PROGRAM = "gocryptfs"
_KEY_BYTES = 32
_SECONDS = 60.0
_DAY = 86_400.0


@contextmanager
def room(stage: Stage, needed: int, name: str = "room") -> Iterator[Path]:
    """Yield a folder with room for so many bytes, and tell where it lies; raise Unavailable where there is none.

    With the block all that was written there is gone.
    """
    folder = stage.scratch / name
    if fits(needed):
        stage.tell(written=MEMORY)
        with in_memory(folder, needed):
            yield folder
        return
    disk = stage.scratch.with_name(f"{stage.scratch.name}-{name}")  # the stage itself lies in memory
    demand_room(disk, needed, "the drill")
    disk.mkdir(mode=0o700)
    try:
        with _sealed(stage, disk, folder) as place:
            yield place
    finally:
        shutil.rmtree(disk)


@contextmanager
def _sealed(stage: Stage, disk: Path, folder: Path) -> Iterator[Path]:
    """Yield where to write: encrypted if this computer can, else the disk as it is, which is a warning."""
    if shutil.which(PROGRAM):
        stage.tell(written=ENCRYPTED)
        folder.mkdir(mode=0o700)
        with encrypted(disk, folder):
            yield folder
        return
    stage.tell(written=PLAIN)
    words = f"the data lie {PLAIN}: they do not fit into memory, and {PROGRAM} is not there"
    stage.rung("encryption", Finding(Verdict.WARN, f"{words}; the role drill_host installs it"))
    yield disk


@contextmanager
def encrypted(disk: Path, folder: Path) -> Iterator[None]:
    """Show in `folder` what lies encrypted in `disk`, content and names, for a block; raise Unavailable.

    The key is made here, given to the program through a pipe, and nowhere else; without it `disk` can't be read again.
    """
    words = [PROGRAM, "-fg", "-quiet", "-nosyslog", "-noprealloc", "-allow_other", "-suid"]
    # Without a file of settings: that would hold the key, wrapped in a password.
    words += ["-deterministic-names", "-masterkey=stdin", str(disk), str(folder)]
    with stream(words, timeout=_DAY, talk=True, ok=range(256)) as program:
        program.write(f"{secrets.token_hex(_KEY_BYTES)}\n")
        _wait(program, folder)
        try:
            yield
        finally:
            with suppress(CommandError):
                run(["umount", "--lazy", folder], timeout=_SECONDS)
            program.dismiss()


def _wait(program: Stream, folder: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while not folder.is_mount():
        if program.process.poll() is not None or time.monotonic() > deadline:
            raise Unavailable(f"{PROGRAM} could not encrypt the drill's room: {program.stderr[-400:]}")
        time.sleep(0.02)
