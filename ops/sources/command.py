"""A program of your own that writes the data to its standard output: a vendor's tool, or the dump of another database.

Its exit code is honoured, and beyond that its size and last words are looked at, for a program that was cut off may
still end well. Its arguments may hold what nobody else should read: they stay on the machine, out of the manifest.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ops.core.errors import Damaged, Unavailable
from ops.core.files import digest
from ops.core.names import AbsolutePath, Digest, FileName
from ops.core.printable import printable
from ops.core.quantity import Size
from ops.core.verdict import Finding, judged, not_configured
from ops.interfaces.facts import Facts
from ops.interfaces.source import Capture, CaptureContext, Source, Stored, Streamed
from ops.sources._shared.stream_damage import of_stream
from ops.sources._shared.stream_guard import TAIL, watched

# Databases and programs without a kind of their own: their own program for a dump is what can be run.
OTHERS = (
    *("oracle", "mssql", "sqlserver", "db2", "firebird", "mongodb", "mongo", "cache", "iris", "influxdb", "redis"),
    *("ldap", "openldap", "script", "program", "exec", "shell", "export", "dump", "custom"),
)


@dataclass(frozen=True)
class Options:
    """Which program to run, and how to tell that its output is complete.

    argv: absolute path of the program, and its arguments, without a shell. Only root may be able to change the program.
    filename: the name of the restored file.
    end: text that the last line of the output must contain.
    at_least: the smallest acceptable output; by default, empty output is refused, `0B` allows it.
    covers: what the program backs up, named as in `seawall gaps`.
    hint: one sentence for whoever restores: how to load the file.
    """

    argv: tuple[str, ...]
    filename: FileName = FileName("data")
    end: str = ""
    at_least: Size = Size(1)
    covers: tuple[str, ...] = ()
    hint: str = ""

    def __post_init__(self) -> None:
        if not self.argv or not AbsolutePath.fits(self.argv[0]):
            raise ValueError("argv must begin with the absolute path of a program; there is no shell to look it up")


@dataclass(frozen=True, kw_only=True)
class CommandFacts(Facts):
    """The facts of a program's output; its arguments are not among them."""

    engine: Literal["command"]
    program: str
    filename: FileName
    bytes: int
    end: str
    hint: str
    sha256: Digest | None = None

    @property
    def restore_hint(self) -> str:
        """How the file is loaded again, in one line; the manifest may come from a broken-in machine."""
        return printable(self.hint, " ")


@dataclass
class _Capture(Capture[CommandFacts]):
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

    def facts(self) -> CommandFacts:
        """Return what is known without the data: the program's name, and none of its arguments."""
        return CommandFacts(
            engine="command",
            program=self.options.argv[0],
            filename=self.options.filename,
            end=self.options.end,
            hint=self.options.hint,
            bytes=0,
        )

    def finish(self, facts: CommandFacts, stored: Stored) -> CommandFacts:
        """Demand that enough was stored."""
        if stored.bytes < self.options.at_least.bytes:
            raise Damaged(f"{self.options.argv[0]} wrote only {stored.bytes} bytes, which is too little")
        return replace(facts, bytes=stored.bytes, sha256=Digest(self.digest.read_text(encoding="ascii")))


@contextmanager
def capture(options: Options, scene: CaptureContext) -> Iterator[_Capture]:
    """Demand a program that nobody but root can change, for a unit of the system runs it."""
    yield _Capture(options, demand(options.argv), scene.scratch / "sha256")


def demand(argv: Sequence[str]) -> Path:
    """Return the program where it really lies; raise unless it can be run and is root's alone."""
    try:
        program = Path(argv[0]).resolve(strict=True)
    except FileNotFoundError as error:
        raise Unavailable(f"program not found: {argv[0]}", "install it, or correct options.argv") from error
    if not stat.S_ISREG(program.stat().st_mode) or not os.access(program, os.X_OK):
        raise Unavailable(f"this account can't run {argv[0]}", "it must be a file that everybody may execute")
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
            f"refusing to run {program}: users other than root can change {place}",
            f"chown root:root {place}; chmod go-w {place}",
        )


def check(folder: Path, facts: CommandFacts, _only: Sequence[str]) -> Sequence[tuple[str, Finding]]:
    """Compare the restored file's size, content and last words with the manifest."""
    path = folder / facts.filename
    size = path.stat().st_size if path.is_file() else 0
    wrong = [f"{path.name} has {size} bytes, but had {facts.bytes}"] if size != facts.bytes else []
    findings = [("size", judged(wrong, f"{path.name} has its {size} bytes"))]
    if facts.sha256 is None:
        findings.append(("content", not_configured("the set has no digest of the output")))
    elif not wrong:
        other = [] if digest(path) == facts.sha256 else [f"{path.name} does not have the same content"]
        findings.append(("content", judged(other, f"{path.name} is the same, byte for byte")))
    if facts.end:
        lines = _tail(path, size).decode("utf-8", "replace").rstrip().splitlines() or [""]
        wrong = [] if facts.end in lines[-1] else [f"the last line of {path.name} does not contain the expected end"]
        findings.append(("end", judged(wrong, "its last line contains the expected end")))
    return findings


def _tail(path: Path, size: int) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL))
        return file.read()


KIND = Source(
    options=Options,
    facts=CommandFacts,
    capture=capture,
    check=check,
    covers=lambda options: list(options.covers),
    damages=of_stream(lambda folder, facts: folder / facts.filename),
    synonyms=OTHERS,
)
