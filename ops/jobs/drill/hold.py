"""Leaving a restored system to a person: for a reason, allowed by somebody, for a day at most."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ops.core import clock
from ops.core.announce import announce
from ops.core.document import Limits, decode, parse, read_file
from ops.core.errors import Locked, UsageError
from ops.core.files import lock, write_json
from ops.core.run import run
from ops.core.schema import encode
from ops.interfaces import joined
from ops.jobs.drill.options import DrillOptions
from ops.jobs.host import folders, own_policy
from ops.jobs.run.program_words import lines

LIMITS = Limits(bytes=1 << 16, depth=4, entries=1000, text=1 << 12)
LONGEST = timedelta(hours=24)
SHELL = ("/bin/bash", "--login")
_LOOK_SECONDS = 0.3
_WAIT_SECONDS = 10.0  # for somebody who looks whether it is held


@dataclass(frozen=True)
class Held:
    """A restored system that is held.

    enter: what leads in, before a program; nothing where nothing runs. until: when it ends by itself. words: the file
    with what programs said, as others than the drill see it.
    """

    enter: tuple[str, ...]
    until: str
    reason: str
    approver: str
    words: str = ""


def hold(name: str, enter: Sequence[str], wanted: DrillOptions, words: Path) -> None:
    """Say how the restored system is entered, and hold it until somebody ends it or a day is over.

    words: the file with what programs said, as the drill sees it.
    """
    until = clock.now() + LONGEST
    path = note(name)
    with lock(_lock(name), f"holding {name}", wait=_WAIT_SECONDS):  # dropped by the kernel if this drill is killed
        _held(name, path, Held(tuple(enter), clock.iso(until), wanted.keep, wanted.approver, _seen(words)), until)


def _seen(words: Path) -> str:
    """Return how others see a file of this drill, which has mounts of its own."""
    return f"/proc/{os.getpid()}/root{words}"


def _held(name: str, path: Path, held: Held, until: datetime) -> None:
    write_json(path, encode(held))
    verbs = ("enter", "words", "end") if held.enter else ("words", "end")
    ways = [f"seawall drill {verb} {name}" for verb in verbs]
    announce(f"{name}: held until {clock.iso(until)}; {', '.join(ways)}")
    try:
        while path.exists() and clock.now() < until:
            time.sleep(_LOOK_SECONDS)
    finally:
        path.unlink(missing_ok=True)


def note(name: str) -> Path:
    """Return the file that is there as long as a system is kept, and after a drill that was killed meanwhile."""
    return folders.scratch() / f"{joined.held(name)}.json"


def is_held(name: str) -> bool:
    """Whether a drill is there that holds a system.

    The note alone says it not: after a drill that was killed, the process that leads in may be another one by then.
    """
    if not note(name).exists():
        return False
    try:
        with lock(_lock(name), name):
            return False
    except Locked:
        return True


def _lock(name: str) -> Path:
    return folders.scratch() / f"{joined.held(name)}.lock"


def enter(name: str, words: Sequence[str]) -> int:
    """Become a program in a kept system, a shell if there are no words; raise UsageError when none is kept."""
    held = _kept(name)
    if not held.enter:
        raise UsageError(f"nothing of {name} runs that could be entered", f"seawall drill words {name}")
    argv = [*held.enter, *(words or SHELL)]
    os.execvp(argv[0], argv)  # noqa: S606 -- a file says which program that only root may write


def words(name: str) -> list[str]:
    """Return what programs said in a drill whose system is held; raise UsageError when none is held."""
    held = _kept(name)
    return lines(Path(held.words)) if held.words else []


def end(name: str) -> str:
    """End a kept system at once; return a sentence when nothing is left of it."""
    _kept(name)
    note(name).unlink(missing_ok=True)
    unit = joined.service(joined.drill(name))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        state = run(["systemctl", "is-active", unit], timeout=20, ok=range(256)).stdout.strip()
        if state in {"inactive", "failed"}:
            return f"{name}: ended, and everything was removed"
        time.sleep(_LOOK_SECONDS)
    raise UsageError(f"{unit} has not ended", f"systemctl stop {unit}")


def _kept(name: str) -> Held:
    path = note(name)
    if not path.exists():
        own_policy.demand_server()
        kept = [path.stem.removeprefix(joined.held("")) for path in folders.scratch().glob(f"{joined.held('*')}.json")]
        known = f"held: {', '.join(kept)}" if kept else "none is held; use seawall drill ASSET --hold REASON"
        raise UsageError(f"no restored {name} is held on this machine", known)
    if not is_held(name):
        raise UsageError(
            f"the drill that held {name} was killed: nothing of it is left", f"seawall drill {name} --hold"
        )
    return decode(Held, parse(read_file(path, LIMITS.bytes, str(path), owned=True), LIMITS, str(path)), str(path))
