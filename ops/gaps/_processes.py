"""What runs on this machine, read from /proc: programs, where they stand, which files and sockets they have open.

By hand and not by psutil, which tells neither the container that a process runs in nor where this machine sees its
files and sockets, and which reads no other folder than the kernel's, as a look at a machine in a test must.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.core.errors import Unavailable
from ops.gaps._containers import called
from ops.interfaces.discovery import Found

OURS = "/seawall-"  # in the control group of whatever Seawall's own units start, such as a drill's throwaway server
LISTENING = 0x10000  # the flag of a socket that waits for others
HINT = "run seawall gaps as root: it then uses the permissions of its unit"


@dataclass(frozen=True)
class Process:
    """A program that runs. inside: the container it runs in, empty on the machine itself."""

    pid: int
    parent: int
    program: str
    inside: str


def processes(proc: Path) -> Iterator[Process]:
    """Yield what runs, but for the kernel's own and Seawall's; raise Unavailable where it may not be looked at."""
    try:
        yield from _processes(proc)
    except PermissionError as error:
        raise Unavailable("not permitted to look at processes of other accounts", HINT) from error


def _processes(proc: Path) -> Iterator[Process]:
    root = _identity(proc / "1/root")
    for folder in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            program = (folder / "exe").readlink().name.removesuffix(" (deleted)")
            groups = (folder / "cgroup").read_text().strip()
            group = groups.rpartition("\n")[2]
            inside = "" if _identity(folder / "root") == root else called(groups, proc, int(folder.name))
            status = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread of the kernel, or it has ended meanwhile
        if OURS not in group:
            yield Process(int(folder.name), int(status[1]), program, inside)


def told(process: Process, sort: str, words: str, found: Iterator[Found], proc: Path) -> Iterator[Found]:
    """Yield what was found of a server; one whose files can't be looked at is told by itself, and ends no search."""
    try:
        yield from found
    except PermissionError:
        raise
    except OSError as error:
        if (proc / str(process.pid)).exists():
            name = f"{sort}:{process.inside}:{process.pid}" if process.inside else f"{sort}:{process.pid}"
            yield Found(name, f"{words} that can't be looked at: {error.strerror}")


def folder(process: Process, proc: Path) -> Path:
    """Return the folder that a process stands in, as the process names it."""
    return (proc / str(process.pid) / "cwd").readlink()


def seen(process: Process, path: Path, proc: Path) -> Path:
    """Return where this machine sees a path of a process, which may live in a container."""
    return proc / str(process.pid) / "root" / str(path).lstrip("/") if process.inside else path


def files(process: Process, proc: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each regular file that a process has open: its path, and the door in /proc through which it is read."""
    for door, target in _open(process, proc):
        if target.startswith("/") and not target.endswith(" (deleted)"):
            try:
                if stat.S_ISREG(door.stat().st_mode):
                    yield Path(target), door
            except (FileNotFoundError, ProcessLookupError):
                continue


def sockets(process: Process, proc: Path) -> list[str]:
    """Return the paths of the Unix sockets on which a process listens."""
    mine = {target[len("socket:[") : -1] for _, target in _open(process, proc) if target.startswith("socket:[")}
    lines = (proc / str(process.pid) / "net/unix").read_text().splitlines()[1:]
    parts = [line.split(maxsplit=7) for line in lines]
    with_path = [part for part in parts if len(part) > 7 and part[7].startswith("/")]  # noqa: PLR2004 -- the path
    return sorted({part[7] for part in with_path if part[6] in mine and int(part[3], 16) & LISTENING})


def _open(process: Process, proc: Path) -> Iterator[tuple[Path, str]]:
    try:
        doors = list((proc / str(process.pid) / "fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return
    except PermissionError as error:
        raise Unavailable("not permitted to look at open files of other accounts", HINT) from error
    for door in doors:
        try:
            yield door, str(door.readlink())
        except (FileNotFoundError, ProcessLookupError):
            continue


def _identity(path: Path) -> tuple[int, int]:
    """Two roots are one when they are the same folder of the same file system, whatever each sees mounted on it."""
    found = path.stat()
    return found.st_dev, found.st_ino
