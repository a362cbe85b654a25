"""Files that leave a client's repository in a run of retention: they are moved, and can come back while they are kept.

They lie beside the repositories, below `.leaving`, the client's name and that of the run, in folders of root's, with
the note of the run. They are renamed, which takes no space and changes no byte. Whatever is interrupted comes back:
all that it takes is to move what lies there to where it was.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ops.core import clock, plain_file
from ops.core.errors import Damaged, Unavailable
from ops.core.files import sync_file_system
from ops.core.names import HostName
from ops.interfaces.layout import DATA, INDEX, SNAPSHOTS
from ops.interfaces.retention_run import LIMITS, RetentionRun, RunId, Stage, read_run, written
from ops.keeper.aside import Moved, moved, paths_in
from ops.keeper.repository import files, folder_in, opened
from ops.keeper.second_names import LEAVING, place, take_in

STAMP = "%Y%m%dT%H%M%SZ"
NOTE, KEPT = "run.json", "kept"
_ORDER = (SNAPSHOTS, INDEX, DATA)  # what names others goes before what it names, and comes back after it


@dataclass(frozen=True)
class Back:
    """What came back. missing: the paths of what did not, for something else is in its place."""

    files: int
    missing: tuple[str, ...]


def runs(base: Path, client: str) -> list[RetentionRun]:
    """Return the runs of a client that are noted, the oldest first; raise Damaged for a note that can't be read."""
    folder = base / LEAVING / client
    names = sorted(path.name for path in folder.iterdir() if RunId.fits(path.name)) if folder.is_dir() else []
    return [_read(base, client, name) for name in names if (folder / name / NOTE).exists()]


def held(base: Path, client: str) -> set[str]:
    """Return the paths of all files that left a client's repository and are kept."""
    found: set[str] = set()
    for run in runs(base, client):
        with suppress(FileNotFoundError), _seen(base, client, run.run) as folder, folder_in(folder, KEPT) as kept:
            found.update(paths_in(kept))
    return found


def made(base: Path, client: str) -> set[str]:
    """Return the paths of what runs put into a client's repository, in place of what left it."""
    return {path for run in runs(base, client) for path in run.new}


def withdrawn(base: Path, client: str) -> set[str]:
    """Return the paths of what runs put there that were undone: nothing needs it any more, and it may be gone."""
    return {path for run in runs(base, client) if run.stage is Stage.UNDONE for path in run.new}


def begin(base: Path, client: str) -> RetentionRun:
    """Note a new run, of which nothing is touched yet, and return it."""
    now = clock.now()
    with place(base, client) as here:
        stamp = now.strftime(STAMP)
        with os.scandir(here) as entries:
            there = {entry.name for entry in entries}
        names = itertools.chain([stamp], (f"{stamp}-{number}" for number in itertools.count(2)))
        name = next(one for one in names if one not in there)
        os.mkdir(name, 0o700, dir_fd=here)
    run = RetentionRun(client=HostName(client), run=RunId(name), stage=Stage.OPEN, began=now.timestamp())
    note(base, run)
    return run


def note(base: Path, run: RetentionRun) -> None:
    """Write down how far a run is, on the disk before this returns."""
    text = json.dumps(written(run), indent=1).encode("ascii")
    with place(base, run.client) as here, folder_in(here, run.run) as folder:
        passing = f".{NOTE}"
        with suppress(FileNotFoundError):
            os.unlink(passing, dir_fd=folder)
        with os.fdopen(os.open(passing, plain_file.NEW, 0o600, dir_fd=folder), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(passing, NOTE, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
        os.fsync(here)


def forget(base: Path, run: RetentionRun) -> None:
    """Remove a run of which nothing is kept."""
    with place(base, run.client) as here:
        shutil.rmtree(run.run, dir_fd=here)


def move_out(base: Path, run: RetentionRun, gone: Iterable[str]) -> None:
    """Take in what is new, then move what is gone out of the repository; the run is noted as MOVING before.

    All is on the disk when this returns. What is new comes first, so that at no time anything is missing. Raise
    Unavailable when a file is not there to be moved.
    """
    take_in(base, run.client, run.new)
    sync_file_system(base)
    paths = list(gone)
    with opened(base, run.client) as repository, place(base, run.client) as here, folder_in(here, run.run) as folder:
        os.mkdir(KEPT, 0o700, dir_fd=folder)
        with folder_in(folder, KEPT) as kept:
            for sort in _ORDER:
                result = moved(repository, kept, [path for path in paths if path.startswith(f"{sort}/")])
                if result.missing:
                    raise Unavailable(
                        f"{len(result.missing)} files were not there to be moved, such as {result.missing[0]}"
                    )
    sync_file_system(base)


def bring_back(base: Path, run: RetentionRun) -> Back:
    """Move all that left in a run to where it was; what is there by now stays as it is. It is on the disk then.

    What the run wrote anew is there, too, until it is withdrawn.
    """
    count, missing = 0, []
    with opened(base, run.client) as repository, place(base, run.client) as here, folder_in(here, run.run) as folder:
        with suppress(FileNotFoundError), folder_in(folder, KEPT) as kept:
            paths = list(paths_in(kept))
            for sort in reversed(_ORDER):
                result = moved(kept, repository, [path for path in paths if path.startswith(f"{sort}/")])
                count += result.files
                missing += _others(kept, repository, result)
    sync_file_system(base)
    return Back(count, tuple(missing))


def withdraw(base: Path, run: RetentionRun) -> None:
    """Remove what a run put into the repository, after what it took came back: all that this holds is in that, too.

    An index may name packs that are nowhere, where the run was somebody else's work, and what came back has its own.
    The packs stay where anything arrived since the run began, for the next run to remove: nothing names them then.
    """
    new = set(run.new)
    with opened(base, run.client) as repository:
        since = (one for one in files(repository) if one.arrived > run.began and one.path not in new)
        first = sorted(path for path in new if path.startswith(INDEX))
        packs = () if any(one.sort in _ORDER for one in since) else sorted(new.difference(first))
        for path in (*first, *packs):
            with suppress(FileNotFoundError):
                os.unlink(path, dir_fd=repository)
    sync_file_system(base)


def free(base: Path, run: RetentionRun) -> None:
    """Remove for good what left in a run."""
    with place(base, run.client) as here, folder_in(here, run.run) as folder, suppress(FileNotFoundError):
        shutil.rmtree(KEPT, dir_fd=folder)


def _others(kept: int, repository: int, result: Moved) -> list[str]:
    """Return what was not moved and is another file than the one in its place."""
    return [path for path in result.missing if not _same(kept, repository, path)]


def _same(kept: int, repository: int, path: str) -> bool:
    try:
        first, second = (os.stat(path, dir_fd=tree, follow_symlinks=False) for tree in (kept, repository))
    except FileNotFoundError:
        return False
    return os.path.samestat(first, second)


@contextmanager
def _seen(base: Path, client: str, name: str) -> Iterator[int]:
    """Open the folder of a run for a block, to read it, whoever asks."""
    with opened(base, LEAVING) as leaving, folder_in(leaving, client) as here, folder_in(here, name) as folder:
        yield folder


def _read(base: Path, client: str, name: str) -> RetentionRun:
    path = base / LEAVING / client / name / NOTE
    with _seen(base, client, name) as folder:
        handle = os.open(NOTE, plain_file.FOUND, dir_fd=folder)
        with os.fdopen(handle, "rb") as file:
            run = read_run(file.read(LIMITS.bytes + 1), str(path))
    if (run.client, run.run) != (client, name):
        raise Damaged(f"{path} is the note of another run")
    return run
