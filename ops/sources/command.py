"""A program of the site's own that writes the data to its standard output: a vendor's tool, another database's dump.

Its exit code is honoured, and beyond that its size and last words are looked at, for a program that was cut off may
still end well. Its arguments may hold what nobody else should read: they stay on the machine, out of the manifest.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.core.errors import Damaged, Unavailable, UsageError
from ops.core.files import digest
from ops.core.quantity import Size
from ops.core.verdict import Finding, judged, not_configured
from ops.interfaces.source import CaptureContext, Source, Stored, Streamed
from ops.sources._shared.stream_damage import of_stream
from ops.sources._shared.stream_guard import TAIL, watched


@dataclass(frozen=True)
class Options:
    """Which program, and what shows that its output is whole.

    argv: the program, absolute, and its arguments; no shell reads them. Only root may be able to change the program.
    filename: the name of the file that a restore brings back.
    end: words that must stand in the last line of the output.
    at_least: the smallest output that is believed; without a word no output at all is refused, `0B` allows it.
    covers: what the program protects, named as `seawall gaps` names it.
    hint: a sentence for whoever restores: how the file is loaded again.
    """

    argv: tuple[str, ...]
    filename: str = "data"
    end: str = ""
    at_least: Size = Size(1)
    covers: tuple[str, ...] = ()
    hint: str = ""


@dataclass
class _Capture:
    options: Options
    program: Path
    digest: Path

    def material(self) -> Streamed:
        """Return the program, watched."""
        argv = [str(self.program), *self.options.argv[1:]]
        self.digest.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        least = self.options.at_least.bytes
        watch = watched(argv, end=self.options.end, least=least, digest=str(self.digest))
        return Streamed(watch, self.options.filename)

    def facts(self) -> Mapping[str, Any]:
        """Return what is known without the data: the program's name, and none of its arguments."""
        return {
            "engine": "command",
            "program": self.options.argv[0],
            "filename": self.options.filename,
            "end": self.options.end,
            "hint": self.options.hint,
        }

    def wanted(self) -> Collection[str]:
        """Ask for nothing: the output is one stream."""
        return ()

    def finish(self, stored: Stored) -> Mapping[str, Any]:
        """Demand that enough was stored."""
        if stored.bytes < self.options.at_least.bytes:
            raise Damaged(f"{stored.bytes} bytes came from {self.options.argv[0]}, too few to be believed")
        return {"bytes": stored.bytes, "sha256": self.digest.read_text(encoding="ascii")}

    def companions(self) -> Mapping[str, str]:
        """Return nothing: whatever belongs to the data is in the program's output."""
        return {}


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Demand a program that nobody but root can change, for a unit of the system runs it."""
    if "/" in options.filename or options.filename in {"", ".", ".."}:
        raise UsageError(f"{options.filename!r} is no name of a file", "options.filename is a name without folders")
    yield _Capture(options, demand(options.argv), scene.scratch / "sha256")


def demand(argv: Sequence[str]) -> Path:
    """Return the program where it really lies; raise unless it is absolute, can be run and is root's alone."""
    if not argv or not Path(argv[0]).is_absolute():
        raise UsageError("options.argv must begin with the absolute path of a program", "no shell looks it up")
    try:
        program = Path(argv[0]).resolve(strict=True)
    except FileNotFoundError as error:
        raise Unavailable(f"there is no program {argv[0]}", "install it, or correct options.argv") from error
    if not stat.S_ISREG(program.stat().st_mode) or not os.access(program, os.X_OK):
        raise Unavailable(f"{argv[0]} can't be run by this account", "it must be a file that everybody may execute")
    # Also on the way as it was written: whoever can change a link there decides what is run.
    for place in {program, *program.parents, *Path(argv[0]).parents}:
        _demand_roots(place, argv[0])
    return program


def _demand_roots(place: Path, program: str) -> None:
    seen = place.stat()
    shared = stat.S_ISDIR(seen.st_mode) and seen.st_mode & stat.S_ISVTX
    others = seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if seen.st_uid != 0 or (others and not shared):
        raise Unavailable(
            f"{program} is not run: others than root can change {place}",
            f"chown root:root {place}; chmod go-w {place}",
        )


def check(folder: Path, facts: Mapping[str, Any], _only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare the restored file's size, content and last words with the manifest."""
    path = folder / str(facts["filename"])
    size = path.stat().st_size if path.is_file() else 0
    wrong = [f"{path.name} has {size} bytes, had {facts['bytes']}"] if size != facts["bytes"] else []
    findings = [("size", judged(wrong, f"{path.name} has its {size} bytes"))]
    if "sha256" not in facts:
        findings.append(("content", not_configured("the set was made before the output was digested")))
    elif not wrong:
        other = [] if digest(path) == facts["sha256"] else [f"{path.name} has not the bytes that it had"]
        findings.append(("content", judged(other, f"{path.name} is the same, byte for byte")))
    if facts["end"]:
        lines = _tail(path, size).decode("utf-8", "replace").rstrip().splitlines() or [""]
        wrong = [] if facts["end"] in lines[-1] else [f"the last line of {path.name} does not hold its end"]
        findings.append(("end", judged(wrong, "its end is in the last line")))
    return findings


def _tail(path: Path, size: int) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL))
        return file.read()


KIND = Source(
    options=Options,
    capture=capture,
    check=check,
    covers=lambda options: list(options.covers),
    damages=of_stream(lambda folder, facts: folder / str(facts["filename"])),
)
