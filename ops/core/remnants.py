"""Programs that outlived the process that started them: known by a mark in their environment, and ended.

A unit's programs end with it. What a person starts by hand has no unit around it: killed, it leaves its programs
running, which must not go on writing beside the next run.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

VARIABLE = "SEAWALL_ACT"
_SECONDS = 10.0


@contextmanager
def marked(act: str) -> Iterator[None]:
    """Mark every program that is started in the block as this act's."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = act
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def end(act: str) -> int:
    """End the programs that carry an act's mark, as nobody waits for them any more; return how many there were."""
    wanted = f"{VARIABLE}={act}".encode()
    found = [handle for number in _processes() if (handle := _handle(number, wanted)) is not None]
    for handle in found:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    for handle in found:
        select.select([handle], [], [], _SECONDS)  # readable once it has ended
        os.close(handle)
    return len(found)


def _processes() -> Iterator[int]:
    own = os.getpid()
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and int(path.name) != own:
            yield int(path.name)


def _handle(number: int, wanted: bytes) -> int | None:
    """Return a handle of a process that has the mark: its number may belong to another one a moment later."""
    try:
        handle = os.pidfd_open(number)
    except OSError:
        return None
    with suppress(OSError):  # ended, or another account's
        if wanted in Path(f"/proc/{number}/environ").read_bytes().split(b"\0"):
            return handle
    os.close(handle)
    return None
