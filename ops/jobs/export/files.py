"""Files by pattern as a tar archive; it passes through, and stays nowhere.

They are reached by the descriptors of their folders, and no link is followed: whoever may write to a folder that is
exported can't have another file of the machine exported with it.
"""

from __future__ import annotations

import fnmatch
import os
import stat
import tarfile
from collections.abc import Iterator, Sequence
from typing import IO, NoReturn

from ops.core.errors import Damaged, Unavailable
from ops.core.plain_file import FOUND
from ops.policy.exports import Export
from ops.policy.model import Asset
from ops.sources.files import demand


def copy_files(asset: Asset, export: Export, writes: IO[bytes]) -> int:
    """Write the files that an export's patterns match as a tar archive; return how many there are.

    Raise Unavailable for a folder that can't be read, Damaged for a file that changed meanwhile.
    """
    patterns = [pattern.split("/") for pattern in export.files]
    sources = [source.options for source in asset.sources.values() if source.kind == "files"]
    for options in sources:
        demand(options)
    roots = {place for options in sources for place in options.paths}
    count = 0
    with tarfile.open(fileobj=writes, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for path, handle in _found(sorted(roots), patterns):
            with os.fdopen(handle, "rb") as file:
                _add(archive, path, file)
            count += 1
    return count


def _found(roots: Sequence[str], patterns: Sequence[Sequence[str]]) -> Iterator[tuple[str, int]]:
    """Yield each plain file that a pattern matches, once, with a descriptor that the caller closes."""
    seen: set[str] = set()
    for root in roots:
        for folder, folders, names, handle in os.fwalk(root, onerror=_unread, follow_symlinks=False):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)  # noqa: PTH118 -- names may hold anything, and are only put together
                if path in seen or not any(_fits(path.split("/"), one) for one in patterns):
                    continue
                seen.add(path)
                if stat.S_ISREG(os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode):
                    yield path, os.open(name, FOUND, dir_fd=handle)


def _unread(error: OSError) -> NoReturn:
    raise Unavailable(f"{error.filename} can't be read: {error.strerror}", "is its disk mounted?") from error


def _add(archive: tarfile.TarFile, path: str, file: IO[bytes]) -> None:
    before = os.fstat(file.fileno())
    if not stat.S_ISREG(before.st_mode):
        raise Damaged(f"{path} became something else than a file while it was exported")
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.size, entry.mtime, entry.mode = before.st_size, int(before.st_mtime), 0o640
    try:
        archive.addfile(entry, file)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise Damaged(f"{path} could not be read whole: {error}", "export when it is finished") from error
    after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Damaged(f"{path} was changed while it was exported", "export when it is finished")


def _fits(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a path fits a pattern, name by name: `**` stands for any number of folders."""
    if not pattern:
        return not names
    if pattern[0] == "**":
        return any(_fits(names[start:], pattern[1:]) for start in range(len(names)))
    return bool(names) and fnmatch.fnmatchcase(names[0], pattern[0]) and _fits(names[1:], pattern[1:])
