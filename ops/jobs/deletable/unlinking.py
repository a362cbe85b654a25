"""One file after the other deleted, each looked at once more by its descriptor right before.

Between the last look and the deletion nobody can change a file: the kernel is asked for a lease, which it refuses while
anybody has the file open to write, and which whoever opens it so has to wait for.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ops.core.plain_file import FOUND
from ops.core.restored import beside
from ops.jobs.deletable.leases import WRITTEN_TO, leased, undisturbed
from ops.jobs.deletable.looking import ROOT, File, Look, groups
from ops.jobs.deletable.names import Names

_BATCH = 5_000  # names that are brought to the disk at once


@dataclass
class Deleted:
    """What became of some files. left: those that stayed, by path, and why."""

    files: int = 0
    bytes: int = 0
    left: dict[str, str] = field(default_factory=dict)


def delete(files: Sequence[File], names: Names) -> Iterator[Deleted]:
    """Delete files that are as they were when they were looked at; yield what was done, again and again."""
    done = Deleted()
    looks = {file.look.file: file.look for file in files}
    with undisturbed():
        for start in range(0, len(files), _BATCH):
            batch = files[start : start + _BATCH]
            names.add([(file.path, file.look.size) for file in batch])
            for several in groups(batch):
                _in_folder(several, looks, done)
            yield done


def _in_folder(batch: Sequence[File], looks: dict[tuple[int, int], Look], done: Deleted) -> None:
    """Delete files of one folder."""
    try:
        with beside(ROOT, batch[0].path) as (folder, _):
            for file in batch:
                if why := _one(folder, file, looks):
                    done.left[file.path] = why
                else:
                    done.files += 1
                    done.bytes += file.look.size
    except OSError as error:
        done.left |= {file.path: f"its folder can't be opened: {error.strerror}" for file in batch}


def _one(folder: int, file: File, looks: dict[tuple[int, int], Look]) -> str:
    """Delete one file of an open folder; return why it stays, empty when it is gone."""
    name = os.path.basename(file.path)  # noqa: PTH119 -- of bytes that are not UTF-8, too
    try:
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            return "it is no plain file any more"
        handle = os.open(name, FOUND, dir_fd=folder)
    except OSError as error:
        return error.strerror or str(error)
    try:
        if not leased(handle):
            return WRITTEN_TO
        if Look.of(os.fstat(handle)) != looks[file.look.file]:
            return "changed since it was compared"
        os.unlink(name, dir_fd=folder)
        looks[file.look.file] = Look.of(os.fstat(handle))  # of its other names, for that was a change of ours
    except OSError as error:
        return error.strerror or str(error)
    finally:
        os.close(handle)
    return ""
