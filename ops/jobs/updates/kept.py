"""What was kept before updates: a folder of root's for each, named by its moment, whole or not there at all."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from ops.core import clock
from ops.core.document import Limits, decode, demand_version, parse, read_file
from ops.core.errors import Damaged, SeawallError, Unavailable, UsageError
from ops.core.files import digest, read_json, sync_directory, sync_file_system, write_json
from ops.core.schema import encode
from ops.interfaces.update import Kept
from ops.jobs.host import folders

VERSION = 1
LIMITS = Limits(bytes=16 << 20, depth=8, entries=400_000, text=1 << 16)
NOTE, PACKAGES, CONFIGURATION = "kept.json", "packages", "etc.tar.gz"
_PART, _GOING = ".part", "going-back.json"
_ID = re.compile(r"\d{8}T\d{6}Z")


def place(identity: str) -> Path:
    """Return the folder of a moment."""
    return _folder() / identity


def unfinished() -> list[str]:
    """Return the moments that were begun and never finished."""
    return [path.stem for path in _folder().glob(f"*{_PART}")]


def begun() -> Path:
    """Make the folder in which a moment is collected; what one that was killed left goes first."""
    above = _folder()
    for left in above.glob(f"*{_PART}"):
        shutil.rmtree(left)
    part = above / f"{clock.now():%Y%m%dT%H%M%SZ}{_PART}"
    if place(part.stem).exists():
        raise Unavailable("a moment of this second is kept already", "do it once more")
    for folder in (part, part / PACKAGES):
        folder.mkdir(mode=0o700)
    return part


def finished(part: Path, note: Kept) -> None:
    """Give a moment its name, once all of it is on the disk."""
    write_json(part / NOTE, {"version": VERSION, **encode(note)})
    sync_file_system(part)
    part.rename(part.with_suffix(""))
    sync_directory(part.parent)


def identities() -> list[str]:
    """Return the moments that are kept, the newest first."""
    return sorted((path.name for path in _folder().iterdir() if _ID.fullmatch(path.name)), reverse=True)


def read(identity: str = "") -> Kept:
    """Return a moment, by default the newest; raise UsageError when there is none, Damaged when it can't be read."""
    known = identities()
    if not known:
        raise UsageError("nothing is kept from before an update", "before the next one: seawall before-update")
    if identity and identity not in known:
        raise UsageError(f"there is no moment {identity!r}", f"known: {', '.join(known[:10])}")
    path = place(identity or known[0]) / NOTE
    data = demand_version(parse(read_file(path, LIMITS.bytes, str(path)), LIMITS, str(path)), VERSION, str(path))
    note = decode(Kept, data, str(path))
    if note.id != (identity or known[0]):
        raise Damaged(f"{path} is of the moment {note.id}", "somebody moved it")
    return note


def demand_whole(note: Kept) -> None:
    """Raise Damaged unless each kept file is as it was when it was kept."""
    folder = place(note.id)
    wanted = {one.file: one.sha256 for one in note.kept.values()}
    files = {CONFIGURATION: note.configuration, **{f"{PACKAGES}/{file}": sha for file, sha in wanted.items()}}
    for name, sha256 in files.items():
        path = folder / name
        try:
            if Path(name).name != name.rpartition("/")[2] or digest(path) != sha256:
                raise Damaged(f"{path} is not what was kept", "choose another moment: seawall roll-back --list")
        except OSError as error:
            raise Damaged(f"{path} can't be read: {error.strerror}") from error


def going_back(note: Kept, names: Iterable[str]) -> list[str]:
    """Note which packages are being brought back, before they are; return them with those of one that was killed."""
    path = place(note.id) / _GOING
    found = {*names, *(read_json(path) if path.exists() else ())}
    write_json(path, sorted(found))
    return sorted(found & note.kept.keys())


def went_back(note: Kept) -> None:
    """Forget that note: all of it was done."""
    (place(note.id) / _GOING).unlink(missing_ok=True)


def size(folder: Path) -> int:
    """Return how many bytes the files in a folder have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _folder() -> Path:
    """Return the folder of all moments, which is made; raise Unavailable when others may read it."""
    if os.geteuid() != 0:
        raise UsageError("only root may change packages", "sudo seawall ...")
    folder = folders.state() / "updates"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError as error:
        raise SeawallError(f"{folder.parent} is not there", "is Seawall set up here? Run playbooks/site.yml") from error
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != 0 or seen.st_mode & 0o077:
        raise Unavailable(f"{folder} must be a folder of root's alone, mode 0700", "move it away; it is made anew")
    return folder
