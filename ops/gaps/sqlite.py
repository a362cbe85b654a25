"""SQLite files that a running program has open."""

from __future__ import annotations

from collections.abc import Iterator

from ops.gaps._processes import files, processes
from ops.interfaces.discovery import Found, SearchContext, Sort

MAGIC = b"SQLite format 3\x00"
# What packages keep for themselves and make anew, and what people's browsers and desktops keep.
KNOWN = ("/usr/", "/run/", "/var/cache/", "/var/lib/apt/", "/var/lib/dpkg/", "/var/lib/PackageKit/", "/var/lib/fwupd/")
KNOWN_PARTS = ("/.cache/", "/.config/", "/.mozilla/", "/.local/share/")


def look(scene: SearchContext) -> Iterator[Found]:
    """Yield each file once, with the first program that has it open."""
    done: set[tuple[int, int]] = set()
    for process in processes(scene.proc):
        for path, door in files(process, scene.proc):
            text = str(path)
            if text.startswith(KNOWN) or any(part in text for part in KNOWN_PARTS):
                continue
            try:
                found = door.stat()
                if (found.st_dev, found.st_ino) in done:
                    continue
                done.add((found.st_dev, found.st_ino))
                with door.open("rb") as file:
                    begins = file.read(len(MAGIC))
            except (FileNotFoundError, ProcessLookupError):
                continue  # closed meanwhile
            if begins == MAGIC:
                inside = f"{process.inside}:" if process.inside else ""
                words = f"a SQLite file that {process.program} has open"
                yield Found(f"sqlite:{inside}{text}", words, found.st_size, () if inside else (text,))


KIND = Sort(look)
