"""A restored cluster's files and log, laid out for a throwaway server: root moves them, and follows no link among them.

What lies there may have been made by a machine that somebody broke into. Links that a cluster may have, to its log and
its table spaces, are taken away, as are others right in the data directory; any other one is refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ops.core.errors import Damaged
from ops.core.plain_file import FOLDER
from ops.core.restored import beside, remove
from ops.interfaces.change_log import is_file_name, is_segment

DATA, LOG, SPACES, SETTINGS = "data", "data/pg_wal", "spaces", "settings"
_LINKS = "pg_tblspc"  # of the data directory: to the table spaces; the server makes them anew


def laid_out(files: Path, home: Path, data: str, spaces: Sequence[str]) -> Mapping[str, str]:
    """Move a cluster's folders from below `files`, under their own paths, into the new folder `home`.

    Return where each table space lies in it; raise Damaged where a folder is not there, or a link leads to it.
    """
    inner = {path: f"{SPACES}/{number}" for number, path in enumerate(spaces)}
    for folder in (home, home / SPACES):
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)  # ours; what lies around it is closed
    # Those that lie in another one first.
    for path, name in sorted({data: DATA, **inner}.items(), reverse=True):
        try:
            with beside(files, path) as (around, last):
                os.rename(last, home / name, src_dir_fd=around)
        except OSError as error:
            raise Damaged(f"the set does not hold the folder {path}: {error.strerror}") from error
    _tidy(home)
    return inner


def _tidy(home: Path) -> None:
    """Take away the links that a cluster may have, and whatever lies where its log belongs."""
    data = _opened(home / DATA)
    try:
        _unlinked(data)
        spaces = _opened(_LINKS, data)
        try:
            _unlinked(spaces)
        finally:
            os.close(spaces)
    finally:
        os.close(data)
    remove(home / LOG)
    (home / LOG).mkdir(mode=0o700)


def _opened(path: Path | str, folder: int | None = None) -> int:
    try:
        return os.open(path, FOLDER, dir_fd=folder)
    except OSError as error:
        raise Damaged(f"{path} of the restored cluster is no folder: {error.strerror}") from error


def _unlinked(folder: int) -> None:
    for name in os.listdir(folder):
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=folder)


def set_apart(own: Path, after: Path) -> None:
    """Move the segments that a set holds itself, as they were archived later and whole, to its own."""
    last = max((file.name for file in _of_log(own) if is_segment(file.name)), default="")
    for file in _of_log(after):
        if is_segment(file.name) and file.name <= last:
            file.replace(own / file.name)


def placed(folder: Path, home: Path) -> None:
    """Move the files of a log to where the server looks for them."""
    for file in _of_log(folder):
        file.replace(home / LOG / file.name)


def _of_log(folder: Path) -> Iterator[Path]:
    """Yield the files of a log in a folder of plain files and folders; nothing where that was not made."""
    found = sorted(folder.iterdir()) if folder.exists() else []
    yield from (file for file in found if is_file_name(file.name) and file.is_file())


def written(home: Path, files: Mapping[str, str]) -> None:
    """Write a server's settings, which its account can only read."""
    (home / SETTINGS).mkdir(mode=0o755)
    (home / SETTINGS).chmod(0o755)
    for name, text in files.items():
        (home / SETTINGS / name).write_text(text, encoding="utf-8")
        (home / SETTINGS / name).chmod(0o644)
