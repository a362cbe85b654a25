"""What is mounted, as the kernel tells it; looked at without touching what is mounted, for that may never answer."""

from __future__ import annotations

import os
import queue
import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# File systems that another machine, or a program, shows.
_DISTANT = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "virtiofs", "afs", "coda", "ceph", "glusterfs", "lustre"),
    *("beegfs", "orangefs", "davfs", "autofs"),
}


@dataclass(frozen=True)
class Mount:
    """A file system where it is mounted; `origin`: what of it is seen there.

    options: those of the file system itself. number, parent: of this mount, and of the one that it stands on. disk: the
    numbers of its device.
    """

    place: str
    origin: str
    type: str
    source: str
    options: tuple[str, ...] = ()
    number: int = 0
    parent: int = 0
    disk: str = ""

    @property
    def stored(self) -> bool:
        """Whether its files lie on a disk and nowhere else on this machine; those of an overlay lie below it."""
        return self.source.startswith("/dev/") or self.type == "zfs"

    @property
    def distant(self) -> bool:
        """Whether another machine or a program answers for it: it may refuse anybody, and may never answer."""
        return self.type in _DISTANT or re.fullmatch(r"fuse(blk|\..*)?", self.type) is not None

    @property
    def personal(self) -> bool:
        """Whether an ordinary account mounted it, as everybody may who has `fusermount`."""
        return self.distant and self._option("user_id") not in {"", "0"}

    @property
    def upper(self) -> str:
        """The folder that an overlay writes to, as whoever mounted it called it; empty for anything else."""
        return self._option("upperdir") if self.type == "overlay" else ""

    @property
    def device(self) -> int | None:
        """The number that its files carry; none when it can't be looked at."""
        try:
            return Path(self.place).stat().st_dev
        except OSError:
            return None

    def _option(self, name: str) -> str:
        return next((one.partition("=")[2] for one in self.options if one.startswith(f"{name}=")), "")


def mounts(table: Path = Path("/proc/self/mountinfo")) -> list[Mount]:
    """Return what is mounted, as this process sees it; psutil does not tell which folder of a file system it is."""
    return read(table.read_text(encoding="utf-8", errors="surrogateescape"))


def read(text: str) -> list[Mount]:
    """Return the mounts that a table of the kernel's lists, in its order."""
    found = []
    for line in text.splitlines():
        words, _, rest = line.partition(" - ")
        fields, (kind, source, *options) = words.split(" "), rest.split(" ")
        found.append(
            Mount(
                plain(fields[4]),
                plain(fields[3]),
                kind,
                plain(source),
                tuple(map(plain, ",".join(options).split(","))),
                int(fields[0]),
                int(fields[1]),
                fields[2],
            )
        )
    return found


def plain(word: str) -> str:
    """Return a word of one of the kernel's tables as it is meant: blanks are written by their number there."""
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), word)


def seen(found: Collection[Mount]) -> list[Mount]:
    """Return the mounts that can be reached: over the others, or above them, something else is mounted."""
    known = {mount.number: mount for mount in found}
    return [mount for mount in found if not _hidden(mount, known)]


def _hidden(mount: Mount, known: Mapping[int, Mount]) -> bool:
    below = {mount.number}
    above = known.get(mount.parent)
    while above and above.number not in below:
        below.add(above.number)
        above = known.get(above.parent)
    path = PurePosixPath(mount.place)
    return any(
        other.parent == mount.number if other.place == mount.place else path.is_relative_to(other.place)
        for other in known.values()
        if other.number not in below
    )


def holding(path: str, found: Collection[Mount]) -> Mount | None:
    """Return the mount on which a path lies; None where the table has none."""
    above = [mount for mount in seen(found) if PurePosixPath(path).is_relative_to(mount.place)]
    return max(above, key=lambda mount: len(mount.place), default=None)


def trouble(place: str, seconds: float) -> str:
    """Return why a mounted file system can't be looked at, empty when it answers within so many seconds.

    It is asked from a thread of its own, which is left behind when no answer comes.
    """
    answers: queue.Queue[str] = queue.Queue()

    def ask() -> None:
        try:
            os.lstat(place)
            os.statvfs(place)
            if os.path.isdir(place):  # noqa: PTH112 -- a Path would hide why it can't be told
                with os.scandir(place) as entries:
                    next(entries, None)
        except OSError as error:
            answers.put(error.strerror or str(error))
        else:
            answers.put("")

    threading.Thread(target=ask, daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        return f"no answer within {seconds:.0f} s"


_UNWRITABLE = {"squashfs", "iso9660", "erofs", "udf", "romfs", "cramfs"}  # file systems that never take anything


def is_read_only(path: Path) -> bool:
    """Whether the file system that holds a path takes nothing, though one of its type could.

    That of the file system itself counts, not of the mount: a unit of systemd sees many of those read-only.
    """
    mount = holding(str(path.resolve()), mounts())
    return mount is not None and mount.type not in _UNWRITABLE and "ro" in mount.options
