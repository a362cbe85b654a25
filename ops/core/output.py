"""Files that a person named for what they asked for, and why one of them can't be written, in one line."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ops.core.errors import SeawallError, Unavailable, UsageError
from ops.core.files import write_atomically


def demand_place(path: Path | None) -> None:
    """Raise UsageError or Unavailable where no file can be written; asked before the work, which would be in vain."""
    if path is None:
        return
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not path.parent.is_dir():
            path.parent.stat()
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    except OSError as error:
        raise explained(error, path) from error


def write(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all, with a mode; to a pipe or device such as /dev/stdout, as it is."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
        else:
            demand_place(path)
            write_atomically(path, content, mode)
    except OSError as error:
        raise explained(error, path) from error


def explained(error: OSError, path: Path | None = None) -> SeawallError:
    """Return what the system's refusal of a file means to a person; the path: where the error does not name it."""
    path = path or (Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else None)
    if path is None:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        return Unavailable("no space is left where the output goes" if full else f"{error.strerror or error}")
    folder = path.parent
    match error.errno:
        case errno.ENOENT:
            missing = folder if not folder.exists() else path
            hint = f"mkdir -p {folder}" if missing == folder else ""
            return UsageError(f"{path}: there is no {'folder' if hint else 'file'} {missing}", hint)
        case errno.EEXIST:
            return UsageError(f"{path} is a file; a folder is expected")
        case errno.ENOTDIR:
            return UsageError(f"{path}: a part of this path is a file, not a folder")
        case errno.EISDIR:
            return UsageError(f"{path} is a folder; a file is expected", f"name one in it, such as {path}/NAME")
        case errno.EACCES | errno.EPERM | errno.EROFS:
            reason = f"find out why, see findmnt -T {folder} and journalctl -k" if error.errno == errno.EROFS else ""
            hint = f"name another place, or {reason or 'run as its owner'}"
            return Unavailable(f"{path}: {os.strerror(error.errno).lower()}", hint)
        case errno.ENOSPC | errno.EDQUOT:
            hint = f"free some space or inodes, see df {folder} and df -i {folder}; or name another place"
            return Unavailable(f"{path}: no space is left there", hint)
    return Unavailable(f"{path}: {error.strerror or error}")
