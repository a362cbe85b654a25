"""A bare tree as the role drill_host brings it, of what this computer has: PostgreSQL's programs and what they load.

Nothing is mounted: whoever removes the folder removes copies.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from throwaway_postgresql import PROGRAMS

# The second are what systemd-nspawn finds an account with, and what a server brings its log back with; the last are of
# every Debian, and what a dump is loaded with.
_NEEDED = (
    *(PROGRAMS / name for name in ("postgres", "psql", "pg_controldata", "pg_isready", "pg_restore")),
    *(Path("/usr/bin", name) for name in ("getent", "false", "sh")),
    *(Path("/usr/bin", name) for name in ("env", "find", "grep", "mktemp", "rm", "tail")),
)
_FILES = ("etc/passwd", "etc/group", "etc/nsswitch.conf", "usr/lib/os-release")
_EMPTY = ("dev", "mnt", "proc", "run", "sys", "tmp", "usr/bin", "var/tmp", "var/lib/postgresql")


def bare_tree(folder: Path) -> Path:
    """Make the tree in a new folder, and return it."""
    for name in _EMPTY:
        (folder / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64"):
        (folder / name).symlink_to(f"usr/{name}")
    for name in _FILES:
        _copied(Path("/", name), folder)
    version = PROGRAMS.parent.name
    for path in (
        PROGRAMS.parent,
        Path("/usr/share/postgresql", version),
        Path("/usr/share/zoneinfo"),
        Path("/usr/lib/locale/C.utf8"),
    ):
        shutil.copytree(path, folder / str(path).lstrip("/"), symlinks=True, ignore=shutil.ignore_patterns("bitcode"))
    for path in {*_libraries()}:
        _copied(path, folder)
    for path in _NEEDED:
        if path.name != "postgres":
            shutil.copy2(path, folder / "usr/bin" / path.name)
    return folder


def _libraries() -> Iterator[Path]:
    for path in _NEEDED:
        said = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        yield from (Path(name) for name in re.findall(r"(/\S+) \(0x", said))


def _copied(path: Path, folder: Path) -> None:
    target = folder / ("usr" + str(path) if str(path).startswith("/lib") else str(path).lstrip("/"))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path.resolve(), target)
