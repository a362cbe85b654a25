"""The marks of acts that run on this machine, and those of acts that were killed before they could say anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ops.core import clock
from ops.core.document import read_file
from ops.core.errors import SeawallError
from ops.core.files import write_json
from ops.core.names import HostName, Name
from ops.interfaces.running import LIMITS, Running, read
from ops.jobs.host import folders

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STATE, _BORN = 0, 19  # of the words behind the name in /proc/PROCESS/stat, see proc(5)
_DEAD = {"Z", "X"}
_LONGEST_TIME = 64  # bytes


def path(name: str) -> Path:
    """Return where the mark of an act lies while it runs."""
    return folders.state() / "state" / f"{name}.running"


def set_for(name: str, kind: str, subject: str, host: str) -> Path:
    """Mark an act as run by this process; return the mark."""
    mark = path(name)
    mark.parent.mkdir(parents=True, exist_ok=True)
    own = os.getpid()
    born = int(_stat(own)[_BORN])
    told = Running(
        kind=Name(kind),
        subject=HostName(subject),
        host=HostName(host),
        started=clock.iso(clock.now()),
        account=os.geteuid(),
        process=own,
        born=born,
        boot=_boot(),
    )
    write_json(mark, told.written(), mode=0o640)
    return mark


def began(mark: Path) -> str:
    """Return the time that a mark tells; nothing where it tells anything else, which is nobody's business to repeat."""
    with suppress(SeawallError, OSError, ValueError):
        return _read(mark).started
    with suppress(SeawallError, OSError, ValueError):  # as releases up to 0.1 wrote it
        return clock.iso(clock.parse(read_file(mark, _LONGEST_TIME, str(mark), owned=True).decode("ascii").strip()))
    return ""


def running() -> Iterator[tuple[str, Running]]:
    """Yield the name of each act that runs now, of whatever account, and what its mark tells."""
    for mark in sorted((folders.state() / "state").glob("*.running")):
        with suppress(SeawallError, OSError, ValueError):
            told = _read(mark)
            if _runs(told):
                yield mark.stem, told


def killed() -> Iterator[tuple[str, Running]]:
    """Yield the name of each act whose process is gone without a word, and what its mark tells."""
    for mark in sorted((folders.state() / "state").glob("*.running")):
        with suppress(SeawallError, OSError, ValueError):
            told = _read(mark)
            if not _runs(told):
                yield mark.stem, told


def message(began: str) -> str:
    """Return what is said of an act that was killed."""
    return f"the run started at {began} never reported a result: it was killed, or the machine went down"


def _read(mark: Path) -> Running:
    return read(read_file(mark, LIMITS.bytes, str(mark), owned=True), str(mark))


def _runs(told: Running) -> bool:
    """Whether the process of a mark is still there, as far as anybody can tell."""
    if told.boot != _boot():
        return False
    try:
        words = _stat(told.process)
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:
        return True
    return words[_STATE] not in _DEAD and int(words[_BORN]) == told.born


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _boot() -> str:
    return _BOOT.read_text(encoding="ascii").strip()
