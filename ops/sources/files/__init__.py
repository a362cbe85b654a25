"""Files and folders, with the digests of a sample of the source itself.

restic 0.18 exits 0 when a path that it was told is not there, takes a link for the thing that is meant, and is content
with an empty folder where a disk is not mounted. So these are looked at here, before and after.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ops.core.errors import Damaged, Unavailable
from ops.core.names import AbsolutePath
from ops.core.printable import storable
from ops.core.quantity import Percent
from ops.core.schema import spare
from ops.core.verdict import Finding
from ops.interfaces.source import Capture, CaptureContext, Paths, Source, Stored
from ops.sources._shared.exclude import demand_some_left, left_out, literally
from ops.sources._shared.file_damage import DAMAGES
from ops.sources._shared.file_sample import MAY_LOSE, Sample, SampleFacts, choose, compared, known_files, losses
from ops.sources.files.distant import OutOfReach, demand_answers, out_of_reach, told


@dataclass(frozen=True)
class Options:
    """Which files to back up.

    paths: absolute paths of folders or files; all must exist, and none may be empty. What is mounted below them is
        backed up too, unless an ordinary account mounted it or it doesn't answer: then the backup warns.
    exclude: restic patterns of what to leave out.
    mounted: paths at which a file system must be mounted; otherwise nothing is backed up.
    may_lose: the share of files, or of their bytes, that may have disappeared since the last good set.
    """

    paths: tuple[AbsolutePath, ...]
    exclude: tuple[str, ...] = ()
    mounted: tuple[AbsolutePath, ...] = ()
    may_lose: Percent = MAY_LOSE


@dataclass(frozen=True, kw_only=True)
class FilesFacts(SampleFacts):
    """The facts of files. paths: as the policy names them. not_taken: mounts below them that could not be had."""

    engine: Literal["files"]
    paths: tuple[str, ...]
    not_taken: tuple[str, ...] = spare(())


@dataclass
class _Capture(Capture[FilesFacts]):
    options: Options
    scene: CaptureContext
    sample: Sample
    passed_over: Sequence[OutOfReach] = ()

    def material(self) -> Paths:
        """Return the folders themselves."""
        return Paths(self.options.paths, _excluded(self.options, self.passed_over))

    def facts(self) -> FilesFacts:
        """Return what is known before the data are taken: nothing that restic does not see itself."""
        not_taken = tuple(storable(one.mount.place) for one in self.passed_over)
        return FilesFacts(engine="files", paths=self.options.paths, not_taken=not_taken, files=0, bytes=0, sample={})

    def wanted(self) -> Collection[str]:
        """Return the sampled files."""
        return {str(path) for path in self.sample.looks}

    def finish(self, facts: FilesFacts, stored: Stored) -> FilesFacts:
        """Add count and bytes as the snapshot has them, and the digests of the sampled files that held still."""
        demand(self.options)
        if stored.files == 0:
            raise Damaged(f"no files found in {', '.join(self.options.paths)}", "an empty source is not backed up")
        warnings = losses(stored, self.scene, self.options.may_lose)
        warnings += told(self.passed_over)
        settled = self.sample.settled(facts, stored)
        if changed := len(settled.changed_while_read):
            warnings.append(f"{changed} of {len(self.sample.looks)} sampled files changed while they were read")
        return replace(settled, warnings=tuple(warnings))


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Demand that all paths are there, and look at a sample before the data are taken."""
    demand_some_left(options.paths, options.exclude)
    demand(options)
    passed_over = out_of_reach(options.paths, left_out(options.exclude))
    sample = choose(options.paths, left_out(_excluded(options, passed_over)))
    yield _Capture(options, scene, sample, passed_over)


def _excluded(options: Options, passed_over: Sequence[OutOfReach]) -> list[str]:
    return [*options.exclude, *(literally(one.mount.place) for one in passed_over)]


def demand(options: Options) -> None:
    """Raise unless every path is there with something in it, and what must be mounted is."""
    demand_answers([*options.mounted, *options.paths])
    for place in options.mounted:
        if not Path(place).is_mount():
            raise Unavailable(f"nothing is mounted at {place}", "mount its disk; `findmnt` shows what is mounted")
    for name in options.paths:
        path = Path(name)
        try:
            _demand(path, path.lstat().st_mode)
        except FileNotFoundError as error:
            raise Unavailable(f"{path} is not there", "is its disk mounted? Has it moved?") from error
        except PermissionError as error:
            raise Unavailable(f"no permission to read {path}", "the unit needs CAP_DAC_READ_SEARCH") from error


def _demand(path: Path, mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise Unavailable(
            f"{path} is a link: only the link would be backed up, not what it points to",
            f"use {path.resolve()} in options.paths",
        )
    if stat.S_ISDIR(mode):
        with os.scandir(path) as entries:
            if next(entries, None) is None:
                raise Unavailable(f"{path} is empty", "is its disk mounted? An empty source is not backed up")


def check(folder: Path, facts: FilesFacts, only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare restored files with the digests of the sample."""
    return [("content", compared(folder, facts, only))]


KIND = Source(
    options=Options,
    facts=FilesFacts,
    capture=capture,
    check=check,
    covers=lambda options: [f"path:{path}" for path in options.paths],
    known_files=known_files,
    in_place_paths=lambda options: {path.lstrip("/"): Path(path) for path in options.paths},
    order=1,
    capabilities=("CAP_DAC_READ_SEARCH",),
    damages=DAMAGES,
    synonyms=("file", "folder", "folders", "directory", "path", "documents"),
)
