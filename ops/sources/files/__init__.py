"""Files and folders, with the digests of a sample taken from the source itself.

restic 0.18 exits 0 when a path that it was told is not there, takes a link for the thing that is meant, and is content
with an empty folder where a disk is not mounted. So these are looked at here, before and after.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.quantity import Percent
from ops.core.verdict import Finding
from ops.interfaces.source import CaptureContext, Paths, Source, Stored
from ops.sources._shared.exclude import demand_some_left, left_out
from ops.sources._shared.file_sample import MAY_LOSE, Sample, choose, compared, losses
from ops.sources.files.damage import DAMAGES


@dataclass(frozen=True)
class Options:
    """Which files.

    paths: folders or files, absolute; every one must be there and none may be empty.
    exclude: restic's patterns of what is left out.
    mounted: places where a file system must be mounted; when it is not, nothing is taken.
    may_lose: how many of the files, or of their bytes, may be gone since the last good set.
    """

    paths: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    mounted: tuple[str, ...] = ()
    may_lose: Percent = MAY_LOSE


@dataclass
class _Capture:
    options: Options
    scene: CaptureContext
    sample: Sample

    def material(self) -> Paths:
        """Return the folders themselves."""
        return Paths(self.options.paths, self.options.exclude)

    def facts(self) -> Mapping[str, Any]:
        """Return what is known before the data are taken: nothing that restic does not see itself."""
        return {"engine": "files", "paths": list(self.options.paths)}

    def wanted(self) -> Collection[str]:
        """Return the sampled files."""
        return {str(path) for path in self.sample.looks}

    def finish(self, stored: Stored) -> Mapping[str, Any]:
        """Add count and bytes as the snapshot has them, and the digests of the sampled files that held still."""
        demand(self.options)
        if stored.files == 0:
            raise Damaged(f"no file was found in {', '.join(self.options.paths)}", "an empty source is not backed up")
        warnings = losses(stored, self.scene, self.options.may_lose)
        settled = self.sample.settled(stored)
        if changed := len(settled["changed_while_read"]):
            warnings.append(f"{changed} of {len(self.sample.looks)} sampled files changed while they were read")
        told = {"warnings": warnings} if warnings else {}
        return {"files": stored.files, "bytes": stored.bytes, **settled, **told}

    def companions(self) -> Mapping[str, str]:
        """Return nothing: the files are all there is."""
        return {}


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Demand that all paths are there, and look at a sample before the data are taken."""
    demand_some_left(options.paths, options.exclude)
    demand(options)
    yield _Capture(options, scene, choose(options.paths, left_out(options.exclude)))


def demand(options: Options) -> None:
    """Raise unless every path is there with something in it, and what must be mounted is."""
    for place in options.mounted:
        if not Path(place).is_mount():
            raise Unavailable(f"nothing is mounted at {place}", "mount its disk; `findmnt` shows what is mounted")
    for name in options.paths:
        path = Path(name)
        if not path.is_absolute():
            raise UsageError(f"{name} is no absolute path", "options.paths are written from / on")
        try:
            _demand(path, path.lstat().st_mode)
        except FileNotFoundError as error:
            raise Unavailable(f"{path} is not there", "is its disk mounted? Has it moved?") from error
        except PermissionError as error:
            raise Unavailable(f"{path} may not be read", "the unit needs CAP_DAC_READ_SEARCH") from error


def _demand(path: Path, mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise Unavailable(
            f"{path} is a link: it would be taken, and nothing behind it", f"name {path.resolve()} in options.paths"
        )
    if stat.S_ISDIR(mode):
        with os.scandir(path) as entries:
            if next(entries, None) is None:
                raise Unavailable(f"{path} is empty", "is its disk mounted? An empty source is not backed up")


def check(folder: Path, facts: Mapping[str, Any], only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare restored files with the digests of the sample."""
    return [("content", compared(folder, facts, only))]


KIND = Source(
    options=Options,
    capture=capture,
    check=check,
    covers=lambda options: [f"path:{path}" for path in options.paths],
    homes=lambda options: {path.lstrip("/"): Path(path) for path in options.paths},
    order=1,
    capabilities=("CAP_DAC_READ_SEARCH",),
    damages=DAMAGES,
)
