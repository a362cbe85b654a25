"""Ways to hurt the archived log that a drill has brought, each of which it must notice."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random

from ops.interfaces.change_log import is_segment
from ops.interfaces.damage import FileDamage
from ops.sources.postgresql_cluster.facts import ClusterFilesFacts

# Behind the head of a segment's first page: what lies there is of a record, whose sum it changes.
_OF_A_RECORD = 48
_TIMELINE = slice(4, 8)  # of that head


def _segment(act: Callable[[Path], str]) -> FileDamage[ClusterFilesFacts]:
    """Hurt one of the segments that lie in a folder, all of which are needed."""

    def hurt(folder: Path, _facts: ClusterFilesFacts, chance: Random) -> str:
        names = sorted(path.name for path in folder.iterdir() if is_segment(path.name) and not path.is_symlink())
        # What was archived last may reach beyond what is needed.
        return act(folder / chance.choice(names[:-1] or names)) if names else ""

    return FileDamage("log", hurt)


def _missing(path: Path) -> str:
    path.unlink()
    return f"{path.name} was removed"


def _cut(path: Path) -> str:
    os.truncate(path, path.stat().st_size // 2)
    return f"{path.name} was cut in half"


def _flipped(path: Path) -> str:
    content = bytearray(path.read_bytes())
    content[_OF_A_RECORD] ^= 1
    path.write_bytes(content)
    return f"a bit of {path.name} was flipped"


def _another_timeline(path: Path) -> str:
    content = bytearray(path.read_bytes())
    (timeline,) = struct.unpack("=I", content[_TIMELINE])
    content[_TIMELINE] = struct.pack("=I", timeline + 1)
    path.write_bytes(content)
    return f"{path.name} was made one of timeline {timeline + 1}"


SEGMENTS: dict[str, FileDamage[ClusterFilesFacts]] = {
    "segment_cut": _segment(_cut),
    "segment_flipped": _segment(_flipped),
    "segment_missing": _segment(_missing),
    "segment_of_another_timeline": _segment(_another_timeline),
}
