"""A sample of the files that are taken: chosen before, held against the repository after, and against a restore.

Beside it, how much of all files is gone since the last good set.

A million files are neither kept nor all walked: the walk goes into folders by chance, and stops when it has seen
enough to choose from.
"""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from ops.core import restored
from ops.core.errors import Damaged
from ops.core.files import digest
from ops.core.names import Digest, TreePath
from ops.core.quantity import Percent, Size
from ops.core.schema import spare
from ops.core.verdict import Finding, judged, not_configured
from ops.interfaces.facts import Facts
from ops.interfaces.source import CaptureContext, Stored

SAMPLE = 64
ENTRIES = 50_000
ENTRIES_OF_A_FOLDER = 5_000
FOLDERS_WAITING = 10_000
LARGEST_DIGESTED = 256 << 20
# How much may be gone since the last good set where the policy does not say.
MAY_LOSE = Percent(50)

Look = tuple[int, int, int]


@dataclass(frozen=True)
class Sampled:
    """A file of the sample that held still."""

    bytes: int
    mtime_ns: int
    sha256: Digest


@dataclass(frozen=True, kw_only=True)
class SampleFacts(Facts):
    """What is known of files that were taken.

    files, bytes: in all. sample: some of them, by path; changed_while_read: those that left it. names_not_utf8: how
    many names were met that no manifest can hold.
    """

    files: int
    bytes: int
    sample: Mapping[TreePath, Sampled]
    changed_while_read: tuple[str, ...] = ()
    names_not_utf8: int = spare(0)

    @property
    def file_count(self) -> int:
        """How many files were taken."""
        return self.files


S = TypeVar("S", bound=SampleFacts)


def known_files(facts: SampleFacts) -> Collection[str]:
    """Return the files whose digests are known."""
    return facts.sample.keys()


@dataclass
class Sample:
    """Files chosen, with their looks; and how many names were met that are not UTF-8, which no manifest can hold."""

    looks: dict[Path, Look] = field(default_factory=dict)
    other_names: int = 0

    def settled(self, facts: S, stored: Stored) -> S:
        """Return the facts with count and bytes, the digests of the files that held still, and which did not."""
        sample: dict[TreePath, Sampled] = {}
        changed = []
        for path, look in self.looks.items():
            entry = stored.entries.get(str(path))
            now = _look(path)
            if entry is None and look == now:
                continue  # left out by restic
            total = _digest(path) if entry == (look[0], look[1] // 1000) and look == now else None
            if total is None or look != _look(path):
                changed.append(str(path))
            else:
                sample[TreePath(path)] = Sampled(look[0], look[1], Digest(total))
        return replace(
            facts,
            files=stored.files,
            bytes=stored.bytes,
            sample=sample,
            changed_while_read=tuple(sorted(changed)),
            names_not_utf8=self.other_names,
        )


def choose(paths: Sequence[str], passed: Callable[[str], bool], *, one_file_system: bool = False) -> Sample:
    """Return a sample of regular files, chosen by chance (reservoir sampling); `passed`: what is left out."""
    chance = random.Random()  # noqa: S311 -- a sample, not a secret
    chosen: list[str] = []
    found = Sample()
    seen = 0
    for path in _walk(paths, passed, one_file_system, chance):
        if not _is_text(path):
            found.other_names += 1
            continue
        seen += 1
        if len(chosen) < SAMPLE:
            chosen.append(path)
        elif (place := chance.randrange(seen)) < SAMPLE:
            chosen[place] = path
    looks = ((file, _look(file)) for file in map(Path, sorted(chosen)))
    found.looks = {file: look for file, look in looks if look is not None}
    return found


def _walk(
    paths: Sequence[str], passed: Callable[[str], bool], one_file_system: bool, chance: random.Random
) -> Iterator[str]:
    seen = {path: Path(path).lstat() for path in paths}
    yield from (path for path, status in seen.items() if stat.S_ISREG(status.st_mode))
    waiting = [(path, status.st_dev) for path, status in seen.items() if stat.S_ISDIR(status.st_mode)]
    left = ENTRIES
    while waiting and left > 0:
        folder, device = waiting.pop(chance.randrange(len(waiting)))
        for entry in islice(_entries(folder), min(left, ENTRIES_OF_A_FOLDER)):
            left -= 1
            if passed(entry.path):
                continue
            if entry.is_file(follow_symlinks=False):
                yield entry.path
            elif entry.is_dir(follow_symlinks=False) and (not one_file_system or _device(entry) == device):
                _wait(waiting, (entry.path, device), chance)


def _wait(waiting: list[tuple[str, int]], folder: tuple[str, int], chance: random.Random) -> None:
    """Keep a folder for later; when too many are kept, one of them by chance makes room."""
    if len(waiting) < FOLDERS_WAITING:
        waiting.append(folder)
    else:
        waiting[chance.randrange(FOLDERS_WAITING)] = folder


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """Yield a folder's entries one by one; what vanished or may not be read has none, restic tells of it."""
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return


def _device(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_dev
    except OSError:
        return -1


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


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


def compared(folder: Path, facts: SampleFacts, only: Sequence[str]) -> Finding:
    """Compare restored files with the digests of the sample; `only`: the paths that were restored.

    Where no sampled file is among them, nothing was compared, which is no pass.
    """
    wanted = {
        path: known
        for path, known in facts.sample.items()
        if not only or any(Path(path).is_relative_to(part) for part in only)
    }
    if not wanted:
        why = "none of the sampled files is among what was restored" if facts.sample else "the set has no digests"
        return not_configured(why)
    wrong = [path for path, known in wanted.items() if restored.digest(folder, path, known.bytes) != known.sha256]
    good = f"{len(wanted)} sampled files have the content recorded in the manifest"
    return judged([f"{len(wrong)} of {len(wanted)} sampled files differ"] if wrong else [], good)


def losses(stored: Stored, scene: CaptureContext, may_lose: Percent) -> list[str]:
    """Return warnings of what is gone since the last good set; raise Damaged when it is more than may be lost."""
    before = scene.before
    pairs = ((stored.files, before.files), (stored.bytes, before.bytes))
    if all(now >= then * (100 - may_lose.value) / 100 for now, then in pairs):
        return []
    words = (
        f"only {stored.files:,} files of {Size(stored.bytes)} are left of {before.files:,} files of "
        f"{Size(before.bytes)} in the last good set; the limit is {may_lose}"
    )
    if not scene.accepted:
        raise Damaged(words, "if that is intended, run: seawall backup ASSET --accept-loss 'REASON'")
    return [f"{words}; accepted: {scene.accepted}"]
