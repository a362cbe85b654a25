"""Whether anybody may be writing to a file, as the kernel tells who asks it for a lease.

It refuses one while somebody has the file open to write, or mapped; and whoever opens a leased file so has to wait.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from ops.core.plain_file import FOUND
from ops.core.restored import beside
from ops.jobs.deletable.looking import ROOT, File, groups

WRITTEN_TO = "somebody has it open to write"
_NO_LEASES = {errno.EINVAL, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # of a file system that has none


def leased(handle: int) -> bool:
    """Take a lease on a file, which ends when it is closed; return False when somebody may be writing to it."""
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno in _NO_LEASES
    return True


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let nothing happen when somebody waits for a lease; the kernel would end this process."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGIO, before)


def written_to(files: Iterable[File]) -> Iterator[str]:
    """Yield the paths of the files to which somebody may be writing.

    Who has mapped a file may write to it without a trace in its times. Who maps it later leaves one with the first
    write: so this comes after the look that times are compared with.
    """
    with undisturbed():
        for several in groups([*files]):
            with suppress(OSError), beside(ROOT, several[0].path) as (folder, _):  # gone, it will not be deleted
                yield from (one.path for one in several if not _is_free(folder, one.path))


def _is_free(folder: int, path: str) -> bool:
    try:
        handle = os.open(os.path.basename(path), FOUND, dir_fd=folder)  # noqa: PTH119 -- a Path of each takes seconds
    except OSError:
        return True  # whoever deletes it opens it again
    try:
        return leased(handle)
    finally:
        os.close(handle)
