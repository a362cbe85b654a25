"""Waiting until a repository is mounted."""

from __future__ import annotations

import time
from pathlib import Path

from ops.core.confidential import fit
from ops.core.errors import Unavailable
from ops.core.run import Stream

_SECONDS = 120.0
_FUSE = "this needs /dev/fuse and fusermount3; the role drill_host installs them"


def demand_mounted(place: Path, program: Stream) -> None:
    """Wait until restic, a program that runs, has mounted a repository at a folder; raise Unavailable."""
    deadline = time.monotonic() + _SECONDS
    while not (place.is_mount() and (place / "ids").is_dir()):
        if program.process.poll() is not None:
            raise Unavailable(f"the repository can't be mounted: {fit('restic', program.last_words()[-300:])}", _FUSE)
        if time.monotonic() > deadline:
            raise Unavailable(f"the repository was not mounted within {_SECONDS:.0f} s", _FUSE)
        time.sleep(0.05)
