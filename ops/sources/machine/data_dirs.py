"""Finding the files of databases inside a machine: copied while their server runs, they can't be trusted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

SERVERS = {"postgres", "mariadbd", "mysqld"}


def databases(root: Path = Path("/"), never: Collection[str] = ()) -> list[Path]:
    """Return the folders with databases' files: those of Debian's layout, and those of servers that run.

    never: the places below which nobody looks; what a command line names may lie there.
    """
    found = {path for path in _written(root) if path.is_dir()}
    found |= {path for path in _running(root / "proc") if _is_there(path, never)}
    found |= {place for path in sorted(found) for place in _elsewhere(path)}
    return sorted(found)


def _written(root: Path) -> Iterator[Path]:
    for version in root.glob("var/lib/postgresql/*/*/PG_VERSION"):
        yield version.parent
    for name in ("ibdata1", "aria_log_control"):
        for space in root.glob(f"var/lib/mysql*/{name}"):
            yield space.parent
    for settings in (*root.glob("etc/mysql/*.cnf"), *root.glob("etc/mysql/*.d/*.cnf")):
        with suppress(OSError):
            text = settings.read_text(encoding="utf-8", errors="replace")
            for folder in re.findall(r"^\s*datadir\s*=\s*(\S+)", text, re.MULTILINE):
                if any(Path(folder).glob("ibdata1")):
                    yield Path(folder)


def _running(proc: Path) -> Iterator[Path]:
    for place in proc.glob("[0-9]*"):
        with suppress(OSError):
            words = (place / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            if Path(words[0]).name in SERVERS:
                yield from (Path(folder) for folder in named(words))


def _is_there(path: Path, never: Collection[str]) -> bool:
    """Whether there is a folder; a command line may name anything, also what nobody else may look at."""
    try:
        return not any(path.is_relative_to(place) for place in never) and path.is_dir()
    except OSError:
        return False


def named(words: Sequence[str]) -> Iterator[str]:
    """Yield the data folders that a server's command line names; a server of another mount namespace names its own."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in {"-D", "--datadir", "-h"} and following.startswith("/"):
            yield following
        elif found := re.match(r"(?:-D|--datadir=|--data[-_]directory=|-h)(/.+)", word):
            yield found[1]


def _elsewhere(folder: Path) -> Iterator[Path]:
    """Yield the folders that a PostgreSQL cluster keeps outside: table spaces, and its log of changes."""
    for link in (*folder.glob("pg_tblspc/*"), folder / "pg_wal"):
        with suppress(OSError):
            if link.is_symlink():
                yield link.resolve()
