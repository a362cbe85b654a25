"""Files and folders, with the digests of a sample taken from the source itself.

restic 0.18 exits 0 when a path that it was told is not there, so that is looked at here, before and after.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged, Unavailable
from ops.core.files import digest
from ops.core.verdict import Finding, judged
from ops.sources import Paths, Scene, Source, Stored

SAMPLE = 64
# A walk that met this many folders has seen enough to choose from; a million files are not walked twice.
FOLDERS_LOOKED_AT = 2_000
LARGEST_DIGESTED = 256 << 20

Look = tuple[int, int, int]


@dataclass(frozen=True)
class Options:
    """Which files.

    paths: folders or files, absolute; every one must be there and none may be empty.
    exclude: restic's patterns of what is left out.
    """

    paths: tuple[str, ...]
    exclude: tuple[str, ...] = ()


@dataclass
class _Capture:
    options: Options
    before: Mapping[Path, Look]

    def material(self) -> Paths:
        """Return the folders themselves."""
        return Paths(self.options.paths, self.options.exclude)

    def facts(self) -> Mapping[str, Any]:
        """Return what is known before the data are taken: nothing that restic does not see itself."""
        return {"engine": "files", "paths": list(self.options.paths)}

    def wanted(self) -> Collection[str]:
        """Return the sampled files."""
        return {str(path) for path in self.before}

    def finish(self, stored: Stored) -> Mapping[str, Any]:
        """Add count and bytes as the snapshot has them, and the digests of the sampled files that held still."""
        demand(self.options)
        if stored.files == 0:
            raise Damaged(f"no file was found in {', '.join(self.options.paths)}", "an empty source is not backed up")
        sample, changed = {}, []
        for path, look in self.before.items():
            entry = stored.entries.get(str(path))
            if entry is None and look == _look(path):
                continue  # left out by a pattern
            total = _digest(path) if entry == (look[0], look[1] // 1000) and look == _look(path) else None
            if total is None or look != _look(path):
                changed.append(str(path))
            else:
                sample[str(path)] = {"bytes": look[0], "mtime_ns": look[1], "sha256": total}
        return {"files": stored.files, "bytes": stored.bytes, "sample": sample, "changed_while_read": sorted(changed)}

    def companions(self) -> Mapping[str, str]:
        """Return nothing: the files are all there is."""
        return {}


@contextmanager
def capture(options: Options, _scene: Scene) -> Iterator[_Capture]:
    """Demand that all paths are there, and look at a sample before the data are taken."""
    demand(options)
    yield _Capture(options, {path: look for path in choose(options) if (look := _look(path)) is not None})


def demand(options: Options) -> None:
    """Raise Unavailable when a path is not there, or is a folder with nothing in it."""
    for name in options.paths:
        path = Path(name)
        try:
            if path.is_dir() and not any(os.scandir(path)):
                raise Unavailable(f"{path} is empty", "is its disk mounted? An empty source is not backed up")
            path.lstat()
        except FileNotFoundError as error:
            raise Unavailable(f"{path} is not there", "is its disk mounted? Has it moved?") from error
        except PermissionError as error:
            raise Unavailable(f"{path} may not be read", "the unit needs CAP_DAC_READ_SEARCH") from error


def choose(options: Options) -> list[Path]:
    """Return a sample of regular files, chosen by chance (reservoir sampling over a bounded walk)."""
    chance = random.Random()  # noqa: S311 -- a sample, not a secret
    sample: list[Path] = []
    for seen, path in enumerate(_walk(options)):
        if len(sample) < SAMPLE:
            sample.append(path)
        elif (place := chance.randint(0, seen)) < SAMPLE:
            sample[place] = path
    return sorted(sample)


def _walk(options: Options) -> Iterator[Path]:
    folders = 0
    for name in options.paths:
        if Path(name).is_file():
            yield Path(name)
        for folder, names, files in os.walk(name):
            random.shuffle(names)
            folders += 1
            if folders > FOLDERS_LOOKED_AT:
                return
            yield from (Path(folder, file) for file in files)


def _look(path: Path) -> Look | None:
    """Return size, change of content and change of anything, or None for what is not a file to sample."""
    try:
        seen = path.lstat()
    except OSError:
        return None
    regular = stat.S_ISREG(seen.st_mode) and seen.st_size <= LARGEST_DIGESTED
    return (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns) if regular else None


def _digest(path: Path) -> str | None:
    try:
        return digest(path)
    except OSError:
        return None


def check(folder: Path, facts: Mapping[str, Any], only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare restored files with the digests of the sample."""
    wanted = {
        path: known
        for path, known in facts["sample"].items()
        if not only or any(Path(path).is_relative_to(part) for part in only)
    }
    wrong = [path for path, known in wanted.items() if _digest(folder / path.lstrip("/")) != known["sha256"]]
    good = f"{len(wanted)} sampled files have the content of the manifest"
    return [("content", judged([f"{len(wrong)} of {len(wanted)} sampled files differ"] if wrong else [], good))]


KIND = Source(
    options=Options,
    capture=capture,
    check=check,
    covers=lambda options: [f"path:{path}" for path in options.paths],
    homes=lambda options: {path.lstrip("/"): Path(path) for path in options.paths},
    order=1,
    capabilities=("CAP_DAC_READ_SEARCH",),
)
